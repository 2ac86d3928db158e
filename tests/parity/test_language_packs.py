"""Every language of spaCy whose tokenizer is its rule tokenizer: the same tokens and attributes from its pack."""

import importlib
import json
import os
import random
import subprocess
from pathlib import Path

import pytest
import spacy
from conftest import PYTHON, SOURCE, run_pawl
from hostile_texts import CONTRACTIONS, EMOJI, GROUPS, MARKS, QUOTES, URLS, hostile_texts
from spacy.tokens import DocBin
from test_tokens import assert_same_tokens

EXPORTER = SOURCE / "tools" / "export_language_pack.py"
OTHER_TOKENIZERS = ["ja", "ko", "th", "vi", "zh"]
LANGUAGES = sorted(path.parent.name for path in Path(spacy.lang.__path__[0]).glob("*/__init__.py")
                   if path.parent.name not in OTHER_TOKENIZERS)
MULTILINGUAL = [
    "Ada's e-mail is ada@example.org – she'll be in the U.S. (or the U.K.?) on 3/4, at 10a.m.!",
    "Frau Dr. Müller-Lüdenscheidt wohnt z.B. in der Königstr. 5, 70173 Stuttgart; das kostet 1.234,56 €.",
    "L'été dernier, aujourd'hui encore, M. d'Arc n'a-t-il pas dit « c'est-à-dire 50 % » ?",
    "¿Cuánto cuesta? ¡Muchísimo! El 1.º de mayo, la Sra. Núñez pagó 3,5 millones de pesos.",
    "Dell'acqua e un po' di caffè: all'uomo dell'800 costava 2.000 lire.",
    "Não sei; dá-lhe R$ 10,50 e deixa-o ir à praia d'El-Rei às 9h30.",
    "'s Avonds om 8 uur kocht Jan-Willem foto's in 's-Hertogenbosch voor €5,-.",
    "Det kostar 5:- kr/st. – t.ex. hos H&M på S:t Eriksgatan 12 B.",
    "Tuo on n. 5 km:n päässä EU:n rajasta, klo 12.30.",
    "Třicet pět %, tj. 35 %, např. v r. 1989; p. Novák řekl: „Ano!“",
    "W 1990 r. prof. Łącki miał ok. 3,5 tys. zł, m.in. na książki.",
    "A magyarok 5-10%-a pl. 3 km-re él Budapesttől, kb. 2020-ban; „igen” – mondta.",
    "В 2020 г. т.е. недавно, д-р Иванов-Петров (ул. Ленина, 5) сказал: «Нет!» — и т.д.",
    "Це п'ятий під'їзд, м. Київ, вул. Хрещатик, 1 — та ін.",
    "Το 2020 μ.Χ. ο κ. Παπαδόπουλος είπε: «Όχι· ποτέ!» π.χ. 3,5 εκατ.",
    "في عام ٢٠٢٠م، قال د. أحمد: «لا؟ نعم!» و٣٫٥٪ من الناس.",
    "בשנת 2020 אמר ד\"ר כהן: \"לא!\" – צה\"ל, ת\"א, 3.5%.",
    "در سال ۱۳۹۹ آقای دکتر می‌گوید: «نه؟» ۳٫۵٪.",
    "آج ۲۰۲۰ء میں ڈاکٹر صاحب نے کہا: ’’نہیں‘‘۔ ۳۵٪",
    "सन् २०२० में डॉ. शर्मा ने कहा: “नहीं!” ३५% लोग।",
    "২০২০ সালে ড. রহমান বললেন: “না!” ৩৫% মানুষ।",
    "2020இல் டாக்டர் சொன்னார்: “இல்லை!” 35% மக்கள்.",
    "2020లో డాక్టర్ అన్నారు: “కాదు!” 35% ప్రజలు.", "2020ರಲ್ಲಿ ಡಾ. ಹೇಳಿದರು: “ಇಲ್ಲ!” 35%.", "2020ൽ ഡോ. പറഞ്ഞു: “ഇല്ല!” 35%.",
    "2020 වසරේදී ආචාර්ය කීවේ “නැත!” 35%.", "ལོ་༢༠༢༠ལ་སྨན་པས་བཤད། “མིན།” ༣༥%", "በ2020 ዓ.ም. ዶ/ር አለ፤ «አይ!» 35%።",
    "2020 թ. բժիշկն ասաց՝ «Ո՛չ»։ 35 %", "2020 წ. ექიმმა თქვა: „არა!“ 35%", "2020年，王博士说：“不！”占35%。", "2020年、博士は「いいえ!」と言った。",
    "2020년 박사는 “아니요!”라고 말했다.", "ปี 2020 หมอพูดว่า “ไม่!” 35%", "Năm 2020, TS. Nguyễn nói: “Không!” 35%.",
    "2020'de Dr. Yılmaz İstanbul'da \"hayır!\" dedi; %35'i.", "Ní raibh sé ann i mbl. 2020, b'fhéidir; d'ól sé t-uisce.",
]


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """What set-up made; where only a part is there, all of it anew."""
    made = Path(os.environ.get("PAWL_LANGUAGE_PACKS", SOURCE / "build" / "language_packs"))
    if all((made / lang).is_dir() for lang in LANGUAGES):
        return made
    made = tmp_path_factory.mktemp("packs")
    subprocess.run([PYTHON, str(EXPORTER), "--all", str(made)], check=True, capture_output=True)
    return made


