#!/usr/bin/env python3
"""Runs the traffic simulator (where it is present) on hwu64 for several seeds and reports the means.

Without malicious users by default; pass options of the simulator after "--".
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def run(args, seed, extra):
    """The simulator walks through sets of strings: a fixed hash seed makes its traffic the same each time."""
    with tempfile.TemporaryDirectory(prefix="pawl-loopsim-") as folder:
        out = pathlib.Path(folder) / "result.json"
        command = [sys.executable, SHARED / "loopsim" / "loopsim.py", "--engine", args.pawl, "--out", out,
                   "--train", SHARED / "data" / f"{args.data}.train.jsonl", "--test", SHARED / "data" / f"{args.data}.dev.jsonl",
                   "--seed", str(seed), *extra]
        subprocess.run([str(x) for x in command], check=True, env=dict(os.environ, PYTHONHASHSEED="0"),
                       stdout=None if args.verbose else subprocess.DEVNULL)
        return json.loads(out.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="build/release/src/cli/pawl")
    parser.add_argument("--data", default="hwu64")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("extra", nargs="*", default=[])
    args = parser.parse_args()
    if not (SHARED / "loopsim" / "loopsim.py").exists():
        print("the traffic simulator is not present here: nothing was run")
        return 0
    results = []
    for seed in map(int, args.seeds.split(",")):
        r = run(args, seed, args.extra or ["--malicious", "0"])
        results.append(r)
        print(f"seed {seed}: cold {100 * r['cold']:.1f}  final {100 * r['final']:.1f}  known {100 * r['known']:.1f}  later intents "
              f"{100 * (r['new'] or 0):.1f}  drops {r['drops_over_1pt']}  leaked {len(r['leaked'])}  learning {r['learn_s']:.0f} s",
              flush=True)
    mean = lambda key: 100 * statistics.mean(r[key] or 0 for r in results)
    print(f"mean: cold {mean('cold'):.1f}  final {mean('final'):.1f}  later intents {mean('new'):.1f}  "
          f"drops {sum(len(r['drops_over_1pt']) for r in results)}  leaked {sum(len(r['leaked']) for r in results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
