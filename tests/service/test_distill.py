"""pawl distill: the live pipeline's hybrid heads as stock textcat components, opened by spaCy without pawl's package."""

import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import sysconfig

import pytest
from conftest import BUILD, Pawl, read_data, turn, without_entities, write_examples

QUICK = ["--set", "training.min_updates=10", "--set", "training.n_iter=1"]

CATS = """
import json, spacy, sys
nlp = spacy.load(sys.argv[1])
print(json.dumps({"factories": {n: nlp.get_pipe_meta(n).factory for n in nlp.component_names},
                  "labels": {k: list(v) for k, v in nlp.pipe_labels.items()},
                  "cats": [nlp(text).cats for text in json.load(sys.stdin)]}))
"""


@pytest.fixture(scope="session")
def stock_spacy(tmp_path_factory):
    """Runs code as on a machine where nobody installed pawl's Python package: neither it nor its entry points are found."""
    packages = tmp_path_factory.mktemp("packages")
    for path in pathlib.Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith("pawl") and path.suffix != ".pth":
            (packages / path.name).symlink_to(path)

    def run(code, *args, given=""):
        return subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(packages)!r})\n{code}", *map(str, args)],
                              input=given.encode(), capture_output=True, cwd="/", timeout=300)

    assert run("import pawl").returncode != 0
    return run


@pytest.fixture(scope="session")
def opened(stock_spacy):
    """What stock spaCy says of a pipeline folder and of texts."""

    def opened(folder, texts):
        done = stock_spacy(CATS, folder, given=json.dumps(texts))
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return opened


def parsed_by_pawl(pawl, folder, texts):
    done = subprocess.run([pawl.program, "parse", "--pipeline", str(folder)], input="".join(json.dumps(t) + "\n" for t in texts).encode(),
                          capture_output=True, timeout=300, check=True)
    return [json.loads(line)["cats"] for line in done.stdout.splitlines()]


def best(cats, prefix):
    mine = {label: score for label, score in cats.items() if label.startswith(prefix)}
    return max(mine, key=mine.get)


def hybrid_workspace(folder, encoder, examples, turns, *more):
    folder.mkdir(exist_ok=True)
    pawl = Pawl(folder / "workspace")
    lines = write_examples(folder / "examples.jsonl", examples)
    pawl.run("init", "--examples", lines, "--set", f"training.encoder={encoder}", *more)
    pawl.run("collect", lines=turns)
    return pawl


@pytest.fixture(scope="session")
def workspace(small_encoder, tmp_path_factory):
    turns = [{k: v for k, v in t.items() if k != "feedback"} for t in read_data("conversations.jsonl")]
    return hybrid_workspace(tmp_path_factory.mktemp("distill"), small_encoder, without_entities(read_data("cold_start.jsonl", 240)), turns)


@pytest.fixture(scope="session")
def small(small_encoder, tmp_path_factory):
    """For what does not depend on how much is learnt."""
    turns = [{k: v for k, v in t.items() if k != "feedback"} for t in read_data("conversations.jsonl", 60)]
    return hybrid_workspace(tmp_path_factory.mktemp("small"), small_encoder, without_entities(read_data("cold_start.jsonl", 100)), turns)


@pytest.fixture(scope="session")
def distilled(workspace, tmp_path_factory):
    """(folder, report) of one distillation."""
    folder = tmp_path_factory.mktemp("distilled") / "stock"
    return folder, workspace.json("distill", "--to", folder, "--json", "--set", "training.n_iter=2")


def test_spacy_opens_the_result_without_pawls_package(workspace, distilled, opened):
    folder, report = distilled
    texts = [e["text"] for e in read_data("dev.jsonl", 200)] + ["", " ", "😀" * 40]
    stock = opened(folder, texts)
    assert stock["factories"] == {"intent": "textcat", "sentiment": "textcat"}
    assert report["components"] == ["intent", "sentiment"] and report["left_out"] == ["sentence_encoder"]
    assert "pawl" not in (folder / "config.cfg").read_text() and not (folder / "sentence_encoder").exists()
    for ours, theirs in zip(parsed_by_pawl(workspace, folder, texts), stock["cats"], strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)


def test_the_export_of_the_same_workspace_needs_pawls_package(workspace, tmp_path, stock_spacy):
    """Else the test before would show nothing."""
    workspace.run("export", "--to", tmp_path / "export")
    done = stock_spacy(CATS, tmp_path / "export", given="[]")
    assert done.returncode != 0 and b"pawl" in done.stderr


def test_labels_are_those_of_the_live_heads_in_their_order(workspace, distilled, tmp_path, opened):
    workspace.run("export", "--to", tmp_path / "export")
    stock = opened(distilled[0], [])
    for head in ("intent", "sentiment"):
        assert stock["labels"][head] == json.loads((tmp_path / "export" / head / "cfg").read_text())["labels"]


def test_students_say_mostly_what_the_live_model_says(workspace, distilled, opened):
    folder, report = distilled
    texts = [e["text"] for e in read_data("dev.jsonl")]
    for head, prefix in (("intent", "INTENT_"), ("sentiment", "SENTIMENT_")):
        teacher = [prefix + a[head] for a in workspace.analyze(texts)]
        student = [best(cats, prefix) for cats in opened(folder, texts)["cats"]]
        agreed = sum(a == b for a, b in zip(teacher, student)) / len(texts)
        common = max(teacher.count(label) for label in set(teacher)) / len(texts)
        assert agreed > common + 0.15, (head, agreed, common)
        assert report["heads"][head]["agreement"] == pytest.approx(agreed, abs=0.2)


