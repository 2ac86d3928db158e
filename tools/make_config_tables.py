#!/usr/bin/env python3
"""Write src/config/spacy_signatures.inc: what spaCy's config sections and registered functions take.

usage: make_config_tables.py OUT_FILE

One line each: the registry ("section" for a block of the config, "initialize" for what a component takes in
[initialize.components]), the name, and its members as name:type, followed by `?` where null is allowed and `=`
where it may be left out. tests/parity/test_config_keys.py holds the file against the spaCy that is installed.
"""
import inspect
import sys
import typing
from pathlib import Path

import spacy
from spacy import schemas
from spacy.util import registry

REGISTRIES = ["architectures", "augmenters", "batchers", "callbacks", "loggers", "misc", "optimizers", "readers", "schedules",
              "scorers", "tokenizers", "vectors"]
SECTIONS = {"nlp": schemas.ConfigSchemaNlp, "training": schemas.ConfigSchemaTraining,
            "pretraining": schemas.ConfigSchemaPretrain, "initialize": schemas.ConfigSchemaInit}
SIMPLE = {int: "int", float: "float", bool: "bool", str: "str", Path: "str"}
LISTS = (list, typing.Sequence, typing.get_origin(typing.Sequence[int]))


def type_of(annotation):
    """(type, whether None is allowed) of an annotation, "any" where a config cannot be judged by it."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (schemas.Batcher, schemas.Optimizer, schemas.Logger):
        return "block", False
    if origin is typing.Annotated:
        return type_of(inner[0])
    if origin is typing.Union:
        rest = [x for x in inner if x is not type(None)]
        kinds = {type_of(x)[0] for x in rest}
        one = kinds.pop() if len(kinds) == 1 else "number" if kinds == {"int", "float"} else "any"
        return one, len(rest) < len(inner)
    if origin is typing.Literal:
        return "|".join(map(str, inner)), False
    if annotation in SIMPLE:
        return SIMPLE[annotation], False
    if origin in LISTS:
        item = type_of(inner[0])[0] if inner else "any"
        return ("list" if item not in SIMPLE.values() else "list_" + item), False
    if annotation is dict or origin is dict:
        return "dict", False
    if annotation in (inspect.Parameter.empty, typing.Any):
        return "any", True
    block = "Callable" in str(annotation) or "thinc.model.Model" in str(annotation) or "Lookups" in str(annotation)
    return ("block" if block else "any"), False


def member(name, annotation, has_default):
    kind, nullable = type_of(annotation)
    return f"{name}:{kind}{'?' if nullable else ''}{'=' if has_default else ''}"


def signature(function, skip=(), defaults=()):
    out = []
    for p in inspect.signature(function).parameters.values():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.name in skip:
            continue
        out.append(member(p.name, p.annotation, p.default is not p.empty or p.name in defaults))
    return " ".join(out)


def functions():
    registry.ensure_populated()
    for kind in REGISTRIES:
        found = getattr(registry, kind).get_all()
        names = {}
        for name, function in found.items():
            if name.startswith("spacy-legacy."):
                names.setdefault("spacy." + name.split(".", 1)[1], function)
                names[name] = function
        names.update({n: f for n, f in found.items() if not n.startswith("spacy-legacy.")})
        for name in sorted(names):
            yield f"{kind} {name} {signature(names[name])}"


def factories():
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")  # factories are registered when the first is asked for
    names = {name.removeprefix("en.") for name in registry.factories.get_all()}
    for name in sorted(n for n in names if "." not in n and not n.startswith("pawl")):
        defaults = nlp.get_factory_meta(name).default_config
        found = registry.factories.get_all()
        function = found.get(name) or found["en." + name]
        yield f"factories {name} {signature(function, ('nlp', 'name'), defaults)}"
        try:
            component = nlp.create_pipe(name)
        except Exception:
            continue
        if hasattr(component, "initialize"):
            yield f"initialize {name} {signature(component.initialize, ('get_examples', 'nlp'))}"


def sections():
    for name, schema in SECTIONS.items():
        yield f"section {name} " + " ".join(member(key, field.annotation, False)
                                            for key, field in schema.model_fields.items())


def main():
    lines = [line.rstrip() for line in [*sections(), *functions(), *factories()]]
    text = f"// Written by tools/make_config_tables.py from spaCy {spacy.about.__version__}.\n"
    text += 'R"(' + "\n".join(lines) + '\n)"\n'
    Path(sys.argv[1]).write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
