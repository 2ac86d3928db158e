#!/usr/bin/env python3
"""Runs the traffic simulator (where it is present) against the program for several seeds and reports the means.

--stream: see bench/traffic.py; options of the simulator go after "--". `old` is the accuracy on intents that were known at the
beginning, first and last; `deployed` the cycles that put a model live, and of these those that lowered the accuracy.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from traffic import SHARED, STREAMS, is_present, options, repeatable, simulator, stream  # noqa: E402


def run(args, seed):
    loopsim = simulator()
    data = {part: SHARED / "data" / f"{args.data}.{part}.jsonl" for part in ("train", "dev")}
    given = loopsim.arguments(["--train", str(data["train"]), "--test", str(data["dev"]), "--seed", str(seed),
                               *options(args.stream), *args.extra])
    root = pathlib.Path(args.workspaces or tempfile.mkdtemp(prefix="pawl-loopsim-"))
    folder = root / f"{args.data}-{args.stream}-{seed}"
    if folder.exists():
        sys.exit(f"{folder}: is there already; name another folder with --workspaces")
    folder.mkdir(parents=True)
    try:
        with stream(args.stream):
            return loopsim.simulate(loopsim.PawlEngine(args.pawl, str(folder / "workspace")), loopsim.read_jsonl(data["train"]),
                                    loopsim.read_jsonl(data["dev"]), given, log=print if args.verbose else lambda *a, **k: None)
    finally:
        if not args.workspaces:
            shutil.rmtree(root, ignore_errors=True)


def deployments(result):
    """Cycles that put a model live, and those of them after which less was right."""
    steps = list(zip(result["history"], result["history"][1:]))
    deployed = [(before, after) for before, after in steps if after["model_improved"]]
    return len(deployed), sum(after["accuracy"] < before["accuracy"] for before, after in deployed)


def line(result):
    made, lower = deployments(result)
    first, last = result["history"][0], result["history"][-1]
    return (f"cold {100 * result['cold']:.1f}  final {100 * result['final']:.1f}  old {100 * first['known']:.1f} -> "
            f"{100 * last['known']:.1f}  later intents {100 * (result['new'] or 0):.1f}  attacked {100 * result['victim_recall']:.0f}  "
            f"deployed {made}, lower {lower}  drops over a point {result['drops_over_1pt']}  leaked {len(result['leaked'])}  "
            f"learning {result['learn_s']:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="build/release/src/cli/pawl")
    parser.add_argument("--data", default="hwu64")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--stream", default="none", choices=STREAMS)
    parser.add_argument("--workspaces", help="folder in which each seed's workspace is kept; else they are temporary")
    parser.add_argument("--out", help="write the results here as JSON")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("extra", nargs="*", default=[])
    args = parser.parse_args()
    if not is_present():
        print("the traffic simulator is not present here: nothing was run")
        return 0
    repeatable()
    results = []
    for seed in map(int, args.seeds.split(",")):
        results.append(run(args, seed))
        print(f"{args.data} {args.stream} seed {seed}: {line(results[-1])}", flush=True)
    if args.out:
        pathlib.Path(args.out).write_text(json.dumps(results, indent=1))
    mean = lambda key: 100 * statistics.mean(r[key] or 0 for r in results)
    print(f"{args.data} {args.stream} mean: cold {mean('cold'):.1f}  final {mean('final'):.1f}  later intents {mean('new'):.1f}  "
          f"drops {sum(len(r['drops_over_1pt']) for r in results)}  leaked {sum(len(r['leaked']) for r in results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
