#!/usr/bin/env python3
"""A second set of made-up sentences, of the same kinds as generate.py's but with other templates, keys and tricks.

usage: as generate.py
"""
import random
import sys
import uuid

import generate
import values as v

POSITIVE, NEGATIVE = {}, {}


def positive(function):
    POSITIVE["adv_" + function.__name__] = function
    return function


def negative(function):
    NEGATIVE["adv_" + function.__name__] = lambda rng: (function(rng), [])
    return function


def put(rng, lines, value, kind):
    return generate.put(rng.choice(lines), (value, kind))


TALK = ["Hi there, {} is what I normally use, could you note that down?", "hmm… {}?", "Betreff: {} / danke im Voraus", "fyi -> {} <- is right",
        "pls add {} & remove the old one", "so basically ({}) stopped working", "- {}\n- something else", "1. {}\n2. next thing", "> {}\n\nyes that one",
        "*{}* (bold)", "_{}_", "~{}~", "user said: '{}'", "[contact]({})", "{} 👍", "😀{}😀", "Q: {}\nA: ok", "{} -- sent from my phone", "tag;{};end",
        "Olá, {} por favor", "Dzień dobry, {} proszę", "Здравствуйте, {} спасибо", "こんにちは、{}です。", "안녕하세요 {} 입니다", "مرحبا {}", "नमस्ते {} है", "สวัสดี {} ครับ",
        "Xin chào, {} nhé", "Merhaba, {} lütfen", "Γεια σας, {} ευχαριστώ", "שלום, {} תודה"]
LOG = ["2024-03-09 11:02:07,113 WARN {} timed out", "[warn] {}: refused", "Mar  9 11:02:07 box app[1234]: {} seen", "{} | 200 | 13ms", "ERR({})", "level=info msg=\"{}\" n=3",
       "\t{}\t1\t2", "a,b,{},c", "('{}',)", "<<{}>>"]


@positive
def email(rng):
    return put(rng, TALK + LOG, v.email(rng).replace("_", "."), "EMAIL")


@positive
def email_glue(rng):
    return put(rng, ["email={}", "Email:{}", "E-Mail:{}.", "<{}>", "„{}“", "»{}«", "{}、", "{}さん", "на{} письмо", "↪{}", "#{}", "({}),", "{}:", "\"Jane\" <{}>,", "cc={}&x", "{}…", "{}—", "•{}•",
                     "owner:{}", "\\t{}\\n", "contact%3A{}", "mailto%3A{}", "%3C{}%3E", "&lt;{}&gt;", "{}&nbsp;", "{}\\n", "from:{} to"], v.email(rng).replace("+", ".").replace("_", "."), "EMAIL")


@positive
def email_disguised(rng):
    local, host = rng.choice(v.FIRST) + "." + rng.choice(v.LAST), rng.choice(v.HOSTS)
    at = rng.choice(["(AT)", " [At] ", "{@}", " (@) ", "&#64;", "&#x40;", "\\u0040", "＠", "﹫", " @ ", "@\u200b", "\u2063@"])
    dot = rng.choice(["[dot]", "(DOT)", "[.]", "{dot}", ".", "．", "。", "&#46;", "%2E", "\u2024"])
    if at == " @ ":
        dot = "."
    return put(rng, ["write {} today", "{}", "it is {} now", "reach me: {}!"], local.replace(".", rng.choice([".", dot])) + at + host.replace(".", dot), "EMAIL")


@positive
def phone_world(rng):
    text = v.formatted(v.phone(rng), "INTERNATIONAL")
    text = rng.choice([text, text.replace(" ", ""), text.replace(" ", "-"), "(" + text.split(" ")[0] + ") " + text.split(" ", 1)[1], 
                       text.replace("+", "＋"), text.replace(" ", "\u202f"), text.replace(" ", "\u2009"), text.replace("-", "\u2212")])
    return put(rng, TALK + LOG, text, "PHONE")


