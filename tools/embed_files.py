#!/usr/bin/env python3
"""Writes a C++ source that holds files: embed_files.py TARGET.cc FILE..."""
import pathlib
import sys

WIDTH = 90


def literal(data):
    lines, line = [], ""
    for byte in data:
        char = chr(byte)
        line += char if 32 <= byte < 127 and char not in '"\\?' else f"\\{byte:03o}"
        if len(line) >= WIDTH:
            lines.append(f'    "{line}"')
            line = ""
    lines.append(f'    "{line}"')
    return "\n".join(lines)


def main():
    target, *files = map(pathlib.Path, sys.argv[1:])
    out = ['#include "http/api/embedded_files.h"', "", "namespace pawl::http {", "",
           "std::span<const EmbeddedFile> embedded_files() {", "  static constexpr EmbeddedFile kFiles[] = {"]
    for path in files:
        data = path.read_bytes()
        out.append(f'      {{"{path.name}", std::string_view(\n{literal(data)}, {len(data)})}},')
    out += ["  };", "  return kFiles;", "}", "", "}  // namespace pawl::http", ""]
    target.write_text("\n".join(out), encoding="ascii")


if __name__ == "__main__":
    main()
