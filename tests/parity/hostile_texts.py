"""Texts that are hard to tokenise, from a fixed seed: the same list each time."""

import random

BLANKS = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n ", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85",
          "\xa0", "\u1680", "\u180e", "\u2000", "\u2003", "\u2009", "\u200a", "\u200b", "\u2028", "\u2029", "\u202f",
          "\u205f", "\u2060", "\u3000", "\ufeff"]
EMOJI = ["😀", "😂😂", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "☺", "✔️", "©", "™", "🫠", "🧑🏿‍🦽", "1️⃣", "🛜", "\U0001fae8"]
URLS = ["http://example.com", "https://user:pw@example.co.uk:8080/a/b.html?x=1&y=2#frag", "www.example.org/", "example.com",
        "foo.bar.baz", "ftp://ftp.example.com/file.txt", "mailto:jane@example.com", "jane.doe+tag@mail.example.com",
        "@handle", "#hashtag", "192.168.0.1", "8.8.8.8:53", "http://münchen.de/ä?ö=ü", "http://例え.jp", "a.b", "x.Com", "e.g.com",
        "//example.com", "http://", "https://x", "file:///etc/passwd", "C:\\Users\\me", "/usr/local/bin", "~/.bashrc",
        "localhost:3000", "10.0.0.1/24", "2001:db8::1", "http://10.1.2.3/", "http://142.42.1.1:8080/", "foo@bar", "a@b.c",
        "http://foo.com/blah_(wikipedia)#cite-1", "http://www.foo.bar./", "http://-a.b.co", "http://a.b-c.de", "user@[1.2.3.4]"]
HTML = ["<br>", "<br/>", "</p>", "<a href=\"http://x.y/?a=b&c=d\">link</a>", "&nbsp;", "&amp;", "&#8217;", "<!-- no -->",
        "<b>bold</b><i>x</i>", "[url](http://a.b)", "**bold**", "`code()`", "__init__", "$x_1^2$", "{{name}}", "%s", "\\n", "\\t"]
CONTRACTIONS = ["can't", "Can’t", "cannot", "won't've", "I'd've", "y'all're", "it's", "its'", "IT'S", "dogs'", "'twas", "'em", "’em",
                "o'clock", "rock'n'roll", "gonna", "Gotta", "dunno", "ain't", "shan't", "let's", "LET'S", "whatcha", "ma'am",
                "could've", "he'll", "they're", "who'd", "n't", "'s", "s'", "''", "``", "\"'", "'\"", "don't.", "(don't)",
                "dont", "i'm", "I´m", "I`m", "you′re", "C'mon", "d'être", "l'homme", "qu'est-ce", "aujourd'hui", "dell'arte"]
ABBREVIATIONS = ["U.S.A.", "U.S.", "e.g.", "i.e.,", "Dr.", "Mr.Smith", "Inc.", "Co.", "St.", "a.m.", "10a.m.", "5pm.", "p.m", "vs.", "etc...", "Ph.D.",
                 "No.", "Jan.", "z.B.", "d.h.", "bzw.", "M.", "Mme.", "Sr.", "p.ej.", "т.е.", "и т.д.", "ул.", "A.", "AB.", "a.b.c", "A.B.C.", "3rd.", "w/o", "c/o"]
NUMBERS = ["10km", "5kg.", "3.5GHz", "$5", "5$", "US$100", "€1.234,56", "1,000,000.00", "£3m", "50%", "-5", "+7", "±3", "1/2", "3/4/5", "½", "²", "x²", "10m²",
           "1e-5", "0x1F", "12:30", "12:30pm", "9am-5pm", "2019-01-02", "01/02/2020", "1990s", "'90s", "1st", "2nd", "22ND", "11th", "٣٤", "४५", "Ⅷ", "五", "1_000",
           "1.", "1.2.3", ".5", "5.", "10°C", "10°C.", "5'10\"", "#1", "№5", "A4", "COVID-19", "B2B", "4x4", "10-20", "10–20", "¥100", "100¥", "₹500", "1+1=2", "a*b", "2^10",
           "one", "Twenty-one", "MILLION", "zweite", "deux", "три", "１２３", "𝟙𝟚", "9,99"]
SCRIPTS = ["Привет", "мир!", "Ελληνικά", "ΟΔΥΣΣΕΥΣ", "ΑΣ.", "Σ", "αΣβ", "İstanbul", "ISPARTA", "ıI", "straße", "STRASSE", "ﬁn", "Ǆ", "ǅ", "ǆ", "ß", "ẞ", "Å", "ﬀ", "עברית", "שלום,", "العربية", "مرحبا؟",
           "हिन्दी", "नमस्ते।", "বাংলা", "ไทย", "日本語", "中文。", "「引用」", "한국어", "አማርኛ", "ქართული", "Հայերեն", "தமிழ்", "ꙮ", "𝔘𝔫𝔦", "𐐀𐐨", "ꭰᎠ", "naïve", "nai\u0308ve", "e\u0301", "Z\u0351\u036b\u0343",
           "Łódź", "Việt", "São", "mañana", "œuvre", "Übermut", "Ñandú", "čeština", "kůň", "świat", "Ünlü", "ёлка", "Її", "ﷺ", "ﷲ", "ﬅ", "Ὀδυσσεύς", "ᾈ", "ʼn", "ŉ", "ΐ", "ᾳ", "Å", "K", "ſ", "µ", "μ", "ϐ"]