@positive
def phone_asked(rng):
    number = v.phone(rng)
    text = rng.choice([v.formatted(number, "NATIONAL"), "".join(c for c in v.formatted(number, "NATIONAL") if c.isdigit())])
    return put(rng, ["you can reach me at {} anytime", "give me a ring on {}", "Phone:{}", "Mobile No: {}", "tel/fax {}", "my cell is {} btw", "Telefonnr.: {}", "Téléphone portable : {}", "Teléfono móvil: {}", "phone number is {}",
                     "call back number {}", "my new number: {}", "WhatsApp me at {}", "the phone on file is {}", "numer telefonu {}", "номер телефона {}", "联系电话：{}", "手机号是{}", "お電話は{}まで", "전화번호 {} 입니다", "رقم الهاتف {}", "电话号码 {}",
                     "telefoonnummer {}", "puhelinnumero: {}", "tlf. {}", "Tlf {}", "mob: {}", "M: {}", "T: {}", "callback: {}", "please dial {}", "text {} when done", "sms to {}", "viber {}", "Telegram/WhatsApp: {}", "customer phone {}",
                     "my number's {}", "here's my number: {}", "home phone - {}", "phone (work): {}", "emergency contact: {}"], text, "PHONE")


@positive
def phone_machine(rng):
    number = v.phone(rng)
    text = rng.choice([v.formatted(number, "E164"), v.formatted(number, "E164")[1:], "".join(c for c in v.formatted(number, "NATIONAL") if c.isdigit())])
    return put(rng, ['{"contact":["phone","{}"]}', "<phone>{}</phone>", "<tel value=\"{}\"/>", "PHONE='{}'", "phone => {}", "customer.phone={}", "set_phone(\"{}\")",
                     "UPDATE c SET phone='{}' WHERE id=3", "phone_no={}&a=1", "curl -d mobile={} example.org", "mobileNumber: {},", "'tel': {},", "\"cell_phone\":{}", "user[phone]={}", "-phone={}", "--mobile-number '{}'", "$phone = \"{}\";", "phone:\n  {}",
                     "telephoneNumber: {}", "PHONE_NUMBER={}", "whatsapp_number={}", "to_phone={}"], text, "PHONE")


@positive
def phone_us(rng):
    n = v.us_phone(rng)
    a, b, c = n[:3], n[3:6], n[6:]
    return put(rng, TALK + LOG + ["moved to {} since 2021", "2 numbers: {}", "from 9:00 to 17:30 under {}", "12/24/2023 {}", "$25 {}", "4.5 stars {}", "50% {}", "ID 42: {}", "[12:01] {}", "3) {}", "No.1 {}", "{} 24/7", "{} ext. 12", "{} x12", "{}; and 3 more"],
               rng.choice([f"{a}-{b}-{c}", f"({a}) {b}-{c}", f"{a}.{b}.{c}", f"+1 {a} {b} {c}", f"+1-{a}-{b}-{c}", f"1.{a}.{b}.{c}", f"+1 ({a}) {b}-{c}", f"({a}){b}{c}", f"{a}\u2011{b}\u2011{c}", f"{a}- {b} -{c}", f"{a} . {b} . {c}"]), "PHONE")


@positive
def phone_noise(rng):
    text = v.formatted(v.phone(rng), "E164")
    hidden = rng.choice([lambda s: s[:4] + rng.choice(generate.INVISIBLE) * 3 + s[4:], lambda s: generate.other_digits(rng, s), lambda s: generate.keycaps(rng, s), lambda s: "".join(c + "\u0332" for c in s),
                         lambda s: "".join(chr(0x245F + int(c)) if c in "123456789" else "⓪" if c == "0" else c for c in s), lambda s: s[:3] + "\u2028" + s[3:], lambda s: s.replace("+", "%2B"), lambda s: s[0] + " ".join(s[1:])])(text)
    return put(rng, TALK[:12], hidden, "PHONE")


