#!/usr/bin/env python3
"""Checks that includes point one way: a folder of src/ includes only what stands before it in LAYERS.

Also that system headers of one layer's private library stay in that layer. Exit status 1 lists each offence.
"""
import pathlib
import re
import sys

LAYERS = ["base", "config", "math", "nn", "text", "pipeline", "training", "store", "learn", "service", "http", "cli"]
# Beyond the order: what a layer must know nothing of, although it stands above.
FORBIDDEN = {
    "config": {"math", "nn"},
    "math": {"config"},
    "nn": {"config", "text"},
    "text": {"math", "nn"},
    "store": {"config", "math", "nn", "text", "pipeline", "training"},
    "cli": {"math", "nn"},
}
# Header prefix of an outside library -> the only layers that may include it.
PRIVATE = {
    "simdjson": {"base"}, "sodium": {"base"}, "zstd": {"base", "learn"}, "hwy/": {"math"}, "pcre2": {"text", "learn"},
    "sqlite3": {"store"}, "CLI/": {"cli"}, "toml++": {"config"}, "zlib": {"base", "training"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def offences(path, layer):
    for kind, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        if kind == '"':
            target = name.split("/")[0]
            if target == "pawl":
                continue
            if target not in LAYERS:
                yield f"{path}: includes \"{name}\", which is in no layer"
            elif LAYERS.index(target) > LAYERS.index(layer) or target in FORBIDDEN.get(layer, ()):
                yield f"{path}: {layer} must not include {target} (\"{name}\")"
        for prefix, owners in PRIVATE.items():
            if kind == "<" and name.startswith(prefix) and layer not in owners:
                yield f"{path}: only {', '.join(sorted(owners))} may include <{name}>"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    found = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix in {".h", ".cc", ".inc"}:
            layer = path.relative_to(root / "src").parts[0]
            if layer not in LAYERS:
                found.append(f"{path}: src/{layer} is no layer")
            else:
                found.extend(offences(path, layer))
    print("\n".join(found) if found else "includes point one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
