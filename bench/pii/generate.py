#!/usr/bin/env python3
"""Writes made-up sentences with and without personal data, one JSON object a line: text, spans, kind, positive.

usage: generate.py [--each N] [--seed S] [--only KIND] > sentences.jsonl

spans are [start, end, placeholder] in code points. N sentences of each kind (default 45).
"""
import argparse
import base64
import hashlib
import json
import random
import string
import urllib.parse
import uuid

import values as v

INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u034f", "\u115f", "\u3164", "\uffa0", "\u2800", "\u180e",
             "\u061c", "\u17b4", "\ufe0f", "\u2064", "\U000e0020", "\U0001d173"]
POSITIVE, NEGATIVE = {}, {}


def positive(function):
    POSITIVE[function.__name__] = function
    return function


def negative(function):
    NEGATIVE[function.__name__] = function
    return function


def put(template, *found):
    """The template with its {} replaced in order by (value, placeholder) or plain strings."""
    text, spans = "", []
    parts = template.split("{}")
    assert len(parts) == len(found) + 1, template
    for part, item in zip(parts, [*found, ""]):
        text += part
        if isinstance(item, tuple):
            spans.append([len(text), len(text) + len(item[0]), item[1]])
            text += item[0]
        else:
            text += item
    return text, spans


EN = ["please write to {}", "{} is mine", "you can find me under {} all week", "contact: {}", "my details: {}", "is {} correct?",
      "I used {} yesterday", "send it to {}, thanks", "could you check {} for me", "{}", "update my profile with {} please",
      "he gave me {} and left", "not sure whether {} still works", "we have {} on file"]
OTHER = ["bitte an {} schicken", "c'est {} merci", "escríbeme a {} por favor", "il mio contatto è {}", "мой контакт {} спасибо",
         "連絡先は {} です", "私は{}です", "请联系{}谢谢", "iletişim: {}", "kontakt: {} dzięki", "اتصل على {} شكرا", "संपर्क {} धन्यवाद"]
WRAPS = ["({})", "[{}]", "<{}>", "\"{}\"", "'{}'", "“{}”", "«{}»", "—{}—", "{}.", "{},", "{};", "{}!", "\n{}\n", "\t{}\t", "*{}*", "`{}`", "|{}|",
         "{}…", "→{}", "{}—thanks", "–{}–"]


def carrier(rng):
    line = rng.choice(EN * 2 + OTHER)
    return line.replace("{}", rng.choice(WRAPS)) if rng.random() < 0.4 else line


def sprinkle(rng, value, chance=0.3):
    out = value[0]
    for c in value[1:]:
        out += (rng.choice(INVISIBLE) if rng.random() < chance else "") + c
    return out


def other_digits(rng, value):
    zero = rng.choice([0x660, 0x6F0, 0x966, 0x9E6, 0xFF10, 0xE50, 0x1D7CE, 0x1D7F6])
    return "".join(chr(zero + int(c)) if c in string.digits else c for c in value)


def keycaps(_rng, value):
    return "".join(c + "\ufe0f\u20e3" if c in string.digits else c for c in value)


def assign(rng, key, value, quoted=None):
    """A key with its value in some language of machines; returns the template with {} for the value."""
    plain = [f"{key}={{}}", f"{key} = {{}}", f"{key}: {{}}", f"{key}:{{}}", f"--{key}={{}}", f"--{key} {{}} --verbose",
             f"export {key.upper()}={{}}", f"{key} := {{}}"]
    marked = [f'{{"{key}": "{{}}"}}', f"{{'{key}': '{{}}', 'n': 1}}", f'"{key}":"{{}}",', f'{key} = "{{}}"', f"{key}='{{}}'",
              f'{{"id": 7, "{key}" : "{{}}", "ok": true}}', f'export {key.upper()}="{{}}"', f"<{key}>{{}}</{key}>", f'{key}: "{{}}"',
              f'user.{key} = "{{}}";', f"config['{key}'] = '{{}}'", f'"{key}" => "{{}}",', f"{key}: '{{}}'", f'let {key} = "{{}}";',
              f'{{\\"{key}\\": \\"{{}}\\"}}', f"set {key} `{{}}`"]
    choice = marked if quoted else plain if quoted is False else marked + plain
    line = rng.choice(choice)
    return rng.choice([line, line, f"this is my config: {line}", f"it fails with {line}\nwhy?"])


# ---- personal data ---------------------------------------------------------------------------------------------------
@positive
def email_plain(rng):
    return put(carrier(rng), (v.email(rng), "EMAIL"))


@positive
def email_glued(rng):
    line = rng.choice(["mail me:{}", "{}—thanks", "[{}]", "1){}", "to={}", "{}/{}", "从{}发来", "a–{}–b", "see {}…ok", "({})", "“{}”", "{}→me",
                       "<mailto:{}>", "{}'s inbox", "cc:{};bcc:{}", "e‑mail:{}!", "{}。", "письмо на {}—срочно", "•{}", "{}?", "{}¿no?", "2.{}"])
    return put(line, *[(v.email(rng), "EMAIL") for _ in range(line.count("{}"))])


@positive
def email_spelled(rng):
    local, host = v.email(rng).split("@")
    local = local.replace("+", "")
    at = rng.choice([" (at) ", "(at)", " [at] ", "[at]", " {at} ", "%40", "[@]", "(@)", " <at> "])
    dot = rng.choice(["(dot)", "[.]", " [dot] ", ".", " (dot) ", "(.)", "[dot]"]) if at != "%40" else "."
    return put(carrier(rng), (local + at + host.replace(".", dot), "EMAIL"))


@positive
def email_international(rng):
    local = rng.choice(["jürgen", "josé.garcía", "иван", "用户", "zoë_s", "李明", "søren", "δοκιμή"])
    host = rng.choice(["müller.de", "почта.рф", "例え.jp", "xn--mller-kva.de", "παράδειγμα.gr", "bücher.example", "post.xn--p1ai", "उदाहरण.भारत"])
    return put(rng.choice(EN), (f"{local}@{host}", "EMAIL"))