@positive
def card(rng):
    number, groups = v.card(rng)
    return put(rng, TALK + LOG + ["card on file: {}", "charge {} please", "Karte {} gesperrt", "mi tarjeta {} no funciona", "ma carte {} est bloquée", "my debit card no. {}", "amount 12.50 card {}", "{} (visa)", "PAN={}", "cc:{}", "\"card\":[\"number\":\"{}\"", "ccnum='{}'",
                                      "{} expires 04/29 cvv below", "paid 20 EUR with {}", "15.01.2024 {}", "x3 {}", "card#{}", "card:{};", "card_{}", "卡号是{}。"],
               v.grouped(number, groups, rng.choice(["", "", " ", "-", "\u00a0", "\u2011", "  "])), "CARD")


@positive
def card_noise(rng):
    number, groups = v.card(rng)
    text = rng.choice([lambda: "\u200b".join(number), lambda: generate.other_digits(rng, number), lambda: v.grouped(number, groups, "\n"), lambda: generate.keycaps(rng, number), lambda: v.grouped(number, groups, "\u2007"), lambda: v.grouped(number, groups, " \u200b "), lambda: v.grouped(number, groups, "%20")])()
    return put(rng, TALK[:12], text, "CARD")


@positive
def iban(rng):
    text = v.iban(rng)
    text = rng.choice([text, text.lower(), " ".join(text[i:i + 4] for i in range(0, len(text), 4)), "-".join(text[i:i + 4] for i in range(0, len(text), 4)), text[:2] + " " + text[2:], "\u2009".join(text[i:i + 4] for i in range(0, len(text), 4)), " \n".join(text[i:i + 4] for i in range(0, len(text), 4)),
                       "\u200b".join(text), "%20".join(text[i:i + 4] for i in range(0, len(text), 4))])
    return put(rng, TALK + LOG + ["IBAN {}", "IBAN:{}", "iban={};bic=X", "Kontonummer: {}", "überweisen auf {}", "virement vers {}", "acct_{}", "{}/EUR", "IBAN\n{}", "\"iban\":\"{}\"", "账户{}", "--iban={}"], text, "IBAN")


@positive
def ssn(rng):
    text = v.ssn(rng)
    return put(rng, TALK[:20] + LOG + ["social security: {}", "SSN is {}", "\"ssn\":\"{}\"", "ssn => '{}'", "<ssn>{}</ssn>", "ssn:{},dob:1990-01-02", "3. {}", "dob 01/02/1990 ssn {}", "SOCIAL_SECURITY_NUMBER={}", "patient {}", "{} (ssn)", "soc. sec. #{}"], rng.choice([text, text, text.replace("-", "\u2013"), text.replace("-", "\u2010")]), "SSN")


@positive
def ssn_plain(rng):
    return put(rng, ["social security number: {}", "\"ssn\": {},", "SSN={}", "my social security number is {}", "ssn# {}", "ssn - {}", "user_ssn={}", "socialSecurityNumber: \"{}\"", "--ssn={}", "last year I gave my ssn, {}"], v.ssn(rng).replace("-", ""), "SSN")


