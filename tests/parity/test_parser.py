"""The dependency parser against spaCy's: the same trees, oracle, costs, gradients, losses, bytes."""

import random

import numpy
import pytest
import spacy
import spacy.ml.parser_model
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

import hostile_texts
from conftest import EN_CORE_WEB_SM, shared_texts
from dependency_cases import WORDS, as_json, assert_gradients_equal, gradients, random_tree, to_example, treebank

TIE = 1e-4  # of scores of order 10, in float32 sums of another order


def ask(driver, **request):
    answer = driver.ask(**request)
    assert "ok" in answer, answer
    return answer["ok"]


def annotation(doc):
    return {
        "heads": [t.head.i - t.i for t in doc],
        "deps": [t.dep_ for t in doc],
        "starts": [{True: 1, False: -1, None: 0}[t.is_sent_start] for t in doc],
        "ents": [[e.start, e.end, e.label_] for e in doc.ents],
    }


def differences(ours, theirs, keys):
    """The first of the keys in which two annotations differ, or None."""
    return next((key for key in keys if ours[key] != theirs[key]), None)


def compare(nlp, pawl, texts, keys=("heads", "deps", "starts"), ner=False):
    """Texts that differ without a tie, the number of ties, and of tokens with another head, label or start."""
    wrong, ties, tokens = [], 0, 0
    theirs = [annotation(doc) for doc in nlp.pipe(texts, batch_size=256)]
    ours = ask(pawl, do="predict", texts=texts)
    for text, a, b in zip(texts, ours, theirs):
        key = differences(a, b, keys)
        if key is None:
            continue
        margin = ask(pawl, do="margin", text=text)
        if key == "ents" and ner:
            margin = min(margin, ask(pawl, do="margin", text=text, ner=True))
        if margin < TIE:
            ties += 1
            tokens += sum(x != y for x, y in zip(a["heads"], b["heads"]))
        else:
            wrong.append((text, key, a, b, margin))
    return wrong, ties, tokens


# Prediction ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """en_core_web_sm with its parser and recogniser."""
    nlp = spacy.load(EN_CORE_WEB_SM, exclude=["tagger", "attribute_ruler", "lemmatizer", "senter"])
    path = tmp_path_factory.mktemp("sm") / "sm"
    nlp.to_disk(path)
    return path


