"""spaCy pipelines on the native engine: load, call, pipe."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from . import _native
from ._native import Doc
from .errors import Error, InvalidInputError, InvalidTypeError, NotFoundError, UnsupportedError

if TYPE_CHECKING:
    from types import TracebackType

    import spacy.tokens
    import spacy.vocab

_Context = TypeVar("_Context")

BATCH_SIZE = 128


def site_packages() -> list[str]:
    """Where installed pipeline packages are looked for: as Python's own import does."""
    return [folder for folder in sys.path if folder and os.path.isdir(folder)]


def _names(names: str | Iterable[str], argument: str) -> list[str]:
    if isinstance(names, str):
        return [names]
    if not isinstance(names, Iterable):
        raise InvalidTypeError(f'"{argument}" must be a name or names of components, not {type(names).__name__}')
    found = list(names)
    for name in found:
        if not isinstance(name, str):
            raise InvalidTypeError(f'"{argument}" must hold names of components, not {type(name).__name__}')
    return found


def load(
    name: str | os.PathLike[str],
    *,
    disable: str | Iterable[str] = (),
    enable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    tenant: str = "default",
) -> Pipeline:
    """Loads a pipeline: an installed package, a folder that spaCy saved, or a workspace's live one.

    Args:
        name: package ("en_core_web_sm"), pipeline folder, or workspace folder. A workspace's pipeline is whichever is
            live at the time of a call.
        disable, exclude: components that do not run. enable: the only ones that do.
        tenant: whose pipeline of a workspace.

    Raises:
        NotFoundError: there is no such pipeline, tenant or component.
        FormatError, UnsupportedError: the pipeline is damaged or needs what pawl does not do.

    Nothing in a pipeline folder is executed.
    """
    if not isinstance(name, (str, os.PathLike)):
        raise InvalidTypeError(f'"name" must be a package or a path, not {type(name).__name__}')
    given = os.fspath(name)
    if os.path.isfile(os.path.join(given, "pawl.db")):
        from .engine import Engine

        pipeline = Engine.open(given).pipeline(tenant)
    else:
        pipeline = Pipeline(_native.Pipeline.load(given, site_packages(), []))
    off = [*_names(disable, "disable"), *_names(exclude, "exclude")]
    if on := _names(enable, "enable"):
        pipeline.select_pipes(enable=on)
    if off:
        pipeline.select_pipes(disable=off)
    return pipeline


class DisabledPipes(list[str]):
    """Names of the components that select_pipes() switched off; restore(), or the end of a with block, undoes it."""

    def __init__(self, nlp: Pipeline, before: _native.Pipeline, names: Iterable[str]) -> None:
        super().__init__(names)
        self._nlp, self._before = nlp, before

    def restore(self) -> None:
        self._nlp._native = self._before
        self.clear()

    def __enter__(self) -> DisabledPipes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()