@positive
def national(rng):
    line, text = rng.choice([("NINO {}", v.nino(rng)), ("national insurance: {}", v.grouped(v.nino(rng), (2, 2, 2, 2, 1), " ")), ("DNI: {}", v.dni(rng)), ("meu CPF é {}", v.cpf(rng)), ("cpf={}", v.cpf(rng).replace(".", "").replace("-", "")), ("passport # {}", "E" + v.digits(rng, 8)),
                             ("número de pasaporte {}", "AAB" + v.digits(rng, 6)), ("mon passeport est {}", v.digits(rng, 2) + "AB" + v.digits(rng, 5)), ("driver license: {}", "S" + v.digits(rng, 3) + "-" + v.digits(rng, 4) + "-" + v.digits(rng, 4)), ("Aadhaar: {}", v.digits(rng, 12, "23456789")),
                             ("my Steuer-ID is {}", v.grouped(v.digits(rng, 11, "123456789"), (2, 3, 3, 3), " ")), ("BSN {}", v.digits(rng, 9, "123456789")), ("SIN: {}", v.grouped(v.digits(rng, 9, "1234567"), (3, 3, 3), "-")), ("TFN {}", v.grouped(v.digits(rng, 9, "1234567"), (3, 3, 3), " ")), ("ИНН {}", v.digits(rng, 12, "123456789")),
                             ("护照号码：{}", "E" + v.digits(rng, 8)), ("\"passportNumber\": \"{}\"", "P" + v.digits(rng, 8)), ("NHS number {}", v.grouped(v.digits(rng, 10, "4"), (3, 3, 4), " ")), ("CURP {}", "GODE561231HDFRRN09"), ("tax_id={}", v.digits(rng, 10, "123456789")), ("NRIC S{}D", v.digits(rng, 7)),
                             ("PPS number {}", v.digits(rng, 7) + "TA"), ("my ID card number is {}", "L" + v.digits(rng, 8)), ("identity card: {}", v.digits(rng, 9, "123456789"))])
    if line == "NRIC S{}D":
        return generate.put("NRIC {}", ("S" + text + "D", "ID"))
    return generate.put(line, (text, "ID"))


@positive
def ip(rng):
    address = rng.choice([v.ipv4, v.ipv6])(rng)
    return put(rng, TALK[:20] + ["blocked {} twice", "from={} to=x", "X-Forwarded-For: {}, 127.0.0.1", "client {} port 4711", "Failed password for root from {}", "\"client_ip\": \"{}\"", "ip addr add {}/64 dev eth0", "IP={}", "peer:{};", "{}→x", "allow {};", "host={} user=bob", "remote_addr={}", "src_ip:{}", "ping -c 3 {}",
                           "ip is {}!", "[{}]", "ip_{}", "訪問元{}です"], address, "IP")


@positive
def url(rng):
    user, secret, host = rng.choice(v.FIRST), v.token(rng, rng.randint(6, 14)), rng.choice(v.HOSTS)
    return put(rng, ["wget {}", "origin\t{} (fetch)", "url = {}", "\"url\": \"{}\",", "connect({})", "<{}>", "proxy: {}", "curl -x {} x.org", "see {}."], rng.choice([f"https://{user}:{secret}@{host}", f"http://{user}:{secret}@{host}:3128/", f"smtp://{user}%40{host}:{secret}@{host}:587", f"rediss://default:{secret}@{host}:6380",
               f"postgresql+psycopg2://{user}:{secret}@{host}/db?sslmode=require", f"ssh://{user}:{secret}@{host}/x", f"svn+ssh://{user}:{secret}@{host}/r", f"https://oauth2:{secret}@{host}/g.git", f"amqps://{user}:{secret}@{host}/v"]), "URL")


KEYS = "adminPassword root_password MYSQL_ROOT_PASSWORD login.password pass PASS new_password ftp-passwd sudo_pwd userPass jwt_secret appSecret stripe_secret_key slackToken bot_token BEARER_TOKEN githubToken x-api-key openai_api_key private_token sessionToken".split()


@positive
def secret_key(rng):
    key = rng.choice(KEYS)
    strong = any(x in key.lower() for x in ("pass", "pwd"))
    value = rng.choice([v.secret(rng), "Winter2024", "ilovecats99", "abc123!", "p4ssphrase"]) if strong else v.token(rng, rng.randint(14, 36))
    line = rng.choice(['"{k}":"{{}}"', "{k}: '{{}}'", "{k}={{}}", "{k} = {{}}", "{k}: {{}}", "{k}:  \"{{}}\"  # todo", "-D{k}={{}}", "SET {k}='{{}}'", "env.{k}='{{}}'", "{k} -> {{}}", "{k}→{{}}", "`{k}`: `{{}}`", "{k}：{{}}", "<{k}>{{}}</{k}>",
                       "'{k}' => '{{}}'", "{k} := '{{}}'", "[\"a\": 1, \"{k}\": \"{{}}\"]", "--{k}={{}}", "--{k} '{{}}'", "{k}=\"{{}}\" ./run.sh", "http://x.org/?{k}={{}}&y=1"]).replace("{k}", key).replace("{{}}", "{}")
    if "http" in line:
        value = value.replace("#", "").replace("%", "").replace("&", "")
    return generate.put(line, (value, "KEY"))


