"""spaCy factories "pawl_sentence_encoder" and "pawl_hybrid_textcat". Loaded by spacy.load() through entry points."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import srsly  # type: ignore[import-untyped]
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry

from .checked_map import CheckedMap, naming
from .encoder import Encoder
from .head import HybridHead


class SentenceEncoder:
    """Annotates nothing; the components that read sentence vectors ask for those they need."""

    def __init__(self, name: str, path: str | None) -> None:
        self.name, self.path = name, path
        self.folder: Path | None = None
        self.encoder: Encoder | None = None
        if path is not None and (Path(path) / "config.json").exists():
            self.from_disk(path)

    def __call__(self, doc: Doc) -> Doc:
        return doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        if self.folder is None:
            return
        for name in ("config.json", "vocab.txt", "model.safetensors"):
            (folder / name).write_bytes((self.folder / name).read_bytes())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "SentenceEncoder":
        if (Path(path) / "config.json").exists():
            self.folder, self.encoder = Path(path), Encoder(path)
        elif self.encoder is None:
            raise ValueError(f"{path}: there is no encoder, nor where components.{self.name}.path says")
        return self


def read_labels(data: bytes) -> tuple[str, ...]:
    labels = CheckedMap(srsly.json_loads(data.decode("utf8"))).texts("labels")
    if len(set(labels)) < len(labels):
        raise ValueError("labels must be different strings")
    return tuple(labels)


class HybridTextCat:
    """Scores every label in doc.cats; training is pawl's."""

    def __init__(self, nlp: Language, name: str, model: dict[str, Any], none_of_these: str | None) -> None:
        self.nlp, self.name, self.none_of_these = nlp, name, none_of_these
        self.vectors = model["vectors"]
        self.labels: tuple[str, ...] = ()
        self.head: HybridHead | None = None
        self.files = {"cfg": b'{"labels":[]}'}
        # An encoder, and that encoder with the head's layers.
        self.base: Encoder | None = None
        self.tuned: Encoder | None = None

    def encoder(self) -> Encoder | None:
        for name, component in self.nlp.components:
            if name == self.vectors and isinstance(component, SentenceEncoder):
                return self.with_layers(component.encoder)
        return None

    def with_layers(self, encoder: Encoder | None) -> Encoder | None:
        layers = None if self.head is None else self.head.tuned
        if encoder is None or layers is None or encoder.fingerprint != layers["encoder"]:
            return encoder
        if self.base is not encoder:
            try:
                self.base, self.tuned = encoder, encoder.with_layers(layers)
            except ValueError as error:
                self.base = None
                raise ValueError(f"component '{self.name}', {error}") from error
        return self.tuned

    def __call__(self, doc: Doc) -> Doc:
        if self.head is None:
            raise ValueError(f"component '{self.name}' is not trained; train it with pawl")
        answer = self.head.answer(doc.text, self.encoder())
        none = answer.none_probability if self.none_of_these else 0.0
        for label, p in zip(self.labels, answer.probabilities, strict=True):
            doc.cats[label] = float(p) * (1 - none)
        if self.none_of_these:
            doc.cats[self.none_of_these] = none
        return doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (folder / name).write_bytes(data)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "HybridTextCat":
        folder = Path(path)
        files = {name: (folder / name).read_bytes() for name in ("cfg", "model") if (folder / name).exists()}
        if "cfg" not in files:
            raise ValueError(f"{folder / 'cfg'}: is missing")
        with naming(folder / "cfg"):
            labels = read_labels(files["cfg"])
        with naming(folder / "model"):
            head = HybridHead(files["model"]) if "model" in files else None
            if head is None and labels:
                raise ValueError("is missing, though cfg names labels; take the folder from where it is whole")
            if head is not None and head.classes != len(labels):
                raise ValueError("classes: there are not as many labels in cfg")
        self.labels, self.head, self.files = labels, head, files
        self.base = self.tuned = None
        return self


# The block of settings itself: spaCy resolves it before the factory runs.
@registry.architectures("pawl.HybridTextCat.v1")  # type: ignore[untyped-decorator]
def hybrid_settings(
    vectors: str | None = "sentence_encoder", hash_bits: int = 20, c: float = 60.0, tune: bool = True
) -> dict[str, Any]:
    return {"vectors": vectors, "hash_bits": hash_bits, "c": c, "tune": tune}


@Language.factory("pawl_sentence_encoder", default_config={"path": None})
def make_sentence_encoder(nlp: Language, name: str, path: str | None) -> SentenceEncoder:
    return SentenceEncoder(name, path)


_MODEL = {
    "@architectures": "pawl.HybridTextCat.v1",
    "vectors": "sentence_encoder",
    "hash_bits": 20,
    "c": 60.0,
    "tune": True,
}


@Language.factory("pawl_hybrid_textcat", default_config={"model": _MODEL, "none_of_these": None}, assigns=["doc.cats"])
def make_hybrid_textcat(nlp: Language, name: str, model: dict[str, Any], none_of_these: str | None) -> HybridTextCat:
    return HybridTextCat(nlp, name, model, none_of_these)