@positive
def email_odd_local(rng):
    local = rng.choice(['"jane doe"', "jane.o'neil", "a!b", "x&y", "jane=work", "j*s", "no-reply+tag.x", "\"a@b\"", "jane#1", "{jane}", "jane/dept",
                        "_jane_", "1234567", "j"])
    return put(rng.choice(["please write to {}", "use {} instead", "it was sent to {} today"]), (f"{local}@{rng.choice(v.HOSTS)}", "EMAIL"))


@positive
def email_in_code(rng):
    address = v.email(rng).replace("+", ".")
    line = rng.choice([assign(rng, rng.choice(["email", "user", "login", "contact", "from"]), "", None),
                       "https://example.org/u?email={}&x=1", "git config user.email {}", "curl -d 'to={}' example.org",
                       "INSERT INTO users VALUES (7, '{}')", "send_mail(\"{}\", subject)", "1,{},active", "Author: J <{}>",
                       "mailto:{}?subject=hi", "SELECT * FROM u WHERE mail='{}';"])
    if "https" in line and rng.random() < 0.5:
        address = address.replace("@", "%40")
    return put(line, (address, "EMAIL"))


@positive
def email_hidden(rng):
    return put(carrier(rng), (sprinkle(rng, v.email(rng)), "EMAIL"))


@positive
def phone_plus(rng):
    number = v.phone(rng)
    return put(carrier(rng), (v.formatted(number, rng.choice(["E164", "INTERNATIONAL", "INTERNATIONAL"])), "PHONE"))


@positive
def phone_plus_odd(rng):
    text = v.formatted(v.phone(rng), "INTERNATIONAL")
    text = rng.choice([text.replace(" ", "-"), text.replace(" ", "."), text.replace(" ", "  "), text.replace(" ", "\u00a0"),
                       text.replace(" ", "/", 2),
                       text.replace(" ", "\u2011"), text.replace(" ", "\n", 1), text.replace("-", "\u2013")])
    return put(carrier(rng), (text, "PHONE"))


@positive
def phone_double_zero(rng):
    region = rng.choice([r for r in v.REGIONS if r not in ("US", "CA")])
    return put(rng.choice(EN + OTHER), ("00" + v.formatted(v.phone(rng, region), rng.choice(["E164", "INTERNATIONAL"]))[1:], "PHONE"))


@positive
def phone_us_formatted(rng):
    n = v.us_phone(rng)
    a, b, c = n[:3], n[3:6], n[6:]
    text = rng.choice([f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"{a} {b} {c}", f"({a}){b}-{c}", f"1-{a}-{b}-{c}", f"1 ({a}) {b}-{c}",
                       f"({a}) {b} {c}", f"{a} {b}-{c}", f"{a}–{b}–{c}", f"({a})-{b}-{c}"])
    return put(carrier(rng), (text, "PHONE"))


SAY_PHONE = ["call me at {}", "my phone is {}", "phone: {}", "my number is {}", "text me on {}", "tel. {}", "mobile {}", "whatsapp {}", "cell: {}",
             "reach me on {} after six", "phone number {}", "fax {}", "ring {} please", "meine Telefonnummer ist {}", "mon téléphone est le {}",
             "mi teléfono es {}", "il mio cellulare è {}", "мой телефон {}", "телефон: {}", "电话：{}", "电话{}", "電話番号は{}です", "telefonum {}",
             "mój telefon to {}", "Handy: {}", "móvil {}", "هاتفي {}", "मेरा फोन नंबर {}", "nr tel {}", "telefone: {}", "gsm {}", "puhelin {}",
             "phone no. {}", "my cell phone number: {}", "Tel: {}", "contact number {}", "dial {} for me", "SMS {}", "Rufnummer {}"]


@positive
def phone_said(rng):
    number = v.phone(rng)
    return put(rng.choice(SAY_PHONE), (v.formatted(number, "NATIONAL"), "PHONE"))


@positive
def phone_said_bare(rng):
    number = v.phone(rng)
    text = "".join(c for c in v.formatted(number, "NATIONAL") if c.isdigit())
    return put(rng.choice(SAY_PHONE), (text, "PHONE"))


@positive
def phone_key(rng):
    number = v.phone(rng)
    key = rng.choice("phone phone_number phoneNumber mobile tel cell user_phone contactPhone telephone msisdn fax whatsapp home-phone".split())
    text = rng.choice([v.formatted(number, "E164")[1:], v.formatted(number, "E164"), "".join(c for c in v.formatted(number, "NATIONAL") if c.isdigit())])
    return put(assign(rng, key, text), (text, "PHONE"))


@positive
def phone_query(rng):
    number = v.formatted(v.phone(rng), "E164")
    text = rng.choice([number[1:], "%2B" + number[1:]])
    return put(rng.choice(["https://example.org/s?phone={}&x=1", "https://wa.me/?phone={}", "GET /user?tel={}", "tel:{}", "sms:{}?body=hi"]), (text, "PHONE"))


@positive
def phone_after_date(rng):
    n = v.us_phone(rng)
    text = rng.choice([f"{n[:3]}-{n[3:6]}-{n[6:]}", f"({n[:3]}) {n[3:6]}-{n[6:]}", "+1 " + f"{n[:3]} {n[3:6]} {n[6:]}", v.formatted(v.phone(rng), "INTERNATIONAL")])
    before = rng.choice(["2024-01-05", "05/01/2024", "10:30", "2024-01-05 10:30", "2024-01-05T10:30:00Z", "12.03.2023", "room 12", "7", "$40", "3.5", "2024", "1)",
                         "15%", "id 7781", "08:15:00", "24/12/26"])
    return put(rng.choice([f"{before} {{}}", f"{before}, {{}}", f"{before} - {{}}", f"{before}: {{}}", f"on {before} from {{}}", f"{before}\n{{}}", f"{before}\t{{}}"]),
               (text, "PHONE"))


@positive
def phone_before_number(rng):
    n = v.us_phone(rng)
    text = rng.choice([f"{n[:3]}-{n[3:6]}-{n[6:]}", f"({n[:3]}) {n[3:6]}-{n[6:]}"])
    return put("{}" + rng.choice([" 2024-01-05", ", 10:30", " at 10:30", " 2 times", " (3 calls)", "; 5 pm", " 05/01/2024", "\n12 apples", " on 2024-01-05"]), (text, "PHONE"))


