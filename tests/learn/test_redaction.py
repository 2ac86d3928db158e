"""The removal of personal data on made-up sentences with known content, and against phonenumbers' own judgement."""
import random
import sys
from pathlib import Path

import phonenumbers
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "pii"))

import adversary  # noqa: E402
import generate  # noqa: E402
import measure  # noqa: E402
import values  # noqa: E402

if not (measure.BUILD / "bench" / "pawl_pii_scan").exists():
    pytest.skip("pawl_pii_scan is not built", allow_module_level=True)


def redacted(texts):
    return measure.pawl_edits(texts)


def covers(edits, start, end):
    return any(s <= start and end <= e for s, e, _ in edits)


@pytest.mark.parametrize("generator", [generate, adversary])
def test_recall_and_precision_on_generated_sentences(generator):
    sentences = list(generator.sentences(seed=20, each=15))
    kinds, failures = measure.tally(sentences, redacted([s["text"] for s in sentences]))
    total = measure.summary(kinds)
    shown = [(s["text"], s["spans"], e) for s, e in failures[:20]]
    assert total["sentences"] >= 400
    assert total["recall"] >= 0.99, shown
    assert total["precision"] >= 0.98, shown
    for kind, (spans, removed, _, _, count, _) in kinds.items():
        assert removed >= spans - max(1, count // 10), (kind, shown)


def test_nothing_is_removed_from_text_without_personal_data():
    sentences = [s for g in (generate, adversary) for s in g.sentences(seed=21, each=15) if not s["positive"]]
    changed = [(s["text"], e) for s, e in zip(sentences, redacted([s["text"] for s in sentences])) if e]
    assert len(changed) * 200 <= len(sentences), changed


def test_numbers_of_every_country_in_the_ways_they_are_written():
    rng = random.Random(7)
    cases = []
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in (values.TYPES.FIXED_LINE, values.TYPES.MOBILE):
            number = values.phone(rng, region, kind)
            written = values.formatted(number, "INTERNATIONAL")
            cases += [("please use {} then", written), ("{}", values.formatted(number, "E164")), ("tel:{}", values.formatted(number, "E164")),
                      ("phone: {}", values.formatted(number, "NATIONAL")), ('"phone": "{}"', values.formatted(number, "E164")[1:])]
    texts = [template.format(number) for template, number in cases]
    missed = []
    for (template, number), text, edits in zip(cases, texts, redacted(texts)):
        start = template.index("{}")
        first = start + next(i for i, c in enumerate(number) if c.isdigit())
        if not covers(edits, first, start + len(number)):
            missed.append(text)
    assert len(phonenumbers.SUPPORTED_REGIONS) >= 60
    assert len(missed) * 100 <= len(cases), missed


def test_a_plus_and_digits_are_a_number_where_phonenumbers_says_so():
    rng = random.Random(8)
    texts = ["+" + rng.choice("123456789") + values.digits(rng, rng.randint(6, 14)) for _ in range(4000)]
    missed, invented = [], []
    for text, edits in zip(texts, redacted(texts)):
        try:
            number = phonenumbers.parse(text)
            valid, possible = phonenumbers.is_valid_number(number), phonenumbers.is_possible_number(number)
        except phonenumbers.NumberParseException:
            valid = possible = False
        if valid and not edits:
            missed.append(text)
        if edits and not possible:
            invented.append(text)
    assert not missed, missed
    assert len(invented) * 50 <= len(texts), invented
