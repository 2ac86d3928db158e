#!/usr/bin/env python3
"""Write src/learn/privacy/phone_plans.inc: how long the national numbers of each country calling code are.

usage: make_phone_tables.py OUT_FILE

What phonenumberslite (tools/requirements.lock) takes for a valid number decides: per calling code and first digit of the
national number, the lengths for which it knows one. Numbers are tried at random with a fixed seed. Then the same of fixed lines
and mobiles alone.
"""
import random
import re
import sys

import phonenumbers
from phonenumbers import PhoneMetadata

TRIES = 400
USUAL = ["fixed_line", "mobile"]
ALL = ["general_desc", *USUAL, "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail"]


def metadata_of(code):
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        metadata = PhoneMetadata.metadata_for_region(region, None) or PhoneMetadata.metadata_for_nongeo_region(code, None)
        if metadata is not None:
            yield metadata


def masks(code, kinds):
    """For each first digit, a mask with bit n for numbers of n digits."""
    rng = random.Random(code)
    found = [0] * 10
    for metadata in metadata_of(code):
        for description in (getattr(metadata, kind) for kind in kinds):
            if description is None or not description.national_number_pattern:
                continue
            pattern = re.compile(description.national_number_pattern)
            lengths = set(description.possible_length) | set(metadata.general_desc.possible_length)
            for length, first in ((n, d) for n in lengths if 0 < n <= 15 for d in range(10)):
                if found[first] >> length & 1:
                    continue
                tries = ("%d%0*d" % (first, length - 1, rng.randrange(10 ** (length - 1))) for _ in range(TRIES))
                if any(pattern.fullmatch(t) for t in tries):
                    found[first] |= 1 << length
            if description.example_number:
                found[int(description.example_number[0])] |= 1 << len(description.example_number)
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(f"// From phonenumberslite {phonenumbers.__version__}. Written by tools/make_phone_tables.py; do not edit.\n// clang-format off\n")
        out.write("constexpr PhonePlan kPhonePlans[] = {\n")
        for code in codes:
            out.write("{%d,{%s},{%s}},\n" % (code, *(",".join(map(str, masks(code, kinds))) for kinds in (ALL, USUAL))))
        out.write("};\n// clang-format on\n")


if __name__ == "__main__":
    main()
