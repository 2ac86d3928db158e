"""Hostile input to the real program: a clear message that names file, line or key, status 1 or 2, and nothing lost."""

import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import sqlite3
import subprocess
import time

import pytest
from conftest import Pawl, read_data, turn, without_entities, write_examples

GOOD = b'{"text": "fine"}\n'
TURN = json.dumps(turn("c", "hello")).encode() + b"\n"
STREAMS = {"analyze": GOOD, "collect": TURN, "feedback": b'{"turn_id": "t", "satisfaction_score": 1}\n'}
URL_LIKE = "a.b/c:d-e_" * 6000  # one word that the URL pattern gives up on


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A workspace that is made in a moment: two small heads without an encoder."""
    folder = tmp_path_factory.mktemp("small")
    pawl = Pawl(folder / "workspace")
    examples = write_examples(folder / "examples.jsonl", without_entities(read_data("cold_start.jsonl", 40)))
    with quick():
        pawl.run("init", "--examples", examples)
    return pawl


@contextlib.contextmanager
def quick():
    settings = {"PAWL_TRAINING_ENCODER": "none", "PAWL_TRAINING_MIN_UPDATES": "4", "PAWL_TRAINING_N_ITER": "1"}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


@pytest.fixture
def pawl(small, tmp_path):
    subprocess.run(["cp", "-a", str(small.workspace), str(tmp_path / "workspace")], check=True)
    with quick():
        yield Pawl(tmp_path / "workspace")


def messages(done):
    return done.stderr.decode("utf-8", "replace")


def reported(done):
    """What was said about which line."""
    return {int(n): what for n, what in re.findall(r"^pawl: (?:[^\n]*: )?line (\d+): (.*)$", messages(done), re.M)}


def check_reports(done, expected):
    said = reported(done)
    assert set(said) == set(expected), messages(done)[:3000]
    for line, fragment in expected.items():
        assert fragment in said[line], f"line {line}: {said[line]}"


# --- lines

LINES = {
    "malformed": (b'{"text": \n', "ends in the middle"),
    "number": (b"5\n", '"text"'),
    "null": (b"null\n", '"text"'),
    "no text": (b"{}\n", '"text"'),
    "text is null": (b'{"text": null}\n', '"text"'),
    "text is a list": (b'{"text": ["a"]}\n', '"text"'),
    "invalid byte": (b'{"text": "\xff"}\n', "not valid UTF-8 at byte 10"),
    "encoded surrogate": (b'"\xed\xa0\x80"\n', "not valid UTF-8"),
    "overlong": (b'"\xc0\x80"\n', "not valid UTF-8"),
    "lone surrogate": (b'"\\ud800"\n', "half of a surrogate pair"),
    "raw zero byte": (b'"a\x00b"\n', "control character"),
    "raw tab": (b'"a\tb"\n', "control character"),
    "mark inside": (b'\xef\xbb\xbf"a"\n', "not a JSON value"),
    "deep list": (b"[" * 100000 + b"\n", "nested too deeply"),
    "deep object": (b'{"text":' * 100000 + b"1" + b"}" * 100000 + b"\n", "nested too deeply"),
    "same key twice": (b'{"text": "a", "text": "b"}\n', "duplicate key"),
    "1e999": (b'{"text": "a", "n": 1e999}\n', "out of range"),
    "NaN": (b'{"text": "a", "n": NaN}\n', "not a JSON value"),
    "integer of 30 digits": (b'{"text": "a", "n": 123456789012345678901234567890}\n', "does not fit"),
    "two values": (b'"a" "b"\n', "after the end"),
    "above a million characters": (b'"' + b"hi " * 400000 + b'"\n', "analysis.max_characters"),
    "too slow a word": (json.dumps(URL_LIKE).encode() + b"\n", "too long"),
}


def test_every_kind_of_bad_line_is_reported_and_the_good_ones_answered(pawl):
    stream = b"".join(GOOD + line for line, _ in LINES.values()) + GOOD
    done = pawl.try_run("analyze", raw=stream)
    assert done.returncode == 1
    answers = [json.loads(x) for x in done.stdout.splitlines()]
    assert [a["text"] for a in answers[::2]] == ["fine"] * (len(LINES) + 1)
    assert [a["line"] for a in answers[1::2]] == [2 * (i + 1) for i in range(len(LINES))]
    assert all(set(a) == {"error", "line"} for a in answers[1::2])
    check_reports(done, {2 * (i + 1): what for i, (_, what) in enumerate(LINES.values())})


@pytest.mark.parametrize("raw, texts", [(b"", []), (b"\n \r\n\t\n", []), (b'"a"\r\n"b"\r\n', ["a", "b"]), (b'"a"', ["a"]),
                                        (b'\xef\xbb\xbf"a"\n"b"\n', ["a", "b"]), (b'"\\ud83d\\ude00 \\u0000"', ["\U0001f600 \0"])],
                         ids=["empty", "blank", "CRLF", "no line end", "byte order mark", "escapes"])
def test_unusual_streams_are_read(pawl, raw, texts):
    done = pawl.try_run("analyze", raw=raw)
    assert (done.returncode, messages(done)) == (0, "")
    assert [json.loads(x)["text"] for x in done.stdout.splitlines()] == texts


def test_a_line_of_a_hundred_megabytes_is_passed_over_in_little_memory(pawl):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
    with subprocess.Popen(pawl.command("analyze"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=limit) as process:
        for _ in range(100):
            process.stdin.write(b"a" * (1 << 20))
        out, err = process.communicate(b"\n" + GOOD)
    refused, answered = [json.loads(x) for x in out.splitlines()]
    assert process.returncode == 1 and refused["line"] == 1 and answered["text"] == "fine"
    assert "line 1: longer than 16 MiB" in err.decode()


def test_an_answer_comes_before_the_next_line_is_complete(pawl):
    with subprocess.Popen(pawl.command("analyze"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for text in ("one", "two"):
            process.stdin.write(json.dumps(text).encode() + b'\n"the next')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == text
            process.stdin.write(b'"\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == "the next"
        process.stdin.close()
    assert process.returncode == 0


# --- turns, feedback, examples

def fed(**feedback):
    return turn("c", "hello there friend", feedback=feedback)


TURNS = [
    (5, "must be an object"), ([], "must be an object"), ({}, '"conversation_id"'),
    (turn("", "x"), '"conversation_id"'), (turn("c" * 300, "x"), '"conversation_id"'), (turn("a\0b", "x"), '"conversation_id"'),
    (turn("c", "x", user={}), '"user_id"'), (turn("c", "x", user=None), '"user_id" is missing'),
    (turn("c", ""), '"user_text"'), (turn("c", 5), '"user_text"'), (turn("c", "x" * 70000), '"user_text" has 70000 bytes'),
    (turn("c", "a\0b"), '"user_text" holds a zero byte'), (turn("c", URL_LIKE), "too long"),
    (turn("c", "x", consent="yes"), '"consent"'), (turn("c", "x", consent=1), '"consent"'),
    (turn("c", "x", timestamp="yesterday"), '"timestamp"'), (turn("c", "x", timestamp="2026-02-30T00:00:00Z"), '"timestamp"'),
    (turn("c", "x", timestamp=1e30), '"timestamp"'), (turn("c", "x", timestamp=True), '"timestamp"'),
    (turn("c", "x", context_used="x"), '"context_used"'), (turn("c", "x", context_used=[None]), '"context_used"'),
    (turn("c", "x", context_used=["x"] * 1000), '"context_used" has more than 256'),
    (turn("c", "x", persona="x" * 1000), '"persona"'), (turn("c", "x", turn_id=5), '"turn_id"'),
    (turn("c", "x", tenant_id=5), '"tenant_id"'), (turn("c", "x", feedback="good"), '"feedback"'),
    (fed(satisfaction_score=1.5), '"satisfaction_score"'), (fed(satisfaction_score="0.5"), '"satisfaction_score"'),
    (fed(satisfaction_score=True), '"satisfaction_score"'), (fed(response_quality=-0.1), '"response_quality"'),
    (fed(needs_correction="true"), '"needs_correction"'), (fed(comment="\0"), '"comment"'),
    (fed(corrected_intent=5), '"corrected_intent"'), (fed(corrected_intent=" "), '"corrected_intent" is an empty label'),
    (fed(corrected_intent="x" * 1000), '"corrected_intent" has 1000 bytes'), (fed(corrected_intent="a\nb"), "line break"),
    (fed(corrected_intent="a\u2028b"), "line break"), (fed(corrected_intent="jane@example.org"), "personal data"),
    (fed(corrected_entities=5), '"corrected_entities"'), (fed(corrected_entities=[[0, 1]]), '"corrected_entities"'),
    (fed(corrected_entities=[[-1, 2, "A"]]), "[-1, 2] outside"), (fed(corrected_entities=[[0, 200, "A"]]), "[0, 200] outside"),
    (fed(corrected_entities=[[3, 1, "A"]]), "[3, 1]"), (fed(corrected_entities=[[1, 1, "A"]]), "[1, 1]"),
    (fed(corrected_entities=[[0.5, 1, "A"]]), '"corrected_entities"'), (fed(corrected_entities=[[0, 2**63, "A"]]), '"corrected_entities"'),
    (fed(corrected_entities=[[0, 5, ""]]), '"corrected_entities" is an empty label'),
    (fed(corrected_entities=[[3, 8, "B"], [0, 5, "A"]]), "overlap, [0, 5] and [3, 8]"),
    (fed(corrected_entities=[[i, i + 1, "A"] for i in range(18)] * 100), '"corrected_entities" has more than 1000'),
]


def test_every_kind_of_bad_turn_is_reported_counted_and_skipped(pawl):
    stream = [x for i, (bad, _) in enumerate(TURNS) for x in (turn(f"good-{i}", "hello"), bad)]
    done = pawl.try_run("collect", "--acks", lines=stream)
    assert done.returncode == 0, messages(done)
    *acks, summary = [json.loads(x) for x in done.stdout.splitlines()]
    assert (len(acks), summary["accepted"], summary["rejected"]) == (len(TURNS),) * 3
    assert summary["feedback"] == 0
    check_reports(done, {2 * (i + 1): what for i, (_, what) in enumerate(TURNS)})


def test_every_bad_line_is_told_of_though_the_summary_lists_a_hundred(pawl):
    done = pawl.try_run("collect", raw=b"nonsense\n" * 300 + TURN)
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["rejected"], summary["accepted"], len(summary["rejections"])) == (0, 300, 1, 100)
    assert set(reported(done)) == set(range(1, 301))


def test_feedback_that_says_nothing_is_no_feedback(pawl):
    known = {"turn_id": "known"}
    bad = [({"satisfaction_score": 1}, '"turn_id"'), ({"turn_id": "nobody", "satisfaction_score": 1}, "no turn of this id"),
           ({"conversation_id": "nobody", "satisfaction_score": 1}, "no turn of this conversation"), (known, "says nothing"),
           ({**known, "satisfaction": 1}, "says nothing"), ({**known, "satisfaction_score": 7}, '"satisfaction_score"'),
           ({**known, "corrected_entities": [[0, 50, "X"]]}, "[0, 50] outside"),
           ({**known, "corrected_entities": [[0, 3, "X"], [2, 4, "X"]]}, "overlap"), ({"turn_id": 5}, '"turn_id"')]
    assert pawl.json("collect", lines=[turn("c", "hello", turn_id="known", feedback={})])["feedback"] == 0
    done = pawl.try_run("feedback", lines=[x for x, _ in bad] + [{**known, "satisfaction_score": 1}])
    assert done.returncode == 0 and json.loads(done.stdout)["feedback"] == 1
    check_reports(done, {i + 1: what for i, (_, what) in enumerate(bad)})


EXAMPLES = [
    (b"x\n", "not a JSON value"), (b"5\n", "must be an object"), (b'{"text": 5}\n', '"text"'), (b'{"text": ""}\n', '"text"'),
    (b'{"text": "a\\u0000b"}\n', '"text" holds a zero byte'), (b'{"text": "' + b"word " * 20000 + b'"}\n', '"text" has 100000 bytes'),
    (b'{"text": "a", "intent": 5}\n', '"intent"'), (b'{"text": "a", "intent": ""}\n', '"intent"'),
    (b'{"text": "a", "intent": "a\\nb"}\n', '"intent"'), (b'{"text": "a", "intent": "' + b"L" * 1000 + b'"}\n', '"intent" has 1000'),
    (b'{"text": "a", "sentiment": []}\n', '"sentiment"'), (b'{"text": "a", "entities": 5}\n', '"entities"'),
    (b'{"text": "a b", "entities": [[-1, 1, "A"]]}\n', '"entities"'), (b'{"text": "a b", "entities": [[0, 9, "A"]]}\n', "[0, 9]"),
    (b'{"text": "a b", "entities": [[2, 1, "A"]]}\n', "[2, 1]"), (b'{"text": "a b", "entities": [[0, 1, ""]]}\n', '"entities"'),
    (b'{"text": "aa bb", "entities": [[0, 4, "A"], [3, 5, "B"]]}\n', "overlap"),
    (b'{"text": "aa bb", "entities": [[0, 2, "A"], [0, 2, "A"]]}\n', "overlap"),
]


def test_every_kind_of_bad_example_is_reported_and_the_others_are_learnt(tmp_path):
    good = [json.dumps(e).encode() + b"\n" for e in without_entities(read_data("cold_start.jsonl", 40))]
    good[0] = b"\xef\xbb\xbf" + good[0]
    (tmp_path / "bad.jsonl").write_bytes(b"".join(good) + b"".join(x for x, _ in EXAMPLES))
    with quick():
        done = Pawl(tmp_path / "workspace").try_run("init", "--examples", tmp_path / "bad.jsonl")
    assert done.returncode == 0, messages(done)
    summary = json.loads(done.stdout)
    assert (summary["examples"], summary["rejected"]) == (40, len(EXAMPLES))
    check_reports(done, {41 + i: what for i, (_, what) in enumerate(EXAMPLES)})
    assert f"{tmp_path / 'bad.jsonl'}: line 41:" in messages(done)


def test_init_names_what_is_wrong_and_leaves_the_place_usable(tmp_path):
    (tmp_path / "only_bad").write_text("x\n5\n")
    (tmp_path / "one_label").write_text('{"text": "a", "intent": "x"}\n{"text": "b", "intent": "x"}\n')
    (tmp_path / "many_labels").write_text("".join(f'{{"text": "t {i}", "intent": "i{i}"}}\n' for i in range(1001)))
    (tmp_path / "bad.toml").write_text("[training]\nn_iter = 0\n")
    pawl, none = Pawl(tmp_path / "workspace"), tmp_path / "none"
    with quick():
        for arguments, status, named in [
                (["--examples", tmp_path], 1, "Is a directory"), (["--examples", none], 1, str(none)),
                (["--examples", tmp_path / "only_bad"], 1, "not one of its 2 lines"), (["--examples", tmp_path / "one_label"], 1, "at least 2 labels"),
                (["--examples", tmp_path / "many_labels"], 1, "1001 labels for intent"), (["--pipeline", none], 1, str(none)),
                (["--pipeline", "no_such_package"], 1, "no_such_package"), (["--config", none], 1, str(none)),
                (["--config", tmp_path], 1, "Is a directory"), (["--config", tmp_path / "bad.toml"], 1, f"{tmp_path / 'bad.toml'}:2"),
                (["--set", f"training.encoder={none}"], 1, str(none)), (["--nonsense"], 2, "--nonsense"), (["--tenant", ""], 2, "--tenant"),
                (["--tenant", "a\nb"], 2, "--tenant"), (["--tenant", os.fsdecode(b"\xff")], 2, "--tenant")]:
            done = pawl.try_run("init", *arguments)
            assert done.returncode == status and named in messages(done), (arguments, messages(done))
        pawl.run("init", "--examples", write_examples(tmp_path / "e.jsonl", without_entities(read_data("cold_start.jsonl", 20))))


def test_settings_of_a_workspace_are_kept_with_it_and_not_replaced_by_another_tenant(tmp_path):
    pawl = Pawl(tmp_path / "workspace")
    (tmp_path / "a.toml").write_text("[learning]\nmin_data_threshold = 7\n")
    (tmp_path / "b.toml").write_text("[learning]\nmin_data_threshold = 8\n")
    with quick():
        pawl.run("init", "--config", tmp_path / "a.toml")
        done = pawl.try_run("init", "--config", tmp_path / "b.toml", "--tenant", "b")
        assert done.returncode == 1 and "pawl.toml" in messages(done)
        pawl.run("init", "--config", tmp_path / "a.toml", "--tenant", "b")
    assert pawl.json("status", "--json")["settings"]["learning"]["min_data_threshold"] == 7


# --- settings, usage, tenants

@pytest.mark.parametrize("toml, named", [
    (b"[learning]\nfoo = 1", ":2: unknown setting 'learning.foo'"), (b"[nope]\nx = 1", ":2: unknown setting 'nope.x'"),
    (b"[training]\nn_iter = 'x'", ":2: training.n_iter"), (b"[training]\nn_iter = 3.0", ":2: training.n_iter"),
    (b"[training]\nn_iter = 0", ":2: training.n_iter is 0"), (b"[training]\ndropout = nan", ":2: training.dropout"),
    (b"[training]\nn_iter = [1]", ":2: training.n_iter"), (b"n_iter = 3", ":1: 'n_iter' stands outside"),
    (b"[training\n", ":1: not TOML"), (b"[training]\nn_iter = 1\nn_iter = 2", ":3: not TOML"),
    (b"[training]\n# \xff", ":2: not TOML"), (b"\0\0", ":1: not TOML"), (b"x = " + b"[" * 100000, ":1: not TOML")])
def test_settings_files_are_refused_by_line(pawl, toml, named):
    (pawl.workspace / "pawl.toml").write_bytes(toml)
    done = pawl.try_run("status")
    assert done.returncode == 1 and f"{pawl.workspace / 'pawl.toml'}{named}" in messages(done)


@pytest.mark.parametrize("setting", ["nonsense", "=", "a=", "learning.x=1", "training.n_iter=abc", "training.n_iter=", "training.n_iter=5 ",
                                     "training.n_iter=99999999999999999999", "training.dropout=nan", "training.dropout=-1",
                                     "learning.default_consent=maybe"])
def test_settings_of_the_command_line_are_refused_by_name(pawl, setting):
    done = pawl.try_run("status", "--set", setting)
    assert done.returncode == 1 and "--set" in messages(done) and setting.partition("=")[0] in messages(done)


@pytest.mark.parametrize("arguments", [
    ["analyze", "stray"], ["export"], ["rollback", "--to"], ["parse"], ["train"], ["train", "c.cfg", "--nonsense"],
    ["train", "c.cfg", "--a.b"], ["evaluate", "x"], ["benchmark", "nonsense", "x", "y"], ["benchmark", "speed", "x", "y", "--batches", "0"],
    ["benchmark", "speed", "x", "y", "--batch-size", "999999999999"], ["benchmark", "speed", "x", "y", "--batches", "many"],
    ["encoder"], ["encoder", "nonsense"], ["encoder", "import"], ["learn", "--force=maybe"]], ids=" ".join)
def test_wrong_usage_of_every_verb_has_status_two(small, arguments):
    done = subprocess.run([small.program, *arguments], capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and done.stdout == b"" and done.stderr != b""


def test_a_tenant_that_was_never_made_is_an_error_of_every_verb_and_changes_nothing(pawl, tmp_path):
    before = pawl.everything_on_disk()
    for verb in ALL_VERBS:
        done = pawl.try_run(*arguments_of(verb, tmp_path), "--tenant", "nobody", raw=STREAMS.get(verb, b""))
        assert done.returncode == 1 and ("nobody" in messages(done) or verb == "rollback"), (verb, messages(done))
    assert {p: b for p, b in pawl.everything_on_disk().items() if "pawl.db" not in p.name} == \
           {p: b for p, b in before.items() if "pawl.db" not in p.name}


@pytest.mark.parametrize("place", ["none", "file", "file/below"])
def test_a_place_that_is_no_workspace_is_an_error_of_every_verb(tmp_path, place):
    (tmp_path / "file").write_text("mine")
    for verb in ALL_VERBS:
        done = Pawl(tmp_path / place).try_run(*arguments_of(verb, tmp_path), raw=STREAMS.get(verb, b""))
        assert done.returncode == 1 and str(tmp_path / place) in messages(done), (verb, messages(done))
    assert (tmp_path / "file").read_text() == "mine" and not (tmp_path / "none").exists()


# --- the database and the generations

ALL_VERBS = ["status", "analyze", "collect", "feedback", "learn", "generations", "rollback", "export"]


def arguments_of(verb, folder):
    return {"learn": ["learn", "--force"], "export": ["export", "--to", folder / "exported"]}.get(verb, [verb])


def other_application(file):
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("create table t (a)")


def newer(file):
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("insert into migrations values (999, 0)")


DATABASES = {
    "half": lambda file: file.write_bytes(file.read_bytes()[:file.stat().st_size // 2]),
    "garbage": lambda file: file.write_bytes(b"garbage" * 1000),
    "other application": other_application,
    "newer": newer,
    "wiped pages": lambda file: file.write_bytes(file.read_bytes()[:4096] + b"\xa5" * (file.stat().st_size - 4096)),
}


@pytest.mark.parametrize("damage", DATABASES)
def test_a_database_that_cannot_be_used_is_named_by_every_verb_and_left_as_it_is(pawl, tmp_path, damage):
    DATABASES[damage](pawl.workspace / "pawl.db")
    before = pawl.everything_on_disk()
    for verb in ALL_VERBS:
        done = pawl.try_run(*arguments_of(verb, tmp_path), raw=STREAMS.get(verb, b""))
        assert done.returncode == 1 and "pawl.db" in messages(done), (verb, messages(done))
    assert pawl.everything_on_disk() == before


def test_an_emptied_database_does_not_cost_the_generations(pawl, tmp_path):
    generation, *_ = pawl.workspace.glob("generations/g*")
    (pawl.workspace / "pawl.db").write_bytes(b"")
    for verb in ALL_VERBS:
        assert pawl.try_run(*arguments_of(verb, tmp_path), raw=STREAMS.get(verb, b"")).returncode == 1
    pawl.run("init")
    pawl.run("learn", "--force")
    assert (generation / "pipeline" / "intent" / "model").exists()


def test_damage_anywhere_in_the_only_generation_is_said_and_rules_answer(pawl):
    generation, *_ = pawl.workspace.glob("generations/g*")
    for file in sorted(p for p in generation.rglob("*") if p.is_file() and p.stat().st_size > 1):
        whole = file.read_bytes()
        for damaged in (whole[:-1], whole[:len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1:], None):
            file.unlink()
            if damaged is not None:
                file.write_bytes(damaged)
            done = pawl.try_run("analyze", raw=GOOD)
            assert done.returncode == 0 and json.loads(done.stdout)["degraded"] is True, file
            assert file.name in messages(done), messages(done)
        file.write_bytes(whole)
    assert pawl.analyze(["hello"])[0]["degraded"] is False


def test_a_cycle_that_is_over_stays_over_when_tidying_up_goes_wrong(pawl):
    pawl.run("collect", lines=read_data("conversations.jsonl", 30))
    (pawl.workspace / "backups" / "folder.json").mkdir(parents=True)
    done = pawl.try_run("learn", "--force", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "completed", messages(done)
    assert "pawl: warning" in messages(done) and "folder.json" in messages(done)
    assert pawl.json("status", "--json")["successful_cycles"] == 1


# --- pipeline folders

NOT_READ = {"vocab/key2row"}  # of a pipeline without vectors, kept as it is
MAY_BE_ABSENT = NOT_READ | {"vocab/vectors", "vocab/vectors.cfg", "vocab/lex_attrs.json", "vocab/lookups.bin"}


def test_every_damaged_file_of_a_pipeline_is_named(small, tmp_path):
    folder = tmp_path / "pipeline"
    small.run("export", "--to", folder)
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        name, whole = str(file.relative_to(folder)), file.read_bytes()
        damages = {"empty": b"", "half": whole[:len(whole) // 2], "short": whole[:-1], "nested": b"[" * 100000, "nested messages": b"\x91" * 100000,
                   "zeros": bytes(len(whole)), "absent": None}
        for damage, content in damages.items():
            file.unlink()
            if content is not None:
                file.write_bytes(content)
            done = subprocess.run([small.program, "parse", "--pipeline", folder], input=GOOD, capture_output=True, timeout=20)
            may_pass = content == whole or (name == "config.cfg" and damage == "short")  # the end of a value of many
            if may_pass and done.returncode == 0:
                continue
            if name in (NOT_READ if content is not None else MAY_BE_ABSENT):
                assert done.returncode == 0, (name, damage, messages(done))
            elif damage == "absent" and name == "config.cfg":
                assert done.returncode == 1 and str(folder) in messages(done)
            else:
                assert done.returncode == 1 and name in messages(done), (name, damage, messages(done)[:300])
        file.write_bytes(whole)


def test_a_corpus_without_a_good_line_says_what_is_wrong_with_each(small, tmp_path):
    folder = tmp_path / "pipeline"
    small.run("export", "--to", folder)
    lines = [(b"x", "not a JSON value"), (b"\xff", "UTF-8"), (b'{"text": 5}', "string"), (b'{"text": "b", "cats": {"A": 2}}', "'A'"),
             (b'{"text": "b", "entities": [[0, 9, "X"]]}', "[0, 9"), (b'{"text": "b", "entities": [[-1, 1, "X"]]}', "offsets"),
             (b'{"text": "q w e", "entities": [[0, 3, "X"], [2, 5, "Y"]]}', "overlaps"), (b'{"text": "b", "label": ""}', "empty label")]
    (tmp_path / "bad.jsonl").write_bytes(b"".join(line + b"\n" for line, _ in lines))
    for verb in (["evaluate"], ["benchmark", "speed"]):
        done = subprocess.run([small.program, *verb, folder, tmp_path / "bad.jsonl"], capture_output=True)
        assert done.returncode == 1 and "not one document" in messages(done)
        for i, (_, what) in enumerate(lines):
            assert re.search(rf"bad\.jsonl:{i + 1}: .*{re.escape(what)}", messages(done)), messages(done)
    (tmp_path / "bad.jsonl").write_bytes(b'\xef\xbb\xbf{"text": "hello"}\r\n')
    assert subprocess.run([small.program, "evaluate", folder, tmp_path / "bad.jsonl"], capture_output=True).returncode == 0


# --- streams that end, fill up or are not there

def test_a_signal_ends_the_waiting_and_keeps_what_was_read(pawl):
    for verb, sign in (("analyze", signal.SIGINT), ("collect", signal.SIGTERM)):
        with subprocess.Popen(pawl.command(verb), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdin.write(STREAMS[verb])
            process.stdin.flush()
            time.sleep(0.5)
            process.send_signal(sign)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                pytest.fail(f"{verb} goes on waiting")
            out, err = process.stdout.read(), process.stderr.read().decode()
        assert process.returncode == 1 and "interrupted" in err and "1 lines" in err
        assert json.loads(out).get("accepted", 1) == 1
    assert pawl.json("feedback", lines=[{"conversation_id": "c", "satisfaction_score": 1}])["accepted"] == 1


def shell(command):
    return subprocess.run(["bash", "-c", command], capture_output=True, timeout=60)


def test_standard_streams_that_are_closed_full_or_folders(pawl):
    workspace = f"--workspace '{pawl.workspace}'"
    for given, status, named in [
            (f"analyze {workspace} < /tmp", 1, "standard input: cannot be read (Is a directory)"),
            (f"collect {workspace} <&-", 1, "standard input"), (f"status {workspace} > /dev/full", 1, "standard output: No space"),
            ("--help > /dev/full", 1, "standard output: No space"), (f"generations {workspace} >&-", 1, "standard output")]:
        done = shell(f"'{pawl.program}' {given}")
        assert done.returncode == status and named in messages(done), (given, messages(done))
    many = shell(f"yes '\"hello\"' | head -3000 | '{pawl.program}' analyze {workspace} | head -1")
    assert json.loads(many.stdout)["text"] == "hello" and b"Broken pipe" in many.stderr


def test_messages_never_end_up_in_a_file_that_took_the_place_of_standard_error(pawl, tmp_path):
    pawl.run("collect", lines=[turn(f"c{i}", f"hello number {i}", feedback={"corrected_intent": "casual_chat"}) for i in range(10)])
    done = shell(f"'{pawl.program}' learn --force --json --workspace '{pawl.workspace}' 2>&-")
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "completed"
    done = shell(f"'{pawl.program}' export --to '{tmp_path}/out' --set nonsense --workspace '{pawl.workspace}' >&- 2>&-")
    assert done.returncode == 1
    assert pawl.analyze(["hello"])[0]["degraded"] is False


# --- disks

@contextlib.contextmanager
def mounted(folder, *options):
    folder.mkdir(exist_ok=True)
    if os.geteuid() != 0 or subprocess.run(["mount", *options, str(folder)], capture_output=True).returncode:
        pytest.skip("cannot mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_workspace_that_can_only_be_read_answers_and_stays_as_it_is(pawl, tmp_path):
    before = pawl.everything_on_disk()
    with mounted(pawl.workspace, "--bind", str(pawl.workspace)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(pawl.workspace)], check=True)
        assert pawl.analyze(["hello"])[0]["degraded"] is False
        assert pawl.json("status", "--json")["live_generation"] == pawl.live()
        pawl.run("export", "--to", tmp_path / "out")
        for verb in ("collect", "learn"):
            done = pawl.try_run(*arguments_of(verb, tmp_path), raw=STREAMS.get(verb, b""))
            assert done.returncode == 1 and str(pawl.workspace) in messages(done), messages(done)
        assert pawl.try_run("init", "--tenant", "other").returncode == 1
        assert pawl.try_run("export", "--to", pawl.workspace / "out").returncode == 1
    assert pawl.everything_on_disk() == before


def test_a_full_disk_stops_init_learn_and_export_and_they_go_on_when_there_is_space(pawl, tmp_path):
    disk = tmp_path / "disk"
    examples = write_examples(tmp_path / "e.jsonl", without_entities(read_data("cold_start.jsonl", 40)))
    with mounted(disk, "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        fresh = Pawl(disk / "workspace")
        done = fresh.try_run("init", "--examples", examples)
        assert done.returncode == 1 and "space" in messages(done), messages(done)
        done = pawl.try_run("export", "--to", disk / "out")
        assert done.returncode == 1 and "space" in messages(done) and sorted(os.listdir(disk)) == ["workspace"]
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        fresh.run("init", "--examples", examples)
        assert len(os.listdir(fresh.workspace / "generations")) == 2  # the generation and the lock
        pawl.run("export", "--to", disk / "out")

        turns = read_data("conversations.jsonl", 60)
        accepted = fresh.json("collect", lines=turns)["accepted"]
        filler = disk / "filler"
        filler.write_bytes(b"")
        with contextlib.suppress(OSError), filler.open("wb") as out:
            while True:
                out.write(b"x" * 65536)
        done = fresh.try_run("learn", "--force", "--json")
        assert done.returncode == 1 and ("space" in messages(done) or "full" in messages(done)), messages(done)
        done = fresh.try_run("collect", raw=TURN)
        assert done.returncode == 1 and "full" in messages(done)
        assert fresh.analyze(["hello"])[0]["degraded"] is False
        filler.unlink()
        assert fresh.json("learn", "--force", "--json")["status"] == "completed"
        assert fresh.json("status", "--json")["turns"] == accepted


@pytest.mark.parametrize("verb", ["export", "backup", "distill"])
def test_what_a_person_takes_out_of_a_workspace_lies_outside(pawl, tmp_path, verb):
    (tmp_path / "alias").symlink_to(pawl.workspace)
    before = sorted(p.name for p in pathlib.Path(pawl.workspace).iterdir())
    for place in (pathlib.Path(pawl.workspace) / "mine", tmp_path / "alias" / "deep" / "mine"):
        done = pawl.try_run(verb, "--to", place)
        assert done.returncode == 1 and str(place) in messages(done) and "lies in the workspace" in messages(done)
    assert sorted(p.name for p in pathlib.Path(pawl.workspace).iterdir()) == before


@pytest.mark.parametrize("content, said", [
    (b"*, *, me\ndebug_error, angry\n", "line 2"), (b"debug_error, *, *\n", "line 1"), (b"x" * 300_000, "larger than"),
    (bytes(range(128, 256)) * 9, "line 1"), (b"a, b, c" + b"\0", "line 1"), (b"a,b,c,d\n", "line 1")])
def test_a_table_of_personas_that_is_wrong_is_named_and_the_usual_rules_choose(pawl, content, said):
    file = pathlib.Path(pawl.workspace) / "personas.txt"
    file.write_bytes(content)
    done = pawl.try_run("analyze", raw=GOOD)
    assert done.returncode == 0 and json.loads(done.stdout)["persona"]
    assert str(file) in messages(done) and said in messages(done) and "usual rules" in messages(done)


def test_answers_to_the_review_queue_that_are_wrong_are_told_by_line_and_change_nothing(pawl, tmp_path):
    file = tmp_path / "answers.jsonl"
    file.write_bytes(b'{"id":\n{"id": "x", "intent": 5}\n{"id": "zzz", "intent": "debug_error"}\n[1]\n\xff\n{"intent": "debug_error"}\n' + b"[" * 100_000)
    done = pawl.try_run("review", "--import", file)
    assert set(reported(done)) == {1, 2, 3, 4, 5, 6, 7} and done.returncode == 1
    assert json.loads(done.stdout)["rejected"] == 7
    assert pawl.try_run("review", "--import", tmp_path).returncode == 1