def test_trees_sentences_and_entities_of_en_core_web_sm_are_the_same(folder, driver):
    nlp = spacy.load(folder)
    pawl = driver("parser")
    ask(pawl, do="load", path=str(folder))
    texts = list(dict.fromkeys(record["text"] for _, record in shared_texts(limit=150)))
    rng = random.Random(3)
    texts += [" ".join(rng.sample(texts, 6)) for _ in range(150)]
    wrong, ties, _ = compare(nlp, pawl, texts, ("heads", "deps", "starts", "ents"), ner=True)
    assert not wrong, f"{len(wrong)} of {len(texts)}: {wrong[:2]}"
    assert ties <= max(2, len(texts) // 1000), ties


def test_trees_of_odd_texts_are_the_same(folder, driver):
    nlp = spacy.load(folder)
    pawl = driver("parser")
    ask(pawl, do="load", path=str(folder))
    texts = ["", " ", "\n\n\n", "Paris", "  New \n York  City  ", "a" * 3000, "I saw her . " * 200]
    texts += [text for text in hostile_texts.hostile_texts(400) if len(text) < 5000]
    rng = random.Random(5)
    texts += [" ".join(rng.choice(WORDS) for _ in range(rng.randrange(40))) for _ in range(200)]
    wrong, _, _ = compare(nlp, pawl, texts, ("heads", "deps", "starts", "ents"), ner=True)
    assert not wrong, wrong[:2]


def test_sentence_starts_set_before_constrain_alike(folder, driver):
    nlp = spacy.load(folder)
    pawl = driver("parser")
    ask(pawl, do="load", path=str(folder))
    rng = random.Random(7)
    texts, starts, expected = [], [], []
    for _ in range(300):
        doc = nlp.make_doc(" ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 25))))
        given = [rng.choice([0, 0, 0, 1, -1]) for _ in doc]
        for token, start in zip(doc, given):
            if start:
                token.is_sent_start = start == 1
        texts.append(doc.text)
        starts.append(given)
        expected.append(annotation(nlp(doc)))
    found = ask(pawl, do="predict", texts=texts, starts=starts)
    assert found == expected


# Oracle --------------------------------------------------------------------------------------------------------------


def parser_pipeline(data, config=None, cut=100, min_freq=1, shared=None):
    fix_random_seed(3)
    nlp = spacy.blank("en")
    if shared:
        nlp.add_pipe("tok2vec", config={"model": shared})
    settings = {"update_with_oracle_cut_size": cut, "min_action_freq": min_freq}
    nlp.add_pipe("parser", config={"model": config or model_config(), **settings})
    nlp.initialize(lambda: [to_example(nlp, tree) for tree in data])
    # The output layer begins with zeros: give it something to say.
    for node in nlp.get_pipe("parser").model.walk():
        if node.name == "linear" and not node.get_param("W").any():
            node.set_param("W", numpy.random.normal(scale=0.3, size=node.get_param("W").shape).astype("f"))
    return nlp


def model_config(**options):
    tok2vec = options.pop("tok2vec", None) or {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 32,
        "depth": 2,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": True,
    }
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "parser",
        "extra_state_tokens": False,
        "hidden_width": 24,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": tok2vec,
        **options,
    }


@pytest.fixture(scope="module")
def trees():
    return treebank(150)


@pytest.fixture(scope="module")
def start(trees, tmp_path_factory):
    """A parser of the trees' labels, without the rarest ones, and its folder."""
    nlp = parser_pipeline(trees, min_freq=4)
    path = tmp_path_factory.mktemp("start") / "start"
    nlp.to_disk(path)
    return nlp, path


def test_the_oracle_takes_the_same_actions(start, trees, driver):
    nlp, path = start
    pawl = driver("parser")
    ask(pawl, do="load", path=str(path))
    moves = nlp.get_pipe("parser").moves
    for tree in trees:
        expected = moves.get_oracle_sequence(to_example(nlp, tree))
        assert ask(pawl, do="oracle", example=as_json(tree)) == expected, tree


def spacy_walk(moves, example, rng):
    """Random valid actions to the end, and the costs of all actions in every state on the way."""
    state = moves.init_batch([example.predicted])[0]
    gold = moves.init_gold(state, example)
    names = [moves.get_class_name(i) for i in range(moves.n_moves)]
    taken, costs = [], []
    while not state.is_final():
        gold.update(state)
        costs.append([moves.get_cost(state, gold, i) for i in range(len(names))])
        action = rng.choice([i for i, name in enumerate(names) if moves.is_valid(state, name)])
        moves.apply_transition(state, names[action])
        taken.append(action)
    return taken, costs


@pytest.mark.parametrize("presets", [False, True])
def test_costs_are_the_same_in_states_reached_however(presets, start, trees, driver):
    nlp, path = start
    pawl = driver("parser")
    ask(pawl, do="load", path=str(path))
    moves, rng, states = nlp.get_pipe("parser").moves, random.Random(11), 0
    for tree in trees[:60]:
        starts = [rng.choice([0, 0, 0, 0, 1, -1]) for _ in tree.words] if presets and tree.is_aligned else None
        example = to_example(nlp, tree, starts)
        taken, costs = spacy_walk(moves, example, rng)
        found = ask(pawl, do="walk", example=as_json(tree, starts), actions=taken)
        assert found == costs, tree
        states += len(taken)
    assert states > 1000


def test_references_are_aligned_and_made_projective_alike(start, trees, driver):
    nlp, path = start
    pawl = driver("parser")
    ask(pawl, do="load", path=str(path))
    for tree in trees:
        example = to_example(nlp, tree)
        heads, _ = example.get_aligned_parse(projectivize=True)
        found = ask(pawl, do="gold", example=as_json(tree))
        assert found["heads"] == heads, tree
    assert sum(not tree.is_projective for tree in trees) > 20
    assert sum(not tree.is_aligned for tree in trees) > 10


# Training ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_state_dropout(monkeypatch):
    """spaCy drops a tenth of the state vectors whatever the dropout: not for a comparison."""

    class Ops(type(spacy.ml.parser_model.NUMPY_OPS)):
        def get_dropout_mask(self, shape, drop):
            return numpy.ones(shape, dtype="f")

    monkeypatch.setattr(spacy.ml.parser_model, "NUMPY_OPS", Ops())


@pytest.fixture
def fixed_cuts(monkeypatch):
    """Sequences are cut after exactly update_with_oracle_cut_size actions."""
    monkeypatch.setattr(random, "uniform", lambda low, high: (high + 1) // 2)


LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
CASES = {
    "default": {},
    "relu": {"maxout_pieces": 1},
    "no upper": {"use_upper": False},
    "thirteen tokens": {"extra_state_tokens": True, "maxout_pieces": 3},
    "listener": {"tok2vec": LISTENER},
    "cut": {"cut": 9},
    "no cut": {"cut": 0},
    "rare labels": {"min_freq": 8},
}


def clear_gradients(model):
    for node in model.walk():
        for name in node.param_names:
            if node.has_grad(name):
                node.set_grad(name, node.get_grad(name) * 0)


def step(nlp, batch, sgd):
    """As `spacy train` does it: listeners have sent their gradients before the weights move."""
    losses = nlp.update([to_example(nlp, tree) for tree in batch], sgd=False, drop=0.0, losses={})
    for _, pipe in nlp.pipeline:
        pipe.finish_update(sgd)
    return losses


@pytest.mark.parametrize("case", CASES)
def test_training_is_the_same(case, trees, driver, tmp_path, no_state_dropout, fixed_cuts):
    options = dict(CASES[case])
    cut, min_freq = options.pop("cut", 100), options.pop("min_freq", 2)
    config = model_config(**options)
    shared = model_config()["tok2vec"] if config["tok2vec"] is LISTENER else None
    nlp = parser_pipeline(trees, config, cut, min_freq, shared)
    nlp.to_disk(tmp_path / "start")
    pawl = driver("parser")
    ask(pawl, do="load", path=str(tmp_path / "start"))

    first = trees[:16]
    losses = nlp.update([to_example(nlp, tree) for tree in first], sgd=False, drop=0.0, losses={})
    ours = ask(pawl, do="update", examples=[as_json(tree) for tree in first], step=False)
    assert ours["parser"] == pytest.approx(losses["parser"], rel=1e-4)
    for pipe in nlp.pipe_names:
        theirs = gradients(nlp.get_pipe(pipe).model)
        assert_gradients_equal(ask(pawl, do="gradients", path=str(tmp_path / "g"), pipe=pipe), tmp_path / "g", theirs)
        clear_gradients(nlp.get_pipe(pipe).model)

    sgd = Adam(0.001, beta1=0.9, beta2=0.999, eps=1e-8, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True)
    for number in range(20):
        batch = trees[(number * 11) % 100 :][:16]
        losses = step(nlp, batch, sgd)
        ours = ask(pawl, do="update", examples=[as_json(tree) for tree in batch])
        assert ours == pytest.approx(losses, rel=1e-3), number

    texts = [tree.text for tree in trees + treebank(60, seed=2)]
    wrong, ties, _ = compare(nlp, pawl, texts)
    assert not wrong and ties <= 2, wrong[:2]
    ask(pawl, do="save", path=str(tmp_path / "saved"))
    wrong, ties, _ = compare(spacy.load(tmp_path / "saved"), pawl, texts)
    assert not wrong and ties <= 2, wrong[:2]


def test_labels_come_from_the_trees_as_in_spacy(trees, driver, tmp_path):
    nlp = parser_pipeline(trees, min_freq=4)
    blank = spacy.blank("en")
    blank.add_pipe("parser", config={"model": model_config(), "min_action_freq": 4})
    blank.to_disk(tmp_path / "blank")
    pawl = driver("parser")
    ask(pawl, do="load", path=str(tmp_path / "blank"))
    labels = ask(pawl, do="initialize", examples=[as_json(tree) for tree in trees], seed=1)
    assert labels == list(nlp.get_pipe("parser").labels)
    ask(pawl, do="save", path=str(tmp_path / "saved"))
    moves = nlp.get_pipe("parser").moves
    assert (tmp_path / "saved/parser/moves").read_bytes() == moves.to_bytes(exclude=["strings"])
    again = spacy.load(tmp_path / "saved")
    assert again.get_pipe("parser").move_names == nlp.get_pipe("parser").move_names
    wrong, _, _ = compare(again, pawl, [tree.text for tree in trees[:40]])
    assert not wrong


def test_saving_keeps_every_byte(folder, driver, tmp_path):
    pawl = driver("parser")
    ask(pawl, do="load", path=str(folder))
    ask(pawl, do="save", path=str(tmp_path / "saved"))
    for name in ("cfg", "moves", "model"):
        assert (tmp_path / "saved/parser" / name).read_bytes() == (folder / "parser" / name).read_bytes()


def test_a_new_label_keeps_old_predictions_and_can_be_learnt(trees, driver, tmp_path, no_state_dropout, fixed_cuts):
    nlp = parser_pipeline(trees, min_freq=4)
    nlp.to_disk(tmp_path / "start")
    pawl = driver("parser")
    ask(pawl, do="load", path=str(tmp_path / "start"))
    texts = [tree.text for tree in trees[:50]]
    before = ask(pawl, do="predict", texts=texts)
    assert ask(pawl, do="add_label", label="novel") is True
    assert ask(pawl, do="add_label", label="novel") is False
    nlp.get_pipe("parser").add_label("novel")
    assert ask(pawl, do="predict", texts=texts) == before
    more = treebank(40, seed=9, labels=["novel", "dep"])
    sgd = Adam(0.001, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True)
    for number in range(6):
        batch = (trees if number == 0 else more)[number * 4 :][:8]
        losses = step(nlp, batch, sgd)
        ours = ask(pawl, do="update", examples=[as_json(tree) for tree in batch])
        assert ours["parser"] == pytest.approx(losses["parser"], rel=1e-3), number
    wrong, _, _ = compare(nlp, pawl, texts)
    assert not wrong, wrong[:2]
    ask(pawl, do="save", path=str(tmp_path / "saved"))
    assert (tmp_path / "saved/parser/moves").read_bytes() == nlp.get_pipe("parser").moves.to_bytes(exclude=["strings"])


def test_rehearsal_is_the_same(trees, driver, tmp_path, no_state_dropout, fixed_cuts):
    nlp = parser_pipeline(trees, min_freq=4)
    nlp.to_disk(tmp_path / "start")
    pawl = driver("parser")
    ask(pawl, do="load", path=str(tmp_path / "start"), teacher=True)
    sgd = nlp.resume_training()
    for number in range(3):
        batch = trees[number * 8 :][:8]
        step(nlp, batch, sgd)
        ask(pawl, do="update", examples=[as_json(tree) for tree in batch])
        quiet = trees[60 + number * 8 :][:8]
        losses = nlp.rehearse([to_example(nlp, tree) for tree in quiet], sgd=sgd, losses={})
        ours = ask(pawl, do="rehearse", texts=[tree.text for tree in quiet])
        assert ours["parser"] == pytest.approx(losses["parser"], rel=1e-3), number