@positive
def phone_broken(rng):
    text = v.formatted(v.phone(rng), "INTERNATIONAL")
    spaces = [i for i, c in enumerate(text) if c == " "]
    at = rng.choice(spaces)
    return put(rng.choice(EN), (text[:at] + rng.choice(["\n", "\r\n", " \n", "\t", "\u2028", "\u3000", "  "]) + text[at + 1:], "PHONE"))


@positive
def phone_hidden(rng):
    text = v.formatted(v.phone(rng), rng.choice(["E164", "INTERNATIONAL"]))
    return put(carrier(rng), (rng.choice([sprinkle, other_digits, keycaps])(rng, text), "PHONE"))


@positive
def phone_glued(rng):
    n = v.us_phone(rng)
    text = rng.choice([f"{n[:3]}-{n[3:6]}-{n[6:]}", "+1" + n])
    return put(rng.choice(["call:{}", "phone_{}", "tel{}", "cell={};", "mobile#{}", "ph:{}", "电话{}谢谢", "call—{}—now", "{}/home", "(w){}", "<{}>", "tel:{},fax:",
                           "phone={}", "p.{}", "ring→{}"]), (text, "PHONE"))


@positive
def card_grouped(rng):
    number, groups = v.card(rng)
    return put(carrier(rng), (v.grouped(number, groups, rng.choice([" ", "-", "  ", ".", "\u00a0", "\u2013", "\u2009"])), "CARD"))


@positive
def card_bare(rng):
    return put(rng.choice(EN + ["card {}", "pay with {}", "my visa {}", "Kreditkarte {}", "tarjeta {}", "карта {}", "卡号{}"]), (v.card(rng)[0], "CARD"))


@positive
def card_key(rng):
    return put(assign(rng, rng.choice("card card_number cardNumber pan cc creditCard number account".split()), ""), (v.card(rng)[0], "CARD"))


@positive
def card_after(rng):
    number, groups = v.card(rng)
    text = v.grouped(number, groups, rng.choice([" ", "-"]))
    return put(rng.choice(["12/26 {}", "$40.00 {}", "on 2024-01-05 {}", "exp 08/27, {}", "1. {}", "{} 12/26", "{} 123", "{} exp 08/27", "{} 2024-01-05", "{}, cvv below", "x2 {}"]),
               (text, "CARD"))


@positive
def card_hidden(rng):
    number, groups = v.card(rng)
    text = v.grouped(number, groups, rng.choice(["", " ", "-"]))
    return put(carrier(rng), (rng.choice([sprinkle, other_digits, keycaps])(rng, text), "CARD"))


@positive
def iban_compact(rng):
    text = v.iban(rng)
    return put(carrier(rng), (text if rng.random() < 0.7 else text.lower(), "IBAN"))


@positive
def iban_spaced(rng):
    text = v.iban(rng)
    groups = [text[i:i + 4] for i in range(0, len(text), 4)]
    return put(rng.choice(EN + OTHER), (rng.choice([" ", "  ", "-", "\u00a0", "\n", " \n ", "\t", ".", "   "]).join(groups), "IBAN"))


@positive
def iban_key(rng):
    return put(assign(rng, rng.choice("iban account bank_account accountNumber konto IBAN".split()), ""), (v.iban(rng), "IBAN"))


@positive
def iban_hidden(rng):
    return put(carrier(rng), (rng.choice([sprinkle, other_digits])(rng, v.iban(rng)), "IBAN"))


@positive
def ssn_dashed(rng):
    text = v.ssn(rng)
    return put(carrier(rng), (rng.choice([text, text, text.replace("-", " "), text.replace("-", "\u2011"), text.replace("-", "\u2013")]), "SSN"))


@positive
def ssn_said(rng):
    text = v.ssn(rng).replace("-", "")
    return put(rng.choice(["my SSN is {}", "ssn={}", "SSN: {}", "social security number {}", "ssn {}", '{"ssn": "{}"}', "SSN#{}", "social {} please",
                           "--ssn {}", "ssn_{}", "soc sec no. {}"]), (text, "SSN"))


@positive
def ssn_glued(rng):
    return put(rng.choice(["ssn={}", "ssn:{}", "SSN#{}", "x:{}", "ssn_{}", "({})", "“{}”", "{}—mine", "ssn='{}'", "2024-01-05 {}", "{} 2024-01-05", "社保{}号"]), (v.ssn(rng), "SSN"))


@positive
def national_id_said(rng):
    line, text = rng.choice([
        ("my national insurance number is {}", v.nino(rng)), ("NI number: {}", v.nino(rng)), ("mi DNI es {}", v.dni(rng)), ("CPF {}", v.cpf(rng)),
        ("passport no. {}", rng.choice("CXKL") + v.digits(rng, 8)), ("my passport number is {}", v.digits(rng, 9, "123456789")), ("passport: {}", "P" + v.digits(rng, 7)),
        ("Reisepass {}", "C" + v.digits(rng, 8)), ("driver's license {}", "D" + v.digits(rng, 7)), ("driving licence: {}", v.token(rng, 5, string.ascii_uppercase) + v.digits(rng, 6) + "AB9CD"),
        ("tax id {}", v.digits(rng, 11, "123456789")), ("Steuer-ID: {}", v.digits(rng, 11, "123456789")), ("my aadhaar is {}", v.grouped(v.digits(rng, 12, "23456789"), (4, 4, 4), " ")),
        ("PESEL {}", v.digits(rng, 11)), ("паспорт {}", "45 " + v.digits(rng, 2) + " " + v.digits(rng, 6)), ("СНИЛС {}", "112-233-445 95"),
        ("身份证号{}", "110101199003" + v.digits(rng, 6)), ("personnummer {}", "811228-9874"), ("passport_number={}", "X" + v.digits(rng, 8)),
        ("national id: {}", v.digits(rng, 10, "123456789")), ("my tax number is {}", v.digits(rng, 10, "123456789")), ("SIN {}", "046 454 286")])
    return put(line, (text, "ID"))


@positive
def national_id_shaped(rng):
    text = rng.choice([v.cpf(rng), v.cpf(rng), v.dni(rng), "RSSMRA85T10A562S", "756.9217.0769.85"])
    return put(rng.choice(EN), (text, "ID"))


@positive
def ip4(rng):
    return put(carrier(rng), (v.ipv4(rng), "IP"))


@positive
def ip6(rng):
    return put(carrier(rng), (v.ipv6(rng), "IP"))