@positive
def secret_talk(rng):
    return put(rng, ["my password for netflix is {}", "password is {} I think", "psw: {}", "the root password = {}", "pwd {} doesn't work", "username bob password {}", "user: bob, password: {}", "login bob / pw {}", "my email password is {}, change it", "use pwd: {}", "(password: {})", "pass={}", "PASSWORD: {}", "Password - {}", "password → {}",
                     "passwort lautet {}", "Kennwort: {}", "la clave es {}", "clave: {}", "le mot de passe est {}", "mdp: {}", "hasło to {}", "пароль от почты: {}", "пароль {}", "密码为{}", "我的密码是 {}", "パスワード：{}", "비밀번호는 {} 입니다", "كلمة المرور: {}", "סיסמה: {}", "şifrem {}", "wachtwoord is {}", "salasana: {}", "my old password was {} and now it fails",
                     "temporary password: {}", "Your password has been set to {}", "the admin password: {}", "wifi pw {}", "default password is {}", "set password to '{}'", "password='{}'"], rng.choice(["hunter22", "Sommer2024!", "qwErty77", "c0rrect_h0rse", "Xk9#mPq2", "blue42sky", "P@ssw0rd", "dragon_99"]), "KEY")


@positive
def secret_phrase(rng):
    return put(rng, ['password = "{}"', "passphrase: '{}'", 'my password is "{}"', "“password”: “{}”", "the passphrase is '{}'", "password: «{}»", '"wifi_password": "{}"', "seed phrase: {}", "my recovery phrase is {}"], "legal winner thank year wave sausage".rsplit(" ", rng.randint(0, 2))[0], "KEY")


@positive
def secret_odd(rng):
    return put(rng, ['["password":"{}"]', "password = \"{}\"", "pwd='{}'", "password: {}"], rng.choice(["$uper$ecret", "mötörhead9", "пароль123", "猫が好き99", "!@#$%^", "(secret)1", "a.b.c.d9", "n0t/a/path!", "~tilde~8", "1234", "0000", "qwerty", "letmein", "correct-horse-battery", "100%", "C:\\x9"]), "KEY")


@positive
def header(rng):
    return put(rng, ["Authorization: Bearer {}", "authorization: bearer {}", "-H \"Authorization: token {}\"", "X-API-Key: {}", "'X-Auth-Token': '{}'", "Cookie: sid=1; auth={}", "headers=['Authorization': 'Bearer {}']", "Proxy-Authorization: Basic {}", "api-key: {}", "set-cookie: token={}; path=/"], v.token(rng, rng.randint(20, 40)), "KEY")


@positive
def code_number(rng):
    line, n = rng.choice([("my pin code is {}", 4), ("PIN={}", 4), ("\"cvv\":\"{}\"", 3), ("CVV2: {}", 3), ("the 2FA code is {}", 6), ("OTP {}", 6), ("atm pin {}", 4), ("sms code: {}", 5), ("security code {}", 3), ("card pin: {}", 4), ("change my pin to {}", 4), ("pin is {}", 5)])
    return generate.put(line, (v.digits(rng, n), "KEY"))


