"""Made-up personal data of every structured kind, valid by the rules of its kind; and text that only looks it."""
import string

import phonenumbers

REGIONS = ("US CA GB DE FR IT ES PT NL BE LU CH AT SE NO DK FI IS IE PL CZ SK HU RO BG GR HR SI RS UA RU LT LV EE TR IL "
           "EG MA TN ZA NG KE GH IN PK BD LK TH VN MY SG ID PH CN HK TW JP KR AU NZ BR AR CL CO MX PE VE EC UY SA AE QA KW "
           "JO LB KZ GE AM CY MT").split()

IBAN_FORMS = {
    "AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20c", "BA": "16n", "BE": "12n", "BG": "4a6n8c",
    "BH": "4a14c", "BI": "23n", "BR": "23n1a1c", "BY": "4c4n16c", "CH": "5n12c", "CR": "18n", "CY": "8n16c", "CZ": "20n",
    "DE": "18n", "DJ": "23n", "DK": "14n", "DO": "4c20n", "EE": "16n", "EG": "25n", "ES": "20n", "FI": "14n", "FK": "2a12n",
    "FO": "14n", "FR": "10n11c2n", "GB": "4a14n", "GE": "2a16n", "GI": "4a15c", "GL": "14n", "GR": "7n16c", "GT": "4c20c",
    "HN": "4a20n", "HR": "17n", "HU": "24n", "IE": "4a14n", "IL": "19n", "IQ": "4a15n", "IS": "22n", "IT": "1a10n12c",
    "JO": "4a4n18c", "KW": "4a22c", "KZ": "3n13c", "LB": "4n20c", "LC": "4a24c", "LI": "5n12c", "LT": "16n", "LU": "3n13c",
    "LV": "4a13c", "LY": "21n", "MC": "10n11c2n", "MD": "2c18c", "ME": "18n", "MK": "3n10c2n", "MN": "16n", "MR": "23n",
    "MT": "4a5n18c", "MU": "4a19n3a", "NI": "4a20n", "NL": "4a10n", "NO": "11n", "OM": "3n16c", "PK": "4a16c", "PL": "24n",
    "PS": "4a21c", "PT": "21n", "QA": "4a21c", "RO": "4a16c", "RS": "18n", "RU": "14n15c", "SA": "2n18c", "SC": "4a20n3a",
    "SD": "14n", "SE": "20n", "SI": "15n", "SK": "20n", "SM": "1a10n12c", "SO": "19n", "ST": "21n", "SV": "4a20n",
    "TL": "19n", "TN": "20n", "TR": "6n16c", "UA": "6n19c", "VA": "18n", "VG": "4a16n", "XK": "16n", "YE": "4a4n18c"}

CARDS = {  # issuer: prefixes, length, groups
    "visa": (["4"], 16, (4, 4, 4, 4)), "mastercard": (["51", "53", "55", "2221", "2720"], 16, (4, 4, 4, 4)),
    "amex": (["34", "37"], 15, (4, 6, 5)), "diners": (["36", "300", "305", "38"], 14, (4, 6, 4)),
    "discover": (["6011", "65", "644"], 16, (4, 4, 4, 4)), "jcb": (["3528", "3589"], 16, (4, 4, 4, 4)),
    "unionpay": (["62"], 16, (4, 4, 4, 4)), "maestro": (["6759", "5018"], 18, (4, 4, 4, 4, 2)), "mir": (["2200", "2204"], 16, (4, 4, 4, 4))}

FIRST = "jane bob maria li ahmed olga pierre yuki carlos ingrid tom priya zoe max nadia".split()
LAST = "smith garcia chen novak mueller rossi tanaka silva kowalski dubois okafor petrov".split()
HOSTS = ("example.org example.com mail.example.net example.co.uk corp.example.de uni-example.edu example.io example.museum "
         "mx1.example.com.au example.travel").split()
TYPES = phonenumbers.PhoneNumberType


def digits(rng, n, first="0123456789"):
    return rng.choice(first) + "".join(rng.choice(string.digits) for _ in range(n - 1)) if n else ""


def token(rng, n, alphabet=string.ascii_letters + string.digits):
    return "".join(rng.choice(alphabet) for _ in range(n))


