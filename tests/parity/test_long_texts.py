"""What one long text costs: memory and time in proportion to it, whatever it is made of."""

import json
import subprocess

import pytest
import spacy
from conftest import EN_CORE_WEB_SM, program

LENGTH = 100_000
PIECES = {"brackets": "(", "pairs": "()", "nested": "([{ ", "words": "station ", "numbers": "1 ", "newlines": "a\n\n", "quotes": "'\""}
BYTES_A_CHARACTER = 1024
MICROSECONDS_A_CHARACTER = 40  # 20 on a machine that does nothing else


@pytest.fixture(scope="module")
def parse():
    """Peak memory in bytes and processor time in seconds of reading a text, and what was said."""
    folder = next(spacy.util.get_package_path(EN_CORE_WEB_SM).glob("en_core_web_sm*-*"))

    def run(text):
        # A process of its own: the peak of children is that of the largest there ever was.
        code = ("import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdin=sys.stdin, stdout=sys.stdout);"
                "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
                "print(done.returncode, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime, file=sys.stderr)")
        done = subprocess.run(["python3", "-c", code, program("pawl"), "parse", "--pipeline", folder],
                              input=json.dumps({"text": text}) + "\n", capture_output=True, text=True, check=True)
        status, peak, seconds = done.stderr.split()[-3:]
        assert status == "0", done.stderr
        return int(peak), float(seconds), json.loads(done.stdout)

    return run


@pytest.mark.parametrize("kind", PIECES)
def test_a_long_text_costs_memory_and_time_in_proportion(parse, kind):
    piece = PIECES[kind]
    text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    least, start, _ = parse(piece)
    half_peak, half_time, _ = parse(text[: LENGTH // 2])
    peak, seconds, document = parse(text)
    print(f"{kind}: {(peak - least) / LENGTH:.0f} bytes and {(seconds - start) / LENGTH * 1e6:.1f} us a character")
    assert len(document["tokens"]) >= LENGTH // 10
    assert peak - least <= BYTES_A_CHARACTER * LENGTH
    assert seconds - start <= MICROSECONDS_A_CHARACTER * 1e-6 * LENGTH
    assert seconds - start <= 3 * (half_time - start) + 0.3


def test_a_long_text_is_read_as_spacy_reads_it(parse):
    nlp = spacy.load(EN_CORE_WEB_SM)
    sentences = ["Ada Lovelace met Charles Babbage in London on 5 June 1833.", "Was the engine ever built (in brass)?",
                 "They \"wrote\" letters; nobody answered...", "The Bank of England paid £17,000 for it."]
    text = " ".join(sentences[i * i % 4] + (" " if i % 7 else " And so on. ") for i in range(900))
    _, _, ours = parse(text)
    theirs = nlp(text).to_json()
    assert len(theirs["tokens"]) > 2 * 4096
    fields = ("start", "end", "tag", "pos", "morph", "lemma", "dep", "head")
    different = [(a, b) for a, b in zip(ours["tokens"], theirs["tokens"], strict=True)
                 if any(a.get(field) != b.get(field) for field in fields)]
    assert len(different) <= len(theirs["tokens"]) // 1000, different[:3]
    assert ours["ents"] == theirs["ents"]