@positive
def ip_glued(rng):
    line, six = rng.choice([("ip:{}", 2), ("ip={}", 2), ("http://{}:8080/x", 0), ("[{}]:443", 1), ("from {}:51234", 0), ("{}/24", 0), ("{}/64", 1), ("{}%eth0", 1), ('"ip":"{}"', 2),
                            ("client_{}", 0), ("{} - - [10/Oct/2024:13:55:36] \"GET /\" 200", 2), ("addr:{},", 2), ("ssh bob@{}", 0), ("src={} dst=x", 2), ("http://[{}]/", 1),
                            ("地址{}不通", 2), ("host→{}", 2), ("IP:{}.", 2)])
    address = v.ipv6(rng) if six == 1 or (six == 2 and rng.random() < 0.5) else v.ipv4(rng)
    if line.startswith("ssh"):
        text, spans = put(line, (address, "IP"))
        return text, [[4, len(text), "EMAIL"]]
    return put(line, (address, "IP"))


@positive
def url_credentials(rng):
    user, password = rng.choice(v.FIRST), rng.choice([v.token(rng, 8), "p%40ss", "s3cret!", "pa:ss", "x/y"])
    host = rng.choice(v.HOSTS)
    url = rng.choice([f"https://{user}:{password}@{host}/x.git", f"postgres://{user}:{password}@{host}:5432/app", f"mysql://{user}:{password}@{host}/db",
                      f"redis://:{v.token(rng, 12)}@{host}:6379/0", f"ftp://{user}:{v.token(rng, 6)}@{host}", f"amqp://{user}:{v.token(rng, 9)}@{host}//",
                      f"mongodb+srv://{user}:{v.token(rng, 9)}@{host}/test?w=1", f"https://{v.token(rng, 20)}@{host}/o/r.git"])
    return put(rng.choice(["git clone {}", "use {} now", "\"{}\"", "DATABASE_URL={}", "db: {}", "({})", "curl {} fails", "{}"]), (url, "URL"))


KEYS = ("password passwd pwd api_key apiKey secret client_secret token access_token auth_token db_password DB_PASS userPassword secret_key private_key passphrase "
        "refresh_token smtp_password aws_secret_access_key API-KEY").split()


def for_key(rng, key):
    strong = any(x in key.lower() for x in ("pass", "pwd"))
    return v.secret(rng) if strong else rng.choice([v.token(rng, rng.randint(16, 40)), v.token(rng, 24, "0123456789abcdef"), str(uuid.UUID(int=rng.getrandbits(128)))])


@positive
def secret_quoted(rng):
    key = rng.choice(KEYS)
    return put(assign(rng, key, "", True), (for_key(rng, key), "KEY"))


@positive
def secret_assigned(rng):
    key = rng.choice(KEYS)
    return put(assign(rng, key, "", False), (for_key(rng, key), "KEY"))


@positive
def secret_flag(rng):
    line = rng.choice(["mysql -u root --password={}", "deploy --token {} --force", "app --api-key={}", "curl -H 'X-Api-Key: {}' example.org", "export GITHUB_TOKEN={}",
                       "AWS_SECRET_ACCESS_KEY={} aws s3 ls", "docker login -u bob --password {}", "set PASSWORD={}", "$env:API_TOKEN = '{}'", "sshpass -p '{}' ssh x",
                       "curl -u bob:{} https://example.org", "PGPASSWORD={} psql", "login --secret '{}'", "mysql -uroot -p{} shop", "ALTER USER bob IDENTIFIED BY '{}';"])
    return put(line, (v.token(rng, rng.randint(12, 24)), "KEY"))


@positive
def secret_query(rng):
    key = rng.choice("token api_key access_token key password sig secret auth".split())
    return put(f"https://example.org/v1/x?{rng.choice(['', 'a=1&'])}{key}={{}}{rng.choice(['', '&b=2', '#top', ' fails'])}", (v.token(rng, rng.randint(16, 32)), "KEY"))


@positive
def secret_said(rng):
    return put(rng.choice(["my password is {}", "my password is: {}", "the password was {}", "password {} does not work", "the wifi password is {}", "passwd is {}", "login with password {}",
                           "use the password {} please", "I set my password to {}", "changed the password to {} yesterday", "password = {}", "Password:{}", "pw: {}", "pass: {}",
                           "my passcode is {}", "mein Passwort ist {}", "Passwort: {}", "mi contraseña es {}", "contraseña: {}", "mot de passe : {}", "mon mot de passe est {}", "мой пароль {}",
                           "пароль: {}", "密码是{}", "密码：{}", "パスワードは {}", "hasło: {}", "senha: {}", "şifre: {}", "wachtwoord: {}", "la password è {}", "비밀번호: {}"]), (v.secret(rng), "KEY"))


@positive
def secret_words(rng):
    words = " ".join(rng.choice("my dog spot correct horse battery staple blue winter 7 river".split()) for _ in range(rng.randint(2, 5)))
    return put(rng.choice(['password: "{}"', 'my password is "{}"', "passphrase: '{}'", 'the passphrase is "{}"', "password = '{}'", '{"password": "{}"}',
                           "my password is: “{}”", "пароль: «{}»", 'Passwort: „{}“']), (words, "KEY"))


@positive
def secret_other_script(rng):
    word = rng.choice(["пароль", "секрет123", "密码一二三", "ñandú!", "Zürich7ü", "κωδικός", "סיסמה1", "كلمةسر", "ひみつ"])
    return put(rng.choice(["password: {}", "password={}", '"password": "{}"', "my password is: {}", "пароль: {}", "pwd = '{}'"]), (word, "KEY"))


@positive
def secret_signs(rng):
    word = rng.choice(["Pa$$word", "p@ssw0rd!", "#winter#", "a&b|c", "hunter2*", "<secret>9", "x^y~z1", "{curly}1", "100%sure", "/slash\\9", "$ecret$", "!!!hey1", "P@55;word"])
    quoted = any(c in word for c in "&;<{")
    return put(rng.choice(['"password": "{}"', "password = '{}'", 'pwd="{}"'] + ([] if quoted else ["password: {}", "password = {}", "my password is {}"])), (word, "KEY"))


