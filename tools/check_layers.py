#!/usr/bin/env python3
"""Checks that includes point one way: a folder of src/ includes only what stands before it in LAYERS, a room of a
layer only what stands before it in ROOMS.

Also that system headers of one layer's private library stay in that layer. Exit status 1 lists each offence.
"""
import pathlib
import re
import sys

LAYERS = ["base", "config", "math", "nn", "text", "pipeline", "training", "store", "learn", "service", "wire", "api", "http", "cli"]
# Beyond the order: what a layer must know nothing of, although it stands above.
FORBIDDEN = {
    "config": {"math", "nn"},
    "math": {"config"},
    "nn": {"config", "text"},
    "text": {"math", "nn"},
    "store": {"config", "math", "nn", "text", "pipeline", "training"},
    "cli": {"math", "nn"},
}
# The rooms of a layer in their order; "" stands for files that lie in the layer's folder itself.
ROOMS = {
    "pipeline": ["component", "tok2vec", "textcat", "rulers", "transition", "ner", "parser", "tagger", "lemmatizer", "spancat",
                 "sentences", "encoder", "hybrid", ""],
    "learn": ["", "privacy", "intake", "heads", "evidence", "data", "review", "teacher", "train", "judge", "deploy", "cycle",
              "erasure", "distill"],
    "store": ["", "sqlite"],
    "http": ["net", "ops", "door", "gateway", "api", ""],
}
# Header prefix of an outside library -> the only layers that may include it.
PRIVATE = {
    "simdjson": {"base"}, "sodium": {"base"}, "zstd": {"base", "learn"}, "hwy/": {"math"}, "pcre2": {"text", "learn"},
    "sqlite3": {"store"}, "CLI/": {"cli"}, "toml++": {"config"}, "zlib": {"base", "training"},
    "boost/": {"http"}, "curl/": {"http", "learn"}, "openssl/": {"http"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def room_of(parts):
    return parts[1] if len(parts) > 2 else ""


def room_offence(layer, room, name):
    rooms = ROOMS.get(layer)
    target = room_of(name.split("/"))
    if rooms is None or target not in rooms:
        return None if rooms is None else f"{layer}/{target} is no room"
    if rooms.index(target) <= rooms.index(room):
        return None
    return f"{layer}/{room or '.'} must not include {layer}/{target or '.'} (\"{name}\")"


def offences(path, layer, room):
    for kind, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        if kind == '"':
            target = name.split("/")[0]
            if target == "pawl":
                continue
            if target not in LAYERS:
                yield f"{path}: includes \"{name}\", which is in no layer"
            elif LAYERS.index(target) > LAYERS.index(layer) or target in FORBIDDEN.get(layer, ()):
                yield f"{path}: {layer} must not include {target} (\"{name}\")"
            elif target == layer and (offence := room_offence(layer, room, name)):
                yield f"{path}: {offence}"
        for prefix, owners in PRIVATE.items():
            if kind == "<" and name.startswith(prefix) and layer not in owners:
                yield f"{path}: only {', '.join(sorted(owners))} may include <{name}>"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    found = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix in {".h", ".cc", ".inc"}:
            parts = path.relative_to(root / "src").parts
            layer, room = parts[0], room_of(parts)
            if layer not in LAYERS:
                found.append(f"{path}: src/{layer} is no layer")
            elif layer in ROOMS and room not in ROOMS[layer]:
                found.append(f"{path}: src/{layer}/{room} is no room")
            else:
                found.extend(offences(path, layer, room))
    print("\n".join(found) if found else "includes point one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
