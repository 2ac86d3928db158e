"""From the engine's documents to spaCy's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .errors import InvalidTypeError, NotFoundError

if TYPE_CHECKING:
    import spacy.tokens
    import spacy.vocab

    from ._native import Doc


def read_docbin(data: bytes, vocab: spacy.vocab.Vocab) -> Iterator[spacy.tokens.Doc]:
    try:
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    except ImportError as error:
        raise NotFoundError("spaCy is not installed; pip install 'pawl[spacy]'") from error
    if not isinstance(vocab, Vocab):
        raise InvalidTypeError(f'"vocab" must be a spacy.vocab.Vocab, not {type(vocab).__name__}')
    return DocBin().from_bytes(data).get_docs(vocab)


def one_to_spacy(doc: Doc, vocab: spacy.vocab.Vocab) -> spacy.tokens.Doc:
    from ._native import to_docbin

    return next(iter(read_docbin(to_docbin([doc]), vocab)))