@positive
def known_token(rng):
    A = string.ascii_letters + string.digits
    text = rng.choice([lambda: "sk-" + v.token(rng, 32), lambda: "ghp_" + v.token(rng, 36), lambda: "AKIA" + v.token(rng, 16, string.ascii_uppercase + string.digits), lambda: "xoxb-" + v.digits(rng, 11) + "-" + v.token(rng, 24),
                       lambda: "AIza" + v.token(rng, 35), lambda: "sk_live_" + v.token(rng, 24), lambda: "glpat-" + v.token(rng, 20), lambda: "npm_" + v.token(rng, 36), lambda: "hf_" + v.token(rng, 34),
                       lambda: "github_pat_" + v.token(rng, 22) + "_" + v.token(rng, 40), lambda: "SG." + v.token(rng, 22) + "." + v.token(rng, 43), lambda: "pypi-" + v.token(rng, 60, A + "-_"),
                       lambda: "sk-proj-" + v.token(rng, 48), lambda: "sk-ant-api03-" + v.token(rng, 40)])()
    return put(carrier(rng), (text, "KEY"))


@positive
def web_token(rng):
    part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).decode().rstrip("=")
    jwt = part({"alg": "HS256"}) + "." + part({"sub": v.digits(rng, 6)}) + "." + v.token(rng, 43)
    basic = base64.b64encode(f"{rng.choice(v.FIRST)}:{v.token(rng, 9)}".encode()).decode()
    line, text = rng.choice([("Authorization: Bearer {}", jwt), ("{}", jwt), ("token {} expired", jwt), ("Authorization: Basic {}", basic), ("-H 'Authorization: Bearer {}'", v.token(rng, 30)),
                             ('"authorization": "Bearer {}"', jwt), ("Cookie: session={}", jwt), ("auth header: Bearer {}", v.token(rng, 24))])
    return put(line, (text, "KEY"))


@positive
def private_key(rng):
    name = rng.choice(["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "])
    body = "\n".join(v.token(rng, 64) for _ in range(3))
    text = f"-----BEGIN {name}PRIVATE KEY-----\n{body}\n-----END {name}PRIVATE KEY-----"
    return put(rng.choice(["{}", "my key:\n{}\nthanks", "key=\"{}\""]), (text, "KEY"))


@positive
def pin_code(rng):
    line, n = rng.choice([("my pin is {}", 4), ("pin: {}", 4), ("PIN code {}", 4), ("cvv {}", 3), ("cvv: {}", 3), ("the otp is {}", 6), ("otp: {}", 6), ("verification code {}", 6), ("CVC={}", 3),
                          ("my PIN: {}", 6), ("\"pin\": \"{}\"", 4), ("one-time code is {}", 6), ("security code: {}", 3)])
    return put(line, (v.digits(rng, n), "KEY"))


# ---- what only looks it ----------------------------------------------------------------------------------------------
def day(rng):
    y, m, d = rng.randint(1900, 2030), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice([f"{y}-{m:02d}-{d:02d}", f"{d:02d}/{m:02d}/{y % 100:02d}", f"{d:02d}.{m:02d}.{y}", f"{m}/{d}/{y}", f"{y}/{m:02d}/{d:02d}", f"{d:02d}-{m:02d}-{y}", f"{y}.{m:02d}.{d:02d}"])


def none(*lines):
    def make(function):
        def case(rng):
            line, fill = rng.choice(lines), function(rng)
            if not isinstance(fill, tuple):
                fill = tuple(function(rng) for _ in range(line.count("{}")))
            return line.format(*fill[:line.count("{}")]) if "{}" in line else line, []
        NEGATIVE[function.__name__] = case
        return case
    return make




@none("on {}", "{} - {}", "{} {}", "from {} to {}", "between {} and {}", "{}–{}", "born {}", "due: {}", "({} - {})", "{},{},{}", "date={}", "{} / {}", "{}\n{}", "\"{}\" .. \"{}\"", "log {} {} {}")
def dates(rng):
    return day(rng)


@none("{} {}", "the war of {}", "({})", "seasons {}, {} and {}", "{}/{}", "from {} or {}", "cf. {}; {}", "albums {} {} {}")
def year_ranges(rng):
    y = rng.randint(1880, 2020)
    return f"{y}{rng.choice(['-', '–', ' - ', '/'])}{y + rng.randint(1, 9)}"


@none("at {}", "{} - {}", "{} to {}", "lap {} {}", "open {}-{}", "{},{}", "sleep until {}", "subtitle {} --> {}")
def times(rng):
    h, m, s = rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59)
    return rng.choice([f"{h:02d}:{m:02d}", f"{h:02d}:{m:02d}:{s:02d}", f"{h:02d}:{m:02d}:{s:02d},{rng.randint(0, 999):03d}", f"{h:02d}.{m:02d}", f"{h:02d}:{m:02d}:{s:02d}.{rng.randint(0, 999999):06d}", f"{h:02d}h{m:02d}"])


@none("ts={}", "timestamp {}", "\"time\": {}", "at {} ms", "epoch {}", "[{}] started", "created_at: {}", "{} INFO ready", "since {}", "iat {}, exp {}")
def timestamps(rng):
    t = rng.randint(1_000_000_000, 1_999_999_999)
    return rng.choice([str(t), str(t) + v.digits(rng, 3), str(t) + v.digits(rng, 6), str(t) + v.digits(rng, 9), str(t) + "." + v.digits(rng, 6), f"2024-05-06T10:{rng.randint(10, 59)}:11.{v.digits(rng, 6)}+02:00"])


@none("loss {}", "acc={}", "pi is {}", "[{}, {}]", "{} {}", "p = {}", "score: {}", "mean {} ± {}", "\"val\": {}", "({},{})", "{}%", "x={}, y={}", "array([{}, {}])", "{} vs {}")
def fractions(rng):
    return rng.choice(["0", "-0", "3", "12", "-1"]) + "." + v.digits(rng, rng.randint(4, 18)) + rng.choice(["", "", "e-05"])


@none("order {}", "order number {}", "ticket {}", "invoice {}", "id {}", "#{}", "issue #{}", "user id {}", "customer {}", "case {}", "ref: {}", "tracking {}", "item {} of {}", "order_id={}", "\"id\": {}", "parcel {}",
      "product {}", "booking {}", "pid {}", "transaction {}", "account {} is locked", "SKU {}", "row {}", "build {}", "serial number {}", "order no. {}", "PR {}", "job {}", "batch {}")
