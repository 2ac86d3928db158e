"""Spans that are known to be no entities (incorrect_spans_key of ner) are learnt from as spaCy does."""

import pytest
import spacy
from conftest import EN_CORE_WEB_SM, Driver
from pipelines import differences, examples_of, listening, shared_tok2vec, spacy_updates
from spacy.tokens import DocBin, Span
from test_evaluate import TRANSITIONS
from test_ner import fixed_cuts, no_state_dropout  # noqa: F401
from test_tagger import TEXTS
from thinc.api import Config, fix_random_seed


def annotated(nlp, wrong):
    """Entities, unknown entities and spans that are none: beginnings, ends, single tokens, the last tokens."""
    docs = []
    for i, read in enumerate(spacy.load(EN_CORE_WEB_SM).pipe(TEXTS * 3)):
        doc = nlp.make_doc(read.text)
        if i % 3:
            doc.set_ents([Span(doc, e.start, e.end, label=e.label_) for e in read.ents], default="outside" if i % 2 else "missing")
        taken = {token.i for e in doc.ents for token in e}
        spans = [Span(doc, k, min(k + 1 + k % 3, len(doc)), label="PERSON") for k in range(i % 2, len(doc), 2) if k not in taken]
        spans += [Span(doc, e.start, e.end, label="DATE" if e.label_ != "DATE" else "GPE") for e in doc.ents]
        if wrong:
            doc.spans["wrong"] = spans + [Span(doc, len(doc) - 2, len(doc), label="GPE")]
        docs.append(doc)
    return docs


def pipeline(folder, key):
    fix_random_seed(0)
    config = shared_tok2vec(["tok2vec", "ner"]) + listening("ner", TRANSITIONS.format("ner"), f'incorrect_spans_key = "{key}"')
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    docs = annotated(nlp, True)
    nlp.initialize(lambda: examples_of(nlp, [doc for doc in docs if doc.ents]))
    optimizer = nlp.create_optimizer()
    for _ in range(3):
        nlp.update(examples_of(nlp, docs[1:4]), sgd=optimizer)
    nlp.to_disk(folder / "start")
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "batch.spacy")
    spacy.blank("en").to_disk(folder / "en")
    return list(DocBin().from_disk(folder / "batch.spacy").get_docs(nlp.vocab))


def trained(folder, steps, save):
    process = Driver("corpus", str(folder / "en"))
    answer = process.ask(update=str(folder / "start"), corpus=str(folder / "batch.spacy"), steps=steps, batch=5, exclude=[],
                         annotating=[], save=str(folder / save))
    process.close()
    return answer


def test_wrong_entities_are_learnt_from_as_spacy_does(tmp_path, no_state_dropout, fixed_cuts):
    docs = pipeline(tmp_path, "wrong")
    ours = trained(tmp_path, 20, "ours")
    assert "error" not in ours, ours
    nlp = spacy.load(tmp_path / "start")
    spacy_updates(nlp, docs, 20, 5, ours["losses"])
    assert max(differences(nlp, spacy.load(tmp_path / "ours")).values()) < 1e-3
    # They teach something: without them losses are others.
    config = (tmp_path / "start/ner/cfg").read_text()
    assert '"wrong"' in config
    (tmp_path / "start/ner/cfg").write_text(config.replace('"wrong"', '"nothing"'))
    assert trained(tmp_path, 20, "without")["losses"] != ours["losses"]


def test_an_entity_that_is_said_to_be_none_is_refused(tmp_path):
    docs = pipeline(tmp_path, "wrong")
    doc = next(doc for doc in docs if doc.ents)
    doc.spans["wrong"] = list(doc.ents)
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "batch.spacy")
    assert "'wrong'" in trained(tmp_path, 1, "ours")["error"]
    nlp = spacy.load(tmp_path / "start")
    with pytest.raises(ValueError, match="E868"):
        nlp.update(examples_of(nlp, [doc]))