@negative
def calendar(rng):
    y, d, m, h, mi = rng.randint(1950, 2030), rng.randint(1, 28), rng.randint(1, 12), rng.randint(0, 23), rng.randint(10, 59)
    return rng.choice([f"{y}{m:02d}{d:02d}", f"{y}-{m:02d}-{d:02d}/{y + 1}-{m:02d}-{d:02d}", f"{d:02d}.{m:02d}.{y % 100:02d} - {d:02d}.{m:02d}.{(y + 1) % 100:02d}", f"{d}.{m}.{y} {h}.{mi}", f"{y}-W{m:02d}", f"{y}/{y + 1}", f"Q1 {y} - Q3 {y}", f"{d:02d}-{m:02d}-{y} {h:02d}:{mi}", f"meeting {h:02d}{mi} to {h:02d}{mi}", f"{y}-{m:02d}-{d:02d}T{h:02d}:{mi}:00+02:00",
                       f"{y}_{m:02d}_{d:02d}", f"born {d:02d}/{m:02d}/{y}, died {d:02d}/{m:02d}/{y}", f"{y}年{m}月{d}日", f"{h}:{mi}-{h}:{mi}", f"{d:02d} {m:02d} {y}", f"backup-{y}{m:02d}{d:02d}-{h:02d}{mi}00.tar", f"({y}–{y + 9})", f"{y}, {y + 1}, {y + 2}", f"cron {mi} {h} * * 1-5", f"exp {m:02d}/{y % 100:02d}", f"{y}.{m:02d}.{d:02d}-{h:02d}.{mi}"])


@negative
def quantity(rng):
    n = v.digits(rng, rng.randint(7, 11), "23456789")
    return rng.choice(["we shipped {} units", "{} subscribers", "total of {} cells", "{} inhabitants live there", "disk has {} blocks", "reads={} writes=12", "rows: {}", "RSS {} kB", "{} tokens/s", "heap {}K", "got {} hits", "distance {} km", "sum = {}", "a[{}] = 0", "for i in range({}):", "x = {} * 2", "if n > {}:", "sleep({})", "memory: {}Mi", "{} ops",
                       "hash({})", "mod {}", "prime {}", "factorial gives {}", "checksum {}", "crc {}", "inode {}", "uid={}", "ticket #{}", "PO {}", "Rechnung Nr. {}", "commande n° {}", "pedido {}", "заказ {}", "订单{}", "tracking id {}", "job-{}", "run_{}", "node {} failed", "id:{}", "post/{}", "video {}", "song id {}", "steam id {}", "isbn {}",
                       "serial no {}", "license plate {}", "model no. {}", "article {}", "case #{}", "claim number {}", "patent {}", "batch no. {}", "flight number {}", "meter reading {}"]).format(n)


@negative
def decimals(rng):
    return rng.choice(["{}", "p={}", "loss={}", "[{}, {}]", "acc {} -> {}", "σ = {}", "x: {}, y: {}", "({} {})", "{}e10", "ratio {}", "\"score\":{}", "weights: {} {}", "{}s elapsed", "{}ms"]).replace("{}", f"{rng.randint(0, 9)}.{v.digits(rng, rng.randint(10, 18))}")


@negative
def hashes(rng):
    h = "".join(rng.choice("0123456789abcdef") for _ in range(rng.choice([32, 40, 64, 128])))
    return rng.choice(["{}", "HEAD is now at {}", "docker pull x@sha256:{}", "md5sum: {}", "{} *file.iso", "cherry-pick {}", "ETag: W/\"{}\"", "tree {}", "0x{}", "tx {}", "cid {}", "go: h1:{}", "{}.js", "/assets/app.{}.css", "build {}", "digest: {}", "session {}", "trace_id={}"]).format(h)


@negative
def ids(rng):
    u = str(uuid.UUID(int=rng.getrandbits(128)))
    return rng.choice(["{}", "id: {}", "\"request_id\":\"{}\"", "x-request-id: {}", "pod/web-{}", "GET /orders/{}/items", "device {}", "{{{}}}", "uuid=\"{}\"", "trace {}", "arn:aws:x:{}", "tenant {}", "blob_{}", "guid: {}", "file-{}.tmp", "correlationId={}"]).format(u)


