"""spaCy factory "pawl": a native pipeline as one component of a stock spaCy pipeline.

nlp.add_pipe("pawl", config={"pipeline": "my_pipeline"}) annotates documents as that pipeline does: a package, a folder,
or a workspace, whose live model answers. Where it splits a text as the spaCy pipeline does, all of its annotations are
taken over; else categories are, and entities and spans whose borders are borders of tokens.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from .errors import InvalidInputError
from .pipeline import Pipeline, load
from .spacy_docs import read_docbin

_TOKEN_ATTRIBUTES = ("TAG", "POS", "MORPH", "LEMMA")
_FOLDER = "pipeline"


class PawlPipe:
    """Annotates documents; training is pawl's."""

    def __init__(self, nlp: Language, name: str, pipeline: str, tenant: str, enable: list[str]) -> None:
        self.vocab, self.name, self.enable = nlp.vocab, name, enable
        self.native: Pipeline | None = load(pipeline, tenant=tenant, enable=enable) if pipeline else None

    def _pipeline(self) -> Pipeline:
        if self.native is None:
            raise InvalidInputError(
                f"component '{self.name}' has no pipeline: components.{self.name}.pipeline names one"
            )
        return self.native

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        native = self._pipeline()
        source = iter(stream)
        while docs := list(itertools.islice(source, batch_size)):
            said = read_docbin(native._native.pipe_docbin([doc.text for doc in docs]), self.vocab)
            for doc, annotated in zip(docs, said, strict=True):
                take_over(doc, annotated)
                yield doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        Path(path).mkdir(parents=True, exist_ok=True)
        self._pipeline().to_disk(Path(path) / _FOLDER)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "PawlPipe":
        if self.native is None or (Path(path) / _FOLDER).is_dir():
            self.native = load(Path(path) / _FOLDER, enable=self.enable)
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(label for labels in self._pipeline().pipe_labels.values() for label in labels)


def take_over(doc: Doc, said: Doc) -> None:
    """Puts the annotations of one document on another of the same text."""
    if [(t.text, t.whitespace_) for t in doc] == [(t.text, t.whitespace_) for t in said]:
        _take_tokens(doc, said)
    else:
        _take_spans(doc, said)
    doc.cats.update(said.cats)


def _take_tokens(doc: Doc, said: Doc) -> None:
    attributes: list[int | str] = [name for name in _TOKEN_ATTRIBUTES if said.has_annotation(name)]
    if said.has_annotation("DEP"):
        attributes += ["HEAD", "DEP"]
    elif said.has_annotation("SENT_START"):
        attributes.append("SENT_START")
    if attributes:
        values: Any = said.to_array(attributes)
        doc.from_array(attributes, values)
    if said.has_annotation("ENT_IOB"):
        doc.set_ents([doc[e.start : e.end] if not e.label_ else _labelled(doc, e) for e in said.ents])
    for group, spans in said.spans.items():
        doc.spans[group] = [_labelled(doc, span) for span in spans]


def _labelled(doc: Doc, span: Any) -> Any:
    return doc.char_span(span.start_char, span.end_char, label=span.label_)


def _take_spans(doc: Doc, said: Doc) -> None:
    if said.has_annotation("ENT_IOB"):
        doc.set_ents([e for e in (_labelled(doc, e) for e in said.ents) if e is not None])
    for group, spans in said.spans.items():
        doc.spans[group] = [s for s in (_labelled(doc, s) for s in spans) if s is not None]


def _factory(nlp: Language, name: str, pipeline: str, tenant: str, enable: list[str]) -> PawlPipe:
    return PawlPipe(nlp, name, pipeline, tenant, enable)


make_pawl: Callable[..., PawlPipe] = Language.factory(
    "pawl",
    default_config={"pipeline": "", "tenant": "default", "enable": []},
    assigns=["doc.cats", "doc.ents"],
    func=_factory,
)
