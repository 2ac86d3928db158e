"""What pawl and spaCy say of the same texts, every annotation of every token, and why where they differ.

usage: python bench/equality.py [--texts N] [--build DIR] [--pipeline FOLDER_OR_PACKAGE] [--trained]

The texts are of every file of ../shared/data in equal parts, and a tenth hostile ones. Pipelines: en_core_web_sm whole,
or the one given; with --trained also a blank one with every component that pawl trains, trained by spaCy on what
en_core_web_sm says of 200 texts, once without and once with vectors as features. Prints one JSON line a pipeline: the
share of tokens with equal tag, pos, morph, lemma, dep, head and sentence start; of texts with equal entities, spans and
categories; and each text that differs with the least lead of scores in it: below 1e-3 the order in which floats are
added decides.
"""

import argparse
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(SOURCE / "tests" / "parity"))
warnings.filterwarnings("ignore")

import spacy  # noqa: E402

TRAINING_TEXTS, UPDATES, BATCH = 200, 60, 40


def trained_by_spacy(folder, texts, with_vectors):
    import numpy
    from pipelines import HASH_EMBED, listening, shared_tok2vec
    from spacy.tokens import DocBin
    from spacy.training import Example
    from test_evaluate import EXTRA, MODELS, annotated
    from thinc.api import Config, fix_random_seed

    fix_random_seed(0)
    docs = annotated([text for text in texts if len(text) > 10][:TRAINING_TEXTS])
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "train.spacy")
    config = shared_tok2vec(["tok2vec", *MODELS], HASH_EMBED.format(vectors=str(with_vectors).lower()))
    config += "".join(listening(name, model, EXTRA.get(name, "")) for name, model in MODELS.items())
    nlp = spacy.util.load_model_from_config(Config().from_str(config), auto_fill=True)
    if with_vectors:
        rng = numpy.random.default_rng(3)
        for word in sorted({token.text for doc in docs for token in doc}):
            nlp.vocab.set_vector(word, rng.normal(size=40).astype("f"))
    docs = list(DocBin().from_disk(folder / "train.spacy").get_docs(nlp.vocab))
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    for step in range(UPDATES):
        first = step * BATCH % len(examples)
        nlp.update(examples[first : first + BATCH], drop=0.1, sgd=optimizer)
    nlp.to_disk(folder / "pipeline")
    return folder / "pipeline"


def same_groups(ours, theirs):
    """Whether the spans of all groups and the categories, to 1e-4, are the same."""
    spans = [{name: sorted((s["start"], s["end"], s["label"]) for s in group) for name, group in doc.get("spans", {}).items()}
             for doc in (ours, theirs)]
    cats = [doc.get("cats") or {} for doc in (ours, theirs)]
    return spans[0] == spans[1], cats[0].keys() == cats[1].keys() and all(
        abs(value - cats[1][name]) < 1e-4 for name, value in cats[0].items())


def measure(name, folder, texts):
    from pipelines import parsed
    from test_whole_pipeline import compare, leads

    nlp = spacy.load(folder)
    if "textcat_multilabel" in nlp.pipe_names:
        texts = [text for text in texts if text]  # max of no token: spaCy stops there
    shares, tokens, differing = compare(folder, nlp, texts)
    groups = [same_groups(ours, doc.to_json()) for ours, doc in zip(parsed(folder, texts), nlp.pipe(texts), strict=True)]
    shares["spans"], shares["cats"] = (sum(column) / len(texts) for column in zip(*groups))
    return {"pipeline": name, "texts": len(texts), "tokens": tokens, "equal": shares, "differing": len(differing),
            "leads": leads(folder, nlp, differing)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("--build", type=Path, default=SOURCE / "build" / "release")
    parser.add_argument("--pipeline", help="a folder or an installed package instead of en_core_web_sm")
    parser.add_argument("--trained", action="store_true")
    options = parser.parse_args()
    os.environ["PAWL_BUILD"] = str(options.build)
    from conftest import EN_CORE_WEB_SM
    from test_whole_pipeline import sample_of_texts

    texts = sample_of_texts(options.texts)
    with tempfile.TemporaryDirectory() as temporary:
        named = options.pipeline or EN_CORE_WEB_SM
        spacy.load(named).to_disk(Path(temporary) / "named")
        pipelines = [(named, Path(temporary) / "named")]
        for with_vectors in (False, True) if options.trained else ():
            folder = Path(temporary) / str(with_vectors)
            folder.mkdir()
            name = "trained by spaCy" + (", vectors as features" if with_vectors else "")
            pipelines.append((name, trained_by_spacy(folder, texts, with_vectors)))
        for name, folder in pipelines:
            print(json.dumps(measure(name, folder, texts)), flush=True)


if __name__ == "__main__":
    main()