def luhn_complete(body):
    for check in string.digits:
        total = 0
        for i, c in enumerate(reversed(body + check)):
            v = int(c) * (2 if i % 2 else 1)
            total += v - 9 if v > 9 else v
        if total % 10 == 0:
            return body + check
    raise AssertionError


def card(rng, issuer=None):
    prefixes, length, groups = CARDS[issuer or rng.choice(sorted(CARDS))]
    prefix = rng.choice(prefixes)
    return luhn_complete(prefix + digits(rng, length - 1 - len(prefix))), groups


def grouped(number, sizes, separator):
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at:at + size])
        at += size
    return separator.join(parts)


def iban(rng, country=None):
    country = country or rng.choice(sorted(IBAN_FORMS))
    form, body, n = IBAN_FORMS[country], "", ""
    for c in form:
        if c.isdigit():
            n += c
            continue
        alphabet = {"n": string.digits, "a": string.ascii_uppercase, "c": string.ascii_uppercase + string.digits * 3}[c]
        body += token(rng, int(n), alphabet)
        n = ""
    number = "".join(str(int(c, 36)) for c in body + country + "00")
    return f"{country}{98 - int(number) % 97:02d}{body}"


def phone(rng, region=None, kind=None):
    """A valid number of a region as phonenumbers sees it."""
    region = region or rng.choice(REGIONS)
    kind = kind if kind is not None else rng.choice([TYPES.FIXED_LINE, TYPES.MOBILE])
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    national = str(example.national_number)
    for _ in range(40):
        keep = rng.randint(2, max(2, len(national) - 4))
        number = phonenumbers.PhoneNumber(country_code=example.country_code, italian_leading_zero=example.italian_leading_zero,
                                          national_number=int(national[:keep] + digits(rng, len(national) - keep)))
        if phonenumbers.is_valid_number(number):
            return number
    return example


def formatted(number, form):
    return phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))


def us_phone(rng):
    return formatted(phone(rng, "US"), "E164")[2:]


def ssn(rng):
    area = rng.choice([rng.randint(1, 665), rng.randint(667, 899)])
    return f"{area:03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def email(rng):
    first, last = rng.choice(FIRST), rng.choice(LAST)
    local = rng.choice([f"{first}.{last}", f"{first}{rng.randint(1, 99)}", f"{first[0]}{last}", f"{first}_{last}", f"{first}-{last}",
                        f"{first}+{last}", f"{first}.{last[0]}.{rng.randint(1, 9)}"])
    return f"{local}@{rng.choice(HOSTS)}"


def ipv4(rng):
    return f"{rng.choice([10, 192, 172, 203, 8, 84, 145])}." + ".".join(str(rng.randint(1, 254)) for _ in range(3))


def ipv6(rng):
    groups = [f"{rng.randint(1, 65535):x}" for _ in range(8)]
    groups[0] = rng.choice(["2001", "fe80", "2a02", "fd12"])
    form = rng.randint(0, 3)
    if form == 0:
        return ":".join(groups)
    if form == 1:
        return groups[0] + "::" + ":".join(groups[-rng.randint(1, 5):])
    if form == 2:
        return ":".join(groups[:rng.randint(2, 4)]) + "::" + groups[-1]
    return ":".join(g.rjust(4, "0") for g in groups)


def cpf(rng):
    n = [int(c) for c in digits(rng, 9)]
    for _ in range(2):
        n.append(sum(v * w for v, w in zip(n, range(len(n) + 1, 1, -1))) * 10 % 11 % 10)
    s = "".join(map(str, n))
    return f"{s[:3]}.{s[3:6]}.{s[6:9]}-{s[9:]}"


def dni(rng):
    n = digits(rng, 8)
    return n + "TRWAGMYFPDXBNJZSQVHLCKE"[int(n) % 23]


def nino(rng):
    return rng.choice(["AB", "CE", "JG", "PX"]) + digits(rng, 6) + rng.choice("ABCD")


def secret(rng):
    """A password as people choose them."""
    word = rng.choice("hunter dragon Sunshine monkey letmein Tr0ub4dor qwerty Pa$$word welcome".split())
    return rng.choice([word + digits(rng, 2), word + "!" + digits(rng, 3), token(rng, 10), token(rng, 12, string.ascii_letters + "!#%*?^~+"),
                       word.capitalize() + "@" + digits(rng, 4), word + "#x"])
