"""spaCy factories "pawl_sentence_encoder" and "pawl_hybrid_textcat". Loaded by spacy.load() through entry points."""

from pathlib import Path

import srsly
from spacy.language import Language
from spacy.util import registry

from .checked_map import CheckedMap, naming
from .encoder import Encoder
from .head import HybridHead


class SentenceEncoder:
    """Annotates nothing; the components that read sentence vectors ask for those they need."""

    def __init__(self, name, path):
        self.name, self.path, self.folder, self.encoder = name, path, None, None
        if path is not None and (Path(path) / "config.json").exists():
            self.from_disk(path)

    def __call__(self, doc):
        return doc

    def to_disk(self, path, *, exclude=tuple()):
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        for name in ("config.json", "vocab.txt", "model.safetensors") if self.folder else ():
            (path / name).write_bytes((self.folder / name).read_bytes())

    def from_disk(self, path, *, exclude=tuple()):
        if (Path(path) / "config.json").exists():
            self.folder, self.encoder = Path(path), Encoder(path)
        elif self.encoder is None:
            raise ValueError(f"{path}: there is no encoder, nor where components.{self.name}.path says")
        return self


def read_labels(data):
    labels = CheckedMap(srsly.json_loads(data.decode("utf8"))).texts("labels")
    if len(set(labels)) < len(labels):
        raise ValueError("labels must be different strings")
    return tuple(labels)


class HybridTextCat:
    """Scores every label in doc.cats; training is pawl's."""

    def __init__(self, nlp, name, model, none_of_these):
        self.nlp, self.name, self.none_of_these = nlp, name, none_of_these
        self.vectors = model["vectors"]
        self.labels, self.head, self.files = (), None, {"cfg": b'{"labels":[]}'}
        self.base = self.tuned = None  # an encoder, and that encoder with the head's layers

    def encoder(self):
        for name, component in self.nlp.components:
            if name == self.vectors and isinstance(component, SentenceEncoder):
                return self.with_layers(component.encoder)
        return None

    def with_layers(self, encoder):
        layers = self.head.tuned
        if encoder is None or layers is None or encoder.fingerprint != layers["encoder"]:
            return encoder
        if self.base is not encoder:
            try:
                self.base, self.tuned = encoder, encoder.with_layers(layers)
            except ValueError as error:
                self.base = None
                raise ValueError(f"component '{self.name}', {error}") from error
        return self.tuned

    def __call__(self, doc):
        if self.head is None:
            raise ValueError(f"component '{self.name}' is not trained; train it with pawl")
        answer = self.head.answer(doc.text, self.encoder())
        none = answer.none_probability if self.none_of_these else 0.0
        for label, p in zip(self.labels, answer.probabilities):
            doc.cats[label] = float(p) * (1 - none)
        if self.none_of_these:
            doc.cats[self.none_of_these] = none
        return doc

    def to_disk(self, path, *, exclude=tuple()):
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (path / name).write_bytes(data)

    def from_disk(self, path, *, exclude=tuple()):
        path = Path(path)
        files = {name: (path / name).read_bytes() for name in ("cfg", "model") if (path / name).exists()}
        if "cfg" not in files:
            raise ValueError(f"{path / 'cfg'}: is missing")
        with naming(path / "cfg"):
            labels = read_labels(files["cfg"])
        with naming(path / "model"):
            head = HybridHead(files["model"]) if "model" in files else None
            if head is None and labels:
                raise ValueError("is missing, though cfg names labels; take the folder from where it is whole")
            if head is not None and head.classes != len(labels):
                raise ValueError("classes: there are not as many labels in cfg")
        self.labels, self.head, self.files = labels, head, files
        self.base = self.tuned = None
        return self


# The block of settings itself: spaCy resolves it before the factory runs.
@registry.architectures("pawl.HybridTextCat.v1")
def hybrid_settings(
    vectors: str | None = "sentence_encoder", hash_bits: int = 20, c: float = 60.0, tune: bool = True
) -> dict:
    return {"vectors": vectors, "hash_bits": hash_bits, "c": c, "tune": tune}


@Language.factory("pawl_sentence_encoder", default_config={"path": None})
def make_sentence_encoder(nlp: Language, name: str, path: str | None):
    return SentenceEncoder(name, path)


_MODEL = {
    "@architectures": "pawl.HybridTextCat.v1",
    "vectors": "sentence_encoder",
    "hash_bits": 20,
    "c": 60.0,
    "tune": True,
}


@Language.factory("pawl_hybrid_textcat", default_config={"model": _MODEL, "none_of_these": None}, assigns=["doc.cats"])
def make_hybrid_textcat(nlp: Language, name: str, model: dict, none_of_these: str | None):
    return HybridTextCat(nlp, name, model, none_of_these)