class Pipeline:
    """A pipeline that runs; made by load() or Engine.pipeline().

    Safe for any number of threads, which run at the same time: the GIL is released while the engine works.
    select_pipes() changes it for all of them from the next call on.
    """

    def __init__(self, native: _native.Pipeline) -> None:
        self._native = native
        self._vocab: spacy.vocab.Vocab | None = None

    def __call__(self, text: str) -> Doc:
        """Annotates a text of at most a million code points."""
        return self._native(text)

    @overload
    def pipe(
        self,
        texts: Iterable[str],
        *,
        as_tuples: Literal[False] = ...,
        batch_size: int = ...,
        disable: str | Iterable[str] = ...,
        n_process: int = ...,
    ) -> Iterator[Doc]: ...

    @overload
    def pipe(
        self,
        texts: Iterable[tuple[str, _Context]],
        *,
        as_tuples: Literal[True],
        batch_size: int = ...,
        disable: str | Iterable[str] = ...,
        n_process: int = ...,
    ) -> Iterator[tuple[Doc, _Context]]: ...

    def pipe(
        self,
        texts: Iterable[Any],
        *,
        as_tuples: bool = False,
        batch_size: int = BATCH_SIZE,
        disable: str | Iterable[str] = (),
        n_process: int = 1,
    ) -> Iterator[Any]:
        """Annotates a stream, in batches: faster than calls. Documents come in the order of the texts.

        Args:
            texts: texts, or pairs of text and context with ``as_tuples``; read a batch at a time.
            as_tuples: gives pairs of document and context.
            batch_size: texts that are annotated together.
            disable: components that do not run on this stream.
            n_process: 1; threads of the program's own may share a pipeline, and run at the same time.
        """
        if n_process != 1:
            raise UnsupportedError(f'"n_process" must be 1, not {n_process}; use threads, which share one pipeline')
        native = self._without(disable)
        for batch in _batches(texts, batch_size):
            if as_tuples:
                _check_pairs(batch)
                yield from zip(native.pipe([text for text, _ in batch]), (context for _, context in batch), strict=True)
            else:
                yield from native.pipe(batch)

    def pipe_spacy(
        self,
        texts: Iterable[str],
        vocab: spacy.vocab.Vocab | None = None,
        *,
        batch_size: int = 1024,
        disable: str | Iterable[str] = (),
    ) -> Iterator[spacy.tokens.Doc]:
        """As pipe(), with genuine spaCy documents that carry all annotations. Needs spaCy."""
        from .spacy_docs import read_docbin

        native, words = self._without(disable), vocab if vocab is not None else self.vocab
        for batch in _batches(texts, batch_size):
            yield from read_docbin(native.pipe_docbin(batch), words)

    def make_doc(self, text: str) -> Doc:
        """The tokens of a text, and no more."""
        return self._native.make_doc(text)

    @property
    def pipe_names(self) -> list[str]:
        """Components that run, in order."""
        return self._native.pipe_names

    @property
    def component_names(self) -> list[str]:
        """All components, in order."""
        return self._native.component_names

    @property
    def disabled(self) -> list[str]:
        """Components that do not run."""
        running = set(self.pipe_names)
        return [name for name in self.component_names if name not in running]

    def has_pipe(self, name: str) -> bool:
        return name in self.component_names

    def labels(self, component: str) -> tuple[str, ...]:
        """The labels of a component. Raises NotFoundError for a name there is not."""
        return tuple(self._native.labels(_names(component, "component")[0]))

    @property
    def pipe_labels(self) -> dict[str, list[str]]:
        """The labels of each component that runs."""
        return {name: list(self._native.labels(name)) for name in self.pipe_names}

    def select_pipes(
        self, *, disable: str | Iterable[str] | None = None, enable: str | Iterable[str] | None = None
    ) -> DisabledPipes:
        """Switches components off (``disable``), or all but some (``enable``): for good, or for a with block."""
        if (disable is None) == (enable is None):
            raise InvalidInputError('one of "disable" and "enable" is needed, and not both')
        before, running = self._native, self.pipe_names
        if enable is not None:
            self._native = before.enable(_names(enable, "enable"))
        elif disable is not None:
            self._native = before.disable(_names(disable, "disable"))
        left = set(self.pipe_names)
        return DisabledPipes(self, before, [name for name in running if name not in left])

    @property
    def lang(self) -> str:
        """Code of the language, as "en"."""
        return self._native.lang

    @property
    def meta(self) -> dict[str, Any]:
        return self._native.meta

    @property
    def config(self) -> dict[str, Any]:
        return self._native.config

    @property
    def warnings(self) -> list[str]:
        """Of loading: for instance components that are kept but do not run."""
        return self._native.warnings

    @property
    def generation(self) -> str:
        """The generation that answers now; empty for a pipeline that is of no workspace."""
        return self._native.generation

    @property
    def vocab(self) -> spacy.vocab.Vocab:
        """A spaCy vocabulary of the pipeline's language, for documents of spaCy's own. Needs spaCy."""
        if self._vocab is None:
            try:
                import spacy
            except ImportError as error:
                raise NotFoundError("spaCy is not installed; pip install 'pawl[spacy]'") from error
            self._vocab = spacy.blank(self.lang).vocab
        return self._vocab

    def to_disk(self, folder: str | os.PathLike[str]) -> None:
        """Writes a folder that spacy.load() opens; it must not exist or be empty, and appears whole."""
        from .checks import path

        self._native.to_disk(path(folder, "folder"))

    def _without(self, disable: str | Iterable[str]) -> _native.Pipeline:
        names = _names(disable, "disable")
        return self._native.disable(names) if names else self._native


def _batches(texts: Iterable[Any], size: int) -> Iterator[list[Any]]:
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise InvalidTypeError(f'"texts" must be an iterable of str, not {type(texts).__name__}')
    if isinstance(size, bool) or not isinstance(size, int):
        raise InvalidTypeError(f'"batch_size" must be an int, not {type(size).__name__}')
    if size < 1:
        raise InvalidInputError(f'"batch_size" must be at least 1, and is {size}')
    source = iter(texts)
    while batch := list(itertools.islice(source, size)):
        yield batch


def _check_pairs(batch: list[Any]) -> None:
    for item in batch:
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise InvalidTypeError('"texts" must hold pairs of text and context where as_tuples is given')


def to_docbin(docs: Iterable[Doc]) -> bytes:
    """The bytes that spacy.tokens.DocBin().from_bytes() reads, with all annotations."""
    return _native.to_docbin(_docs(docs))


def to_spacy(docs: Iterable[Doc], vocab: spacy.vocab.Vocab) -> list[spacy.tokens.Doc]:
    """Genuine spaCy documents that carry all annotations: in bulk, much faster than one at a time. Needs spaCy."""
    from .spacy_docs import read_docbin

    return list(read_docbin(to_docbin(docs), vocab))


def _docs(docs: Iterable[Doc]) -> list[Doc]:
    found = list(docs) if isinstance(docs, Iterable) and not isinstance(docs, Doc) else [docs]
    for doc in found:
        if not isinstance(doc, Doc):
            raise InvalidTypeError(f'"docs" must hold pawl documents, not {type(doc).__name__}')
    return found


__all__ = ["DisabledPipes", "Error", "Pipeline", "load", "site_packages", "to_docbin", "to_spacy"]