def order_numbers(rng):
    return v.digits(rng, rng.choice([5, 6, 7, 8, 9, 10, 10, 10, 11, 12]), "123456789")


@none("{} rows", "processed {} items", "{} bytes free", "{} views", "size {}", "count={}", "total: {}", "population {}", "{} requests in an hour", "it has {} parameters", "{} people", "limit {}", "allocated {} of {}", "{} tokens", "{} ns",
      "views: {}", "\"count\": {}", "len {}", "offset {}", "exit code {}", "{} users", "max {}", "{} steps", "sum is {}", "n = {}")
def counts(rng):
    return rng.choice([v.digits(rng, 10, "23456789"), v.digits(rng, rng.randint(4, 12), "123456789"), f"{rng.randint(1, 999)},{rng.randint(100, 999)},{rng.randint(100, 999)}", f"{rng.randint(1, 99)} {rng.randint(100, 999)} {rng.randint(100, 999)}"])


@none("INT_MAX is {}", "why does it overflow at {}", "{}", "returns {}", "x == {}", "got {} instead of {}", "max int {}", "-{}", "limit={}", "wraps to {}", "seed {}")
def integer_limits(rng):
    return rng.choice("2147483647 2147483648 4294967295 4294967296 9223372036854775807 18446744073709551615 9007199254740991 65535 16777216 1073741824 3735928559".split())


@none("chmod {} file", "chmod 0755 {}", "mode {}", "umask {}", "os.chmod(p, {})", "permissions {} or {}", "drwxr-xr-x {}", "install -m {} a b", "chmod {} {}")
def file_modes(rng):
    return rng.choice("0755 0644 0600 0777 755 644 0o755 0400 1777 0022".split())


@none("{} MB", "a {} image", "{} px", "screen {}", "{} KB of {} KB", "downloaded {} B", "buffer of {} bytes", "{}MiB", "-Xmx{}m", "window {}", "resize to {}", "font {}pt", "viewBox=\"0 0 {}\"")
def sizes(rng):
    return rng.choice([v.digits(rng, rng.randint(4, 10), "123456789"), f"{rng.randint(100, 4000)}x{rng.randint(100, 4000)}", f"{rng.randint(100, 4000)} x {rng.randint(100, 4000)}", f"{rng.randint(100, 4000)} {rng.randint(100, 4000)}"])


@none("version {}", "v{}", "\"version\": \"{}\"", "python {}", "upgraded from {} to {}", "node@{}", "package=={}", "chrome/{}", "release {}", "requires >={},<{}", "version='{}'", "firmware {}", "driver {}", "^{}", "~{}", "build {}", "ubuntu {}", "pip install x=={}", "Version: {}", "version = \"{}\"",
      "kernel {}", "<version>{}</version>", "tag v{}", "app:{}", "lib-{}.jar", "update {}", "nginx/{}", "Firefox/{}")
def versions(rng):
    return ".".join(str(rng.randint(0, 60)) for _ in range(rng.choice([2, 3, 3, 4]))) + rng.choice(["", "", "-rc1", ".dev0"])


@none("commit {}", "sha {}", "{}", "md5: {}", "checksum {}", "digest={}", "git show {}", "\"hash\": \"{}\"", "at {} we broke it", "{}  file.txt", "revert {} and {}", "sha256:{}", "blob {}", "etag \"{}\"", "fingerprint {}", "image@sha256:{}")
def hashes(rng):
    data = v.token(rng, 9).encode()
    h = rng.choice([hashlib.md5, hashlib.sha1, hashlib.sha1, hashlib.sha256, hashlib.sha512])(data).hexdigest()
    return rng.choice([h, h, h[:7], h[:10], h[:12], h.upper()])


@none("integrity=\"{}\"", "\"integrity\": \"{}\"", "pip hash {}")
def integrity(rng):
    n = rng.choice([(256, 32), (384, 48), (512, 64)])
    return f"sha{n[0]}-" + base64.b64encode(rng.randbytes(n[1])).decode()


@none("{}", "request {}", "id={}", "\"id\": \"{}\"", "/v1/items/{}/x", "uuid {} not found", "session {}", "trace {} span {}", "urn:uuid:{}", "{{{}}}", "correlation-id: {}", "{}.json")
def uuids(rng):
    return rng.choice([str, lambda u: str(u).upper()])(uuid.UUID(int=rng.getrandbits(128)))


@none("{}", "why does {} fail", "use {} here", "y = {}", "print({})", "what does {} do", "a = {}; b = {}")
def slices(rng):
    a, b = rng.randint(0, 9), rng.randint(2, 99)
    return rng.choice([f"x[{a}::{b}]", f"x[::{b}]", "x[::-1]", f"a[{a}:{b}]", f"df[:, {a}:{b}]", f"x[{a}:{b}:2, ::{b}]", f"arr[{a}::]", f"t[..., {a}::2]", f"s[{a}:{b}][::{a + 1}]"])


@none("{}", "undefined reference to {}", "call {}", "what is {} for", "error in {}: {}", "{}()", "use {};")
def scopes(rng):
    return rng.choice("std::vector std::cafe::bad a::b dead::beef Foo::Bar::baz abc::de::f ::add crate::fed::ace Bee::Cafe face::decade::x ActiveRecord::Base std::ff::e1".split())


@none("open {}", "cat {}", "see {}", "in {} line 12", "{} not found", "cp {} {}", "https://example.org{}", "import {}", "GET {}", "file://{}")
def paths(rng):
    n = v.digits(rng, rng.randint(4, 11), "23456789")
    return rng.choice([f"/var/log/{n}/app.log", f"/t/{n}/", f"/issues/{n}", f"/2024/05/06/{n}.html", f"C:\\temp\\{n}\\x", f"src/a_{n}.cc", f"/photo/{n}.jpg", f"./data-{n}.csv", f"/status/{n}?s={rng.randint(2, 30)}", f"/img_{n}_{n[:4]}.png", f"/IMG_20240506_{v.digits(rng, 6)}.jpg"])