QUOTES = ["\"", "'", "“", "”", "‘", "’", "„", "‚", "«", "»", "‹", "›", "`", "´", "‛", "‟", "❝", "❞", "〝", "〞", "＂", "＇", "「", "」", "『", "』", "(", ")", "[", "]", "{", "}", "（", "）", "【", "】", "<", ">", "⟦", "⟧"]
MARKS = [".", "..", "...", "....", "…", "!", "!!", "?!", "?", ",", ";", ":", "-", "--", "---", "–", "—", "―", "‐", "‑", "/", "\\", "|", "_", "__", "*", "**", "~", "^", "+", "=", "==", "&", "%", "@", "#", "$", "·", "•",
         "।", "،", "؟", "。", "！", "？", "、", "·", "§", "¶", "†", "°", "→", "∞", "≠", "♥", "¡", "¿", "％", "＃"]
EMOTICONS = [":)", ":-)", ":(", ";-)", ":D", "XD", ":P", "<3", "</3", "^_^", "o_O", "-_-", "¯\\_(ツ)_/¯", "(╯°□°)╯︵┻━┻", "ಠ_ಠ", ":'(", "=)", "8)", ":o", "(:", ":))))", ">.<", "xDD", ":/", ":-/", "\\o/", "(-_-)", "><(((*>", "0.0"]
CONTROL = ["\x00", "\x01", "\x07", "\x08", "\x1b", "\x1b[31m", "\x7f", "\x80", "\x9f", "\u200c", "\u200d", "\u200e", "\u200f", "\u202e", "\u2066", "\ufe0f", "\ufffd", "\ufffc", "\ue000", "\U000e0041", "\U0010ffff", "\ufffe", "\ufdd0", "\u0378",
           "\U0001fadf", "\U00031350", "\u1c89", "\ua7cb", "\U0001e4d0", "\U00010d50"]
WORDS = ["the", "The", "THE", "house", "run", "Apple", "iPhone", "eBay", "McDonald", "state-of-the-art", "mother-in-law", "and/or", "he/she", "either.Or", "end.Next", "end,next", "a,b", "semi;colon", "key=value", "C++", "C#", "F#", ".NET", "node.js",
         "AT&T", "R&D", "Q&A", "Yahoo!", "x-ray", "re-enter", "non-", "-ish", "co-op.", "well-known,", "und", "mit", "eine", "nicht", "le", "des", "los", "het", "och", "się", "não", "che", "не", "και",
         "aaaaaaaa", "hahahahaha", "sooooo", "WTF", "lol", "ORTH", "NORM", "nsubj", "X", "dep", "det", "travelling", "colour", "favourite", "a"]
GROUPS = [BLANKS, EMOJI, URLS, HTML, CONTRACTIONS, ABBREVIATIONS, NUMBERS, SCRIPTS, QUOTES, MARKS, EMOTICONS, CONTROL, WORDS, WORDS]


def edge_texts():
    """Every atom by itself, and what is empty, long or repeated."""
    texts = ["", " ", "  ", "   a", "a   ", " a", "a ", "\n", "\n\n a \n", "a\n b", "\t\ta", "a\u00a0b", "\u00a0", " \u00a0 ", "a \u3000 b"]
    texts += [atom for group in GROUPS for atom in group]
    texts += [mark * n for mark in "(.'\"!?-_$*)" for n in (7, 40)]
    texts += ["x" * n for n in (99, 100, 101, 5000)] + ["ü" * 99, "ü" * 100, "a1" * 600, "a." * 200, ".a" * 200, "a-" * 200, "(a" * 100 + ")" * 100,
              "http://" + "a" * 300 + ".com", "a@" * 50, "a" * 70 + ".com", "1," * 300, "'" * 101 + "s"]
    return texts


def random_text(rng):
    pieces = []
    for _ in range(rng.randint(1, 12)):
        atom = rng.choice(rng.choice(GROUPS))
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            other = rng.choice(rng.choice(GROUPS))
            atom = atom + other if rng.random() < 0.5 else other + atom
        pieces.append(atom)
        pieces.append(rng.choice((" ", " ", " ", " ", "", rng.choice(BLANKS))))
    return "".join(pieces)


def random_characters(rng):
    """Any code points, unassigned ones too, a few of them words."""
    out = []
    for _ in range(rng.randint(1, 30)):
        top = rng.choice((0x80, 0x250, 0x3000, 0x10000, 0x20000, 0x110000))
        code_point = rng.randrange(top)
        out.append(" " if 0xD800 <= code_point <= 0xDFFF else chr(code_point))
        if rng.random() < 0.2:
            out.append(rng.choice(WORDS))
    return "".join(out)


def hostile_texts(count=3000, seed=20221122):
    rng = random.Random(seed)
    texts = edge_texts()
    while len(texts) < count:
        texts.append(random_characters(rng) if len(texts) % 4 == 0 else random_text(rng))
    return texts