@negative
def software(rng):
    a, b, c, d = (rng.randint(0, 40) for _ in range(4))
    return rng.choice([f"v{a}.{b}.{c}.{d}", f"version: {a}.{b}.{c}.{d}", f"driver {a}.{b}.{c}.{d} installed", f"\"version\":\"{a}.{b}.{c}.{d}\"", f"Chrome/{100 + a}.0.{b}.{c}", f"x-{a}.{b}.{c}.{d}.tgz", f"Version={a}.{b}.{c}.{d}, Culture=neutral", f"app {a}.{b}.{c}.{d}-beta", f"firmware {a}.{b}.{c}.{d}", f"from v{a}.{b}.{c}.{d} to v{a}.{b}.{c}.{d + 1}",
                       f">= {a}.{b}.{c}", f"python{a}.{b}", f"node:{a}.{b}.{c}-alpine", f"pkg@{a}.{b}.{c}", f"pkg=={a}.{b}.{c}.{d}", f"release {a}.{b}.{c}.{d} notes", f"build {a}.{b}.{c}.{d}", f"section {a}.{b}.{c}.{d}", f"OID 1.3.6.1", f"Assembly version {a}.{b}.{c}.{d}"])


@negative
def programs(rng):
    return rng.choice(["x[10::20]", "a[::2, 1::3]", "b[i::4]", "std::map<int, a::b>", "face::cafe", "A::B::C()", "use std::fs::File;", "Foo::bar(1)", "$a::$b", "s[1:10:2]", "mat[:, 0:100]", "abc::def", "ns1::ns2::fn3", "Time::HiRes", "dead::code", "chmod -R 0755 /srv", "0644 0755 0600", "umask 0022", "ls -l 0777", "open(p, 0o644)", "kill -9 12345 23456", "exit 255",
                       "for (i=0;i<1000000;i++)", "0xDEADBEEF 0xCAFEBABE", "#ff8800 #123456", "rgb(255, 128, 64)", "INT_MAX = 2147483647", "-2147483648 overflow", "return 4294967295;", "UINT64_MAX 18446744073709551615", "1e10 + 1e-5", "a @ b", "@app.route('/x')", "lodash@4.17.21", "@types/react@18.2.0", "git@v2", "user@host", "W @ x", "deps: foo@^1.2.3", "regex ^\\d{10}$", "\\+?[0-9]{7,15}",
                       "printf(\"%02d:%02d\")", "sed -i s/a/b/", "grep -n 12345 file", "awk '{print $1}'", "tar xzf x-1.2.3.tar.gz", "pip install a==1.0.0 b==2.0.0", "EXPLAIN (ANALYZE) 0.00..431.00", "cost=0.29..8.31 rows=1 width=244", "bench 1024x768 60Hz", "(1, 2, 3, 4)", "[[1,2],[3,4]]", "{1: 2, 3: 4}", "i = 0; j = 10; k = 100", "1 1 2 3 5 8 13 21 34 55 89 144", "3 1 4 1 5 9 2 6 5 3 5"])


@negative
def talk_of_secrets(rng):
    return rng.choice(["what makes a password strong", "I lost my password yesterday", "the password is too weak", "password reset does not arrive", "is the api key in the header?", "where is my token", "tokens per second", "the secret to good bread", "my secret is that I like jazz", "password policies", "Password must contain a digit", "the password should be long", "your password has expired",
                       "password: please help", "pass the salt", "I pass on that", "hard pass", "boarding pass 12", "pass: 3 fail: 2", "all tests pass", "pin the message", "pin this tab", "GPIO pin 17", "a 40-pin connector", "pin 4 is ground", "safety pin", "the key is missing", "key value store", "key: id", "primary key", "press any key", "keys = sorted(d)", "api key not found", "token expired", "invalid token", "refresh token rotation",
                       "token_type: bearer", "secret = None", "password = ''", "password=self.pw", "pwd: /home/x", "PASSWORD_FILE=/run/secrets/db", "passwordField.clear()", "const password = useState('')", "password ? ok : no", "type=password", "password: String", "password: string", "token: str = None", "secret_name: db", "secretKeyRef:", "--password-file x", "getPassword()", "hash_password(p)", "password_hash", "password => void",
                       "auth: none", "auth = Auth()", "cookie policy", "session 3 of 10", "cookies and tea", "the otp never came", "otp not working", "cvv is on the back", "where do I find the cvv", "my pin does not work", "credentials are wrong", "credentials: include", "bearer of news", "signature required", "sig fig", "the passphrase is wrong", "passport renewal", "social security benefits in 2024", "my tax id is pending", "api_key=<YOUR_KEY>", "token=xxxxx", "API_KEY=${API_KEY}",
                       "password: ********", "password=$PASS", "password: {{ pw }}", "password=os.getenv('PW')", "secret: !vault", "the password was rejected", "password, username", "password\nusername", "passwords: hashed", "password is mandatory", "enter password", "my password is the same", "how do I change the password to something new", "set the password to expire", "key = lambda x: x[1]"])