@none("it costs {}", "{} in total", "paid {}", "price: {}", "from {} to {}", "{} a year", "balance {}", "\"amount\": \"{}\"", "revenue of {}", "{} vs {}", "I owe {}")
def amounts(rng):
    n = rng.choice([f"{rng.randint(1, 999)},{rng.randint(100, 999)},{rng.randint(100, 999)}", f"{rng.randint(1, 999)}.{rng.randint(100, 999)}.{rng.randint(100, 999)},{rng.randint(10, 99)}", f"{rng.randint(10, 99)} {rng.randint(100, 999)} {rng.randint(100, 999)}",
                    v.digits(rng, rng.randint(3, 10), "123456789"), f"{rng.randint(1, 9999)}.{rng.randint(10, 99)}"])
    return rng.choice([f"${n}", f"{n} €", f"€{n}", f"£{n}", f"{n} USD", f"USD {n}", f"{n} dollars", f"₹{n}", f"{n} EUR", f"¥{n}", f"{n} kr"])


@none("{}", "a board of {}", "it measures {}", "weighs {}", "about {} away", "{} or {}", "dose: {}", "range {}")
def measurements(rng):
    a, b, c = rng.randint(1, 4000), rng.randint(1, 4000), rng.randint(1, 400)
    return rng.choice([f"{a} x {b} x {c} mm", f"{a}×{b}×{c}", f"{a}.{c} kg", f"{a}-{b} m", f"{a} km", f"{a} to {b} mg", f"{a}/{b}", f"{a} {b}/{c} in", f"5 000 000 km", f"{c}–{c + 9} °C", f"{a}000000 Hz", f"{v.digits(rng, 10, '23456789')} Hz"])


@none("at {}", "location {}", "({})", "lat/lon {}", "[{}]", "geo:{}", "go to {}", "{} is in the sea")
def coordinates(rng):
    lat, lon = f"{rng.choice(['', '-'])}{rng.randint(1, 89)}.{v.digits(rng, rng.randint(4, 15))}", f"{rng.choice(['', '-'])}{rng.randint(1, 179)}.{v.digits(rng, rng.randint(4, 15))}"
    return rng.choice([f"{lat}, {lon}", f"{lat},{lon}", f"{lat} {lon}", f"{rng.randint(1, 89)}°{rng.randint(1, 59)}'{rng.randint(1, 59)}\"N"])


@none("ISBN {}", "isbn: {}", "the book {}", "EAN {}", "barcode {}", "UPC {}", "ISBN-13: {}", "DOI 10.1000/{}", "arXiv:{}", "patent US{}", "RFC {}", "CVE-2021-{}", "ISSN {}")
def book_numbers(rng):
    n = "978" + v.digits(rng, 9)
    check = str(-sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(n)) % 10)
    return rng.choice([n + check, f"978-{n[3]}-{n[4:7]}-{n[7:]}-{check}", v.digits(rng, 12, "0"), "2301.0" + v.digits(rng, 4), v.digits(rng, 5)])


@none("localhost:{}", "127.0.0.1:{}", "port {}", "ports {} and {}", "listen 0.0.0.0:{}", "[::1]:{}", "netmask 255.255.255.0 mtu {}", "http://localhost:{}/x", "-p {}:{}", "bind ::1 {}", "nmap -p {}-{} host")
def ports(rng):
    return str(rng.randint(1024, 65535))


@none("error {}", "0x{}", "address {}", "color #{}", "at {} in main", "{}", "flags {} | {}", "HRESULT {}", "register {} = {}", "MAC 00:1b:44:11:3a:b7 {}", "pointer {}")
def hex_numbers(rng):
    return rng.choice([f"0x{rng.getrandbits(32):08x}", f"0x{rng.getrandbits(64):016x}", f"0x{rng.getrandbits(16):04X}"])


@none("what is {}", "{} = ?", "solve {}", "simplify {}", "why is {} wrong", "x = {}", "{} and {}", "compute ({})")
def sums(rng):
    a, b, c = rng.randint(100, 9999), rng.randint(100, 9999), rng.randint(1000, 9999)
    return rng.choice([f"{a} - {b} - {c}", f"{a}+{b}+{c}", f"{a} * {b}", f"{a}/{b}/{c}", f"({a}) - {b}", f"{a}-{b}", f"{a} + {c}", f"{a}^2 + {b}", f"{v.digits(rng, 10, '23456789')} / 2", f"{v.digits(rng, 10, '23456789')} + 1"])


@none("numbers {}", "[{}]", "sequence {}", "draw {}", "array {}", "{}", "vector ({})", "sorted: {}", "lotto {}", "print([{}])", "matrix [[{}], [{}]]", "{} are primes")
def lists(rng):
    return rng.choice([", ", ",", " ", "; ", "\n", "\t"]).join(str(rng.randint(0, rng.choice([9, 99, 999, 9999]))) for _ in range(rng.randint(4, 10)))


@none("room {}", "call 911 or {}", "flight LH{}", "bus {}", "channel {}", "zip {}", "10115 Berlin {}", "page {}", "chapter {}, verse {}", "the {} of us", "press {}", "highway {}", "model {}", "iPhone {}", "BMW {}", "track {} of album {}", "SW1A 2AA {}", "call {}", "dial {}", "text {} to vote")
def small_numbers(rng):
    return str(rng.randint(1, rng.choice([9, 99, 999, 9999])))


@none("{}")
def password_talk(rng):
    return rng.choice(["my password is wrong", "the password is incorrect", "I forgot my password", "reset my password please", "password must have 8 characters", "password: required", "how long should a password be", "the token is expired", "tokens are cheap", "what is a secret key",
                       "my password is not working", "password reset link", "Password: forgot it", "the secret ingredient is love", "is the password case sensitive?", "the api key is missing", "password is too short", "enter your password:", "token limit exceeded", "passwords are hashed",
                       "my pin is blocked", "the key is under the mat", "password manager", "I need an access token", "what does secret mean", "passport office hours", "is your password strong?", "the password was changed yesterday", "password expired", "the code is broken", "the token is invalid, why",
                       "my password is being rejected", "the password field is empty", "password confirmation does not match", "the pin is 4 digits long", "secret santa: who is in", "token bucket: how does it work", "key: what is it", "my login is slow", "auth is failing", "password hashing with bcrypt",
                       "the wifi password is on the fridge", "password is required", "Authorization: required", "the password is the same as before", "two passwords: why", "a bearer of bad news", "the key is to stay calm", "change password", "forgot password?"])


