"""Random dependency trees, whole and crossing, over the tokenizer's words and over others."""

import random
from dataclasses import dataclass, field

import numpy
import spacy
from spacy.pipeline._parser_internals import nonproj
from spacy.tokens import Doc
from spacy.training import Example

WORDS = "She saw the old man with a telescope near New York , and \n did n't say : why not ? ! Ask Bob in 1999 .".split(" ")
LABELS = ["nsubj", "dobj", "det", "amod", "prep", "pobj", "punct", "conj", "advmod"]


@dataclass
class Tree:
    words: list  # of the reference
    spaces: list
    heads: list
    deps: list
    is_projective: bool = True
    is_aligned: bool = True
    text: str = field(default="")

    def __post_init__(self):
        self.text = "".join(w + " " * s for w, s in zip(self.words, self.spaces))

    def doc(self, vocab):
        return Doc(vocab, words=self.words, spaces=self.spaces, heads=self.heads, deps=self.deps)


def random_tree(rng, words, spaces, labels, crossing):
    """Sentences of random length, each a random tree; projective unless crossing."""
    heads, deps, start = list(range(len(words))), [""] * len(words), 0
    while start < len(words):
        end = min(len(words), start + rng.randrange(1, 9))
        root = rng.randrange(start, end)
        if crossing:
            order = rng.sample(range(start, end), end - start)
            order.remove(root)
            known = [root]
            for word in order:
                heads[word] = rng.choice(known)
                known.append(word)
        else:
            attach(rng, heads, start, end, root)
        for word in range(start, end):
            deps[word] = rng.choice(labels)
        deps[root] = "ROOT"
        start = end
    projective = not nonproj.is_nonproj_tree(heads)
    return Tree(words, spaces, heads, deps, projective)


def attach(rng, heads, start, end, root):
    """Gives [start, end) a projective tree below root."""
    for low, high in ((start, root), (root + 1, end)):
        while low < high:
            cut = rng.randrange(low, high) + 1
            child = rng.randrange(low, cut)
            heads[child] = root
            attach(rng, heads, low, cut, child)
            low = cut


def misaligned(rng, tree):
    """Some words joined and some split, so that reference and tokenizer disagree."""
    words, spaces, heads, deps, at = [], [], [], [], {}
    i = 0
    while i < len(tree.words):
        at[i] = len(words)
        word, space = tree.words[i], tree.spaces[i]
        if len(word) > 3 and word.isalpha() and rng.random() < 0.2:
            words += [word[:2], word[2:]]
            spaces += [False, space]
            heads += [("new", len(words) - 1), ("old", tree.heads[i])]
            deps += ["dep", tree.deps[i]]
            at[i] = len(words) - 1
        else:
            words.append(word)
            spaces.append(space)
            heads.append(("old", tree.heads[i]))
            deps.append(tree.deps[i])
        i += 1
    heads = [value if kind == "new" else at[value] for kind, value in heads]
    return Tree(words, spaces, heads, deps, not nonproj.is_nonproj_tree(heads), len(words) == len(tree.words))


def treebank(size, seed=1, labels=LABELS):
    rng, nlp, out = random.Random(seed), spacy.blank("en"), []
    while len(out) < size:
        doc = nlp.make_doc(" ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 30))))
        words, spaces = [t.text for t in doc], [bool(t.whitespace_) for t in doc]
        tree = random_tree(rng, words, spaces, labels, crossing=rng.random() < 0.4)
        if rng.random() < 0.15:
            # Nothing is known of some words.
            for i in range(len(words)):
                if tree.heads[i] == i and rng.random() < 0.5:
                    tree.deps[i] = ""
        out.append(misaligned(rng, tree) if rng.random() < 0.3 else tree)
    return out


def to_example(nlp, tree, starts=None):
    predicted = nlp.make_doc(tree.text)
    for token, start in zip(predicted, starts or []):
        if start:
            token.is_sent_start = start == 1
    return Example(predicted, tree.doc(nlp.vocab))


def as_json(tree, starts=None):
    doc = tree.doc(VOCAB)
    tokens = [
        [t.idx, t.idx + len(t), t.head.i - t.i, t.dep_, {True: 1, False: -1, None: 0}[t.is_sent_start]] for t in doc
    ]
    out = {"text": tree.text, "tokens": tokens}
    if starts is not None:
        out["starts"] = starts
    return out


VOCAB = spacy.blank("en").vocab


def gradients(model):
    return [
        (i, name, node.get_grad(name).copy() if node.has_grad(name) else None)
        for i, node in enumerate(model.walk())
        for name in node.param_names
    ]


def assert_gradients_equal(index, path, theirs):
    """`index` and the file at `path` are what a driver answers to "gradients"."""
    values, at = numpy.fromfile(path, dtype="<f4"), 0
    assert [entry[:2] for entry in index] == [[node, name] for node, name, _ in theirs]
    for (node, name, size), (_, _, expected) in zip(index, theirs):
        ours = values[at : at + size]
        at += size
        assert expected is not None and size == expected.size, (node, name)
        scale = numpy.abs(expected).max()
        assert numpy.abs(ours - expected.ravel()).max() <= 1e-4 * scale, (node, name, scale)