def test_the_report_counts_what_it_was_learnt_from(distilled):
    report = distilled[1]
    assert report["turns"] == sum(t.get("consent", False) for t in read_data("conversations.jsonl")) and report["examples"] == 240
    for head in report["heads"].values():
        assert head["recipe"] in head["select_scores"]
        assert 0 < head["labelled_texts"] < head["texts"] < report["turns"] + report["examples"]
        assert head["held_out_texts"] >= head["certify_examples"] > 0
        for share in ("agreement", "teacher_accuracy", "student_accuracy"):
            assert 0 <= head[share] <= 1


def test_the_lines_of_python_it_prints_work(small, tmp_path, stock_spacy):
    words = small.run("distill", "--to", tmp_path / "a folder", *QUICK)
    code = "\n".join(line[2:] for line in words.splitlines()[-3:])
    assert code.startswith("import spacy") and str(tmp_path / "a folder") in code
    done = stock_spacy(code)
    assert done.returncode == 0 and b"INTENT_" in done.stdout, done.stderr.decode()


def test_the_seed_decides_the_bytes(small, tmp_path):
    made = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        small.run("distill", "--to", tmp_path / name, *QUICK, "--set", f"training.seed={seed}")
        made.append({p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()})
    assert made[0] == made[1] != made[2]


def test_nothing_in_the_workspace_changes(small, tmp_path):
    def kept():
        with sqlite3.connect(f"file:{small.workspace / 'pawl.db'}?mode=ro", uri=True) as db:
            rows = list(db.iterdump())
        return rows, {p: b for p, b in small.everything_on_disk().items() if not p.name.startswith("pawl.db")}

    before = kept()
    small.run("distill", "--to", tmp_path / "out", *QUICK)
    assert kept() == before


def test_an_interruption_leaves_nothing_behind(small, tmp_path):
    slow = ["--set", "training.n_iter=5000", "--set", "training.min_updates=1000000"]
    process = subprocess.Popen(small.command("distill", "--to", tmp_path / "out", *slow), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = b""
    while b"training intent" not in said:  # progress comes every few seconds
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=60)
    assert process.returncode == 1 and out == b"" and b"interrupted" in rest
    assert list(tmp_path.iterdir()) == []


def refusal(pawl, *args):
    done = pawl.try_run("distill", *args)
    assert done.returncode == 1 and done.stdout == b""
    return done.stderr.decode()


def test_a_folder_that_is_not_empty_is_left_alone(small, tmp_path):
    (tmp_path / "thing").write_text("mine")
    assert "not empty" in refusal(small, "--to", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thing"]
    assert "not empty" in refusal(small, "--to", tmp_path / "thing")
    assert (tmp_path / "thing").read_text() == "mine"


def test_an_empty_folder_is_filled(small, tmp_path):
    (tmp_path / "empty").mkdir()
    small.run("distill", "--to", f"{tmp_path / 'empty'}/", *QUICK)
    assert (tmp_path / "empty" / "config.cfg").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]


def test_what_is_stock_already_is_to_be_exported(tmp_path):
    pawl = hybrid_workspace(tmp_path, "none", without_entities(read_data("cold_start.jsonl", 120)), [], *QUICK)
    assert "pawl export" in refusal(pawl, "--to", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_encoder_that_no_head_reads_is_left_out(small_encoder, tmp_path, opened):
    pawl = Pawl(tmp_path / "workspace")
    pawl.run("init", "--set", f"training.encoder={small_encoder}")
    report = pawl.json("distill", "--to", tmp_path / "out", "--json")
    assert report["heads"] == {} and report["left_out"] == ["sentence_encoder"]
    assert opened(tmp_path / "out", ["hello"])["factories"] == {}


def test_too_few_texts_are_counted(small_encoder, tmp_path):
    examples = without_entities(read_data("cold_start.jsonl", 40))
    pawl = hybrid_workspace(tmp_path, small_encoder, examples, [turn(f"c{i % 3}", f"text number {i}") for i in range(9)])
    assert "different texts" in refusal(pawl, "--to", tmp_path / "out") and not (tmp_path / "out").exists()


def test_a_tenant_without_generation_is_told_to_make_one(small, tmp_path):
    assert "pawl init" in refusal(small, "--tenant", "nobody", "--to", tmp_path / "out")


def test_without_a_folder_the_usage_is_wrong(small):
    assert small.try_run("distill").returncode == 2


def test_with_minilm_a_student_is_better_than_one_that_learns_from_the_labels_alone(tmp_path, opened):
    encoder = BUILD.parent / "encoder"
    if not (encoder / "config.json").exists():
        pytest.skip(f"{encoder} is absent: 'make encoder' imports it")
    examples = [{k: e[k] for k in ("text", "intent")} for e in read_data("cold_start.jsonl", 400)]
    turns = [{k: v for k, v in t.items() if k != "feedback"} for t in read_data("conversations.jsonl")]
    pawl = hybrid_workspace(tmp_path, encoder, examples, turns)
    alone = hybrid_workspace(tmp_path / "alone", "none", examples, [])
    report = pawl.json("distill", "--to", tmp_path / "stock", "--json", "--set", "training.n_iter=3")
    dev = read_data("dev.jsonl")
    texts, gold = [e["text"] for e in dev], [e["intent"] for e in dev]
    student = [best(c, "INTENT_")[len("INTENT_"):] for c in opened(tmp_path / "stock", texts)["cats"]]

    def right(answers):
        return sum(a == b for a, b in zip(answers, gold, strict=True))

    assert right(student) > right([a["intent"] for a in alone.analyze(texts)]), report