@none("{}")
def password_code(rng):
    return rng.choice(["password = os.environ['DB_PASSWORD']", "password: ${DB_PASSWORD}", "password = getpass.getpass()", 'password = ""', '"password": null', "password=None", "def login(user: str, password: str):", "password = input('Password: ')", "token = tokenizer.next()", "const token = await getToken();",
                       "export TOKEN=$(cat token.txt)", "password: {{ vault_password }}", "api_key = config.get('api_key')", "if password == confirm:", "secret: true", "token: string;", "password VARCHAR(255) NOT NULL", "<input type=\"password\" name=\"password\">", "password: *****", "PASSWORD=<your password>",
                       "for token in doc:", "token.text, token.lemma_", "self.password = password", "password=password", "nlp(text)[0].token", "api_key=API_KEY", "token = request.headers['Authorization']", "key = sorted(d, key=lambda k: d[k])", "secret = read_secret()", "password: undefined", "pwd && ls", "cd $(pwd)",
                       "print(f'{password}')", "user.setPassword(newPassword);", "assert token is not None", "password=$1", "--password-stdin", "key=value", "SELECT password FROM users", "token_count = 5", "max_tokens: 4096", "max_tokens=2048", "\"tokens\": 1532", "padding_token_id = 0", "password_length = 12", "key: 5",
                       "sort(key=len)", "<KEY> and <EMAIL>", "password: <KEY>", "primary_key=True", "foreign key (id)", "pass", "except ValueError: pass", "auth=True", "secret_name: app-config"])


@none("{}")
def at_signs(rng):
    return rng.choice(["use @Override on it", "npm i @angular/core@12.0.0", "lodash@4.17.21", "follow @jane_doe", "a@b", "user@localhost", "x @ y", "A @ B.T", "@media (max-width: 600px)", "react@^18.2.0 and vue@3", "meet @ 5.30 pm", "10 @ $4.50", "@pytest.fixture", "a[i]@2.0", "image@sha256", "@@ -1,7 +1,9 @@",
                       "W @ x + b", "3 apples @ 2.50 each", "@types/node@20", "me (at) noon", "https://example.org/@user/post", "git log @{u}..HEAD", "HEAD@{1}", "http://example.org:8080/a@b", "@dataclass class A", "np.dot(a, b) == a @ b.T"])


@none("{}", "see {}", "open {} please", "{} returns 404", "<a href=\"{}\">")
def plain_urls(rng):
    n = v.digits(rng, rng.randint(6, 12), "23456789")
    return rng.choice([f"https://example.org/t/{n}/", f"http://example.org:8080/x?id={n}", f"https://example.org/a?utm=1&page={n[:3]}", f"https://docs.example.org/v1.2.3/x#s-{n}", f"https://youtu.be/{v.token(rng, 11)}", f"https://example.org/status/{n}{n}", f"https://example.org/d/{v.token(rng, 20)}/edit", f"s3://bucket/{n}/x"])


@none("{}", "what is {}", "rename {}", "{} is slow", "why does {} return null")
def identifiers(rng):
    return rng.choice(["getUserAccountDetailsByEmailAddressAndPhone", "NullPointerException", "test_converts_utf8_to_utf16_when_input_is_valid", "testConvertsUtf8ToUtf16WhenInputIsValid2Times", "AbstractSingletonProxyFactoryBean", "kubernetes-dashboard-7d5dcdb6d9-mnlxx", "PKCS1v15WithSHA256AndMGF1", "x86_64-unknown-linux-gnu",
                       "com.example.App$Inner1", "org.apache.commons.lang3.StringUtils", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "en_core_web_sm-3.8.0-py3-none-any.whl", "Win32_OperatingSystem2019DatacenterEdition", "src/learn/privacy/redact_numbers.cc", "a1b2c3", "ubuntu-22.04.3-live-server-amd64.iso"])


@none("{}", "add {} to crontab", "line {}", "match {}", "regex {}")
def patterns(rng):
    return rng.choice(["*/5 0 1-15 * 1-5", "0 0 1 1 *", "\\d{3}-\\d{3}-\\d{4}", "^[0-9]{10}$", "[a-z0-9._%+-]+@[a-z0-9.-]+", "0 30 4 ? * MON-FRI", "(\\d+)\\.(\\d+)", "%Y-%m-%d %H:%M:%S", "###-##-####", "XXX-XX-XXXX", "{0:>10}", "dd/mm/yyyy", "xxxx-xxxx-xxxx-xxxx"])


@none("{}")
def everyday(rng):
    return rng.choice(["set an alarm for 7 30 tomorrow", "play track 12 from album 1989", "what's 15% of 2,450.75", "we won 6-4 7-5 6-3", "scores 102-99, 98-97 and 110-105", "the ratio is 16:9", "john 3:16", "flight 370 seats 4-7", "a 401k and a w-2", "route 66, exit 12", "add 2 1/2 cups", "ISO 8601, RFC 2822, port 443",
                       "1 2 3 4 5 6 7 8 9 10", "windows 10 22H2 19045.3803", "B-52 and F-16", "phone charger 20 watts", "call me maybe 2012", "my phone has 128 gb", "tell me a secret", "my mobile plan has 5000 minutes", "phone 15 costs 1199", "iphone 14 128 gb 6.1 inch", "the call lasted 1200 seconds", "card game with 52 cards",
                       "the card is 85.60 by 53.98 mm", "I called 3 times in 2023", "social security pays 1200", "my account has 1500 dollars", "text 4 chapters by 2024", "pay 1 000 000 now", "call sign 4711", "ring 3 is at 10 20 30"])


def sentences(seed, each, only=None):
    for name, function, sign in [*((n, f, True) for n, f in POSITIVE.items()), *((n, f, False) for n, f in NEGATIVE.items())]:
        if only and name != only:
            continue
        rng = random.Random(f"{seed} {name}")
        for _ in range(each):
            text, spans = function(rng)
            yield {"text": text, "spans": spans, "kind": name, "positive": sign}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=45)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    args = parser.parse_args()
    for sentence in sentences(args.seed, args.each, args.only):
        print(json.dumps(sentence, ensure_ascii=False))


if __name__ == "__main__":
    main()