def own_words(nlp, lang, pack, rng):
    """Words of the language: examples, exceptions of its tokenizer, stop words, numbers."""
    rules = json.loads((pack / "vocab" / "lex_attrs.json").read_text())
    numbers = sorted({word for step in rules["like_num"] for key in ("words", "digit_suffixes", "contains")
                      for word in step.get(key, [])})
    pools = [sorted(nlp.tokenizer.rules), sorted(nlp.Defaults.stop_words), numbers]
    words = [word for pool in pools for word in rng.sample(pool, min(40, len(pool)))]
    return words + [f"{n}{word}" for word in words[-10:] for n in (3, 12)] + [f"{a}-{b}" for a, b in zip(words, words[1:])][::7]


def example_sentences(lang):
    try:
        return importlib.import_module(f"spacy.lang.{lang}.examples").sentences
    except ModuleNotFoundError:
        return []


def stress_lines(words, rng, count):
    lines = []
    for _ in range(count):
        pieces = []
        for _ in range(rng.randint(2, 8)):
            word = rng.choice(words)
            word = rng.choice((word, word, word.upper(), word.capitalize()))
            before, after = (rng.choice(rng.choice((QUOTES, MARKS, EMOJI, [""], [""], [""]))) for _ in range(2))
            pieces.append(before + word + after)
            if rng.random() < 0.2:
                pieces.append(rng.choice(rng.choice((URLS, EMOJI, CONTRACTIONS, *GROUPS))))
        lines.append(rng.choice((" ", " ", " ", "", "\n")).join(pieces))
    return lines


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pack_gives_spacys_tokens(packs, lang):
    rng = random.Random(lang)
    nlp, pack = spacy.blank(lang), packs / lang
    examples = list(example_sentences(lang))
    words = own_words(nlp, lang, pack, rng) + [word for text in examples for word in text.split()]
    texts = examples + words + MULTILINGUAL + stress_lines(words, rng, 120) + rng.sample(hostile_texts(1500), 60)
    assert assert_same_tokens(nlp, lang, pack, texts) > 1500


def test_no_language_with_rules_is_missing(packs):
    assert sorted(path.name for path in packs.iterdir()) == LANGUAGES


def train_in(lang, packs, tmp_path):
    """What `pawl train` says of a pipeline in this language."""
    DocBin(docs=[spacy.blank("en")("One text")]).to_disk(tmp_path / "texts.spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("tagger")
    nlp.config.to_disk(tmp_path / "config.cfg")
    text = (tmp_path / "config.cfg").read_text().replace('lang = "en"', f'lang = "{lang}"')
    (tmp_path / "config.cfg").write_text(text)
    paths = ["--paths.train", tmp_path / "texts.spacy", "--paths.dev", tmp_path / "texts.spacy"]
    return run_pawl("train", tmp_path / "config.cfg", "--output", tmp_path / "out", *paths, check=False,
                    env={"PAWL_LANGUAGE_PACKS": str(packs)})


@pytest.mark.parametrize("lang", OTHER_TOKENIZERS)
def test_languages_with_another_tokenizer_are_refused_by_name(packs, lang, tmp_path):
    done = subprocess.run([PYTHON, str(EXPORTER), lang, str(tmp_path / "pack")], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and f"'{lang}'" in done.stderr
    assert not (tmp_path / "pack").exists()
    done = train_in(lang, packs, tmp_path)
    assert done.returncode == 1 and f'"{lang}"' in done.stderr and "tokenizer" in done.stderr


def test_a_language_without_a_pack_is_told_how_to_make_one(packs, tmp_path):
    done = train_in("qq", packs, tmp_path)
    assert done.returncode == 1 and '"qq"' in done.stderr and "make setup" in done.stderr