@negative
def everyday(rng):
    return rng.choice(["call 112 now", "dial 0 for help", "text STOP to 4040", "call me in 5 minutes", "my phone is 3 years old", "phone costs 1099 euros", "iphone 15 256 gb", "I have 2 phones and 1000 apps", "phone battery 4500 mAh", "call duration 3600 seconds", "room 4021 floor 12", "bus 42 at 7.15", "gate B22 seat 14C", "zip 90210", "10115 Berlin", "SW1A 1AA", "75008 Paris", "route 101 exit 420", "page 200-250", "chapter 7 verse 11", "3-2-1 go",
                       "won 21-14 28-7", "6-3, 7-6 (7-4)", "score 110-98", "size 42 shoes", "5'11\" tall", "180 cm 75 kg", "2 x 4", "1/2 cup 3/4 tsp", "350 degrees for 20-25 minutes", "about 100-150 people", "years 2010 to 2020", "the 1980s and 1990s", "1 000 000 views", "$1,000,000.00", "€ 1.250.000", "30% of 1200", "1 in 1000000", "load average 0.15 0.20 0.25", "ratio 3:2:1", "version 2", "apollo 11 1969", "born in 1984", "windows 11 24H2",
                       "amount 1234567890.12", "IMEI 490154203237518", "VIN 1HGCM82633A004352", "EAN 4006381333931", "ISBN 0-306-40615-2", "ISBN 9780306406157", "doi 10.1000/182", "RFC 5321", "ISO 27001", "CVE-2024-12345", "H2O CO2", "B2B 24/7", "COVID-19", "F-16", "A4 210 x 297 mm", "4K 3840x2160", "USB 3.2", "802.11ac", "AES-256", "SHA-512", "mp3 320 kbps", "7 8 9 10", "01 02 03 04 05 06", "12 34 56 78 90 12 34", "111 222 333"])


@negative
def links(rng):
    n = v.digits(rng, rng.randint(7, 12), "23456789")
    return rng.choice(["https://x.org/{}", "https://example.org/a/{}?b=1", "see example.org/p/{}.html", "/api/v1/users/{}", "C:\\Users\\x\\{}.log", "s3://b/{}/k", "file_{}.txt", "img-{}.png", "https://example.org/watch?v=dQw4w9WgXcQ&t={}", "https://maps.example.org/@52.52,13.405,15z", "https://example.org/#L{}", "../data/{}/x.csv", "ftp://example.org/{}.zip", "https://example.org/issues/{}", "https://example.org:8443/x", "magnet:?xt=urn:btih:{}", "tag/{}", "status/{}"]).format(n)


def sentences(seed, each, only=None):
    for name, function, sign in [*((n, f, True) for n, f in POSITIVE.items()), *((n, f, False) for n, f in NEGATIVE.items())]:
        if only and name != only:
            continue
        rng = random.Random(f"{seed} {name}")
        for _ in range(each):
            text, spans = function(rng)
            yield {"text": text, "spans": spans, "kind": name, "positive": sign}


if __name__ == "__main__":
    generate.sentences = sentences
    sys.exit(generate.main())
