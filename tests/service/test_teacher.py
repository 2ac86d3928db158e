"""A teacher behind a real HTTP endpoint of a script's: what it says is learnt, what goes wrong is survived and told of."""

import http.server
import json
import threading
import time

import pytest
from conftest import Pawl, write_examples

THINGS = ("job", "page", "server", "parser", "cache", "worker", "script", "index", "client", "queue", "socket", "thread")
QUICK = ("--set", "training.encoder=none", "--set", "training.min_updates=20", "--set", "training.n_iter=2",
         "--set", "learning.default_consent=true", "--set", "learning.min_data_threshold=1")


class Script(http.server.BaseHTTPRequestHandler):
    """Answers as its server's `say` does: (status, headers, body) of a request."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers.get("Authorization"), request))
        status, headers, body = self.server.say(request)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def chat(labels):
    return 200, {}, json.dumps({"choices": [{"message": {"role": "assistant", "content": json.dumps(labels)}}]}).encode()


def said(request):
    return request["messages"][-1]["content"].strip()


@pytest.fixture
def endpoint():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Script)
    server.requests, server.say = [], lambda request: chat({"intent": "debug_error", "sentiment": None})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def pawl(tmp_path):
    tool = Pawl(tmp_path / "workspace")
    examples = [{"text": f"the {t} fails with an error", "intent": "debug_error", "sentiment": "negative"} for t in THINGS]
    examples += [{"text": f"hello there dear {t}", "intent": "casual_chat", "sentiment": "positive"} for t in THINGS]
    tool.run("init", "--examples", write_examples(tmp_path / "e.jsonl", examples), *QUICK)
    return tool


def collect(pawl, texts, user="u", feedback=None):
    lines = [{"user_text": text, "user_id": f"{user}{i}", "conversation_id": f"{user}{i}", **({"feedback": feedback} if feedback else {})}
             for i, text in enumerate(texts)]
    pawl.run("collect", *QUICK, lines=lines)


def learn(pawl, endpoint, *more, model="m", **options):
    settings = {"enabled": "true", "url": f"http://127.0.0.1:{endpoint.server_port}/v1", "model": model, **options}
    given = [part for key, value in settings.items() for part in ("--set", f"teacher.{key}={value}")]
    return json.loads(pawl.run("learn", "--force", "--json", *QUICK, *given, *more))


def test_the_least_certain_of_what_was_said_is_asked_without_personal_data_and_becomes_examples(pawl, endpoint):
    collect(pawl, [f"my {t} crashes, write to jane.doe@example.org" for t in THINGS])
    collect(pawl, ["the job fails with an error again"], "v", {"corrected_intent": "debug_error"})
    cycle = learn(pawl, endpoint, calls_per_cycle=8)
    teacher = cycle["teacher"]
    assert (teacher["asked"], teacher["answered"], teacher["labels"], teacher["failed"]) == (8, 8, 8, 0), teacher
    assert teacher["author"].startswith("teacher:m#") and 0 < teacher["reliability"] < 1
    texts = [said(request) for _, _, request in endpoint.requests]
    assert not any("jane" in text for text in texts) and len(set(texts)) == 8
    assert texts[0] == "the job fails with an error again"  # for its record: people answered it
    assert cycle["examples_created"] > 1, cycle["curation"]
    # The next cycle asks about nothing twice, and a day's calls are a day's.
    collect(pawl, [f"my {t} breaks" for t in THINGS], "w")
    again = learn(pawl, endpoint, calls_per_day=10)
    assert again["teacher"]["asked"] == 2 and "used up" in again["teacher"]["stopped"], again["teacher"]
    assert len({said(request) for _, _, request in endpoint.requests}) == 10


def test_the_prompt_is_a_file_and_the_key_a_variable(pawl, endpoint, monkeypatch):
    monkeypatch.setenv("PAWL_TEACHER_KEY", "sesame")
    collect(pawl, ["my job crashes"])
    learn(pawl, endpoint)
    path, key, request = endpoint.requests[0]
    assert path == "/v1/chat/completions" and key == "Bearer sesame" and request["model"] == "m"
    assert "intent: casual_chat, debug_error" in request["messages"][0]["content"]
    assert request["response_format"]["json_schema"]["schema"]["properties"]["intent"]["enum"] == ["casual_chat", "debug_error", None]
    file = pawl.workspace / "prompts" / "teacher.txt"
    file.write_text("Labels: {labels}\n---\nUtterance: {text}\n")
    collect(pawl, ["my page crashes"], "v")
    learn(pawl, endpoint)
    assert said(endpoint.requests[-1][2]) == "Utterance: my page crashes"
    assert b"sesame" not in b"".join(p.read_bytes() for p in pawl.workspace.rglob("*") if p.is_file())


def test_what_an_endpoint_does_wrong_is_survived_counted_and_told(pawl, endpoint):
    answers = iter([
        (429, {"Retry-After": "1"}, b"slow down"), (200, {}, b"<html>"), chat({"intent": "nonsense"}),
        (500, {}, b""), (200, {}, b"x" * 2_000_000), chat({"intent": "debug_error"}),
    ])
    endpoint.say = lambda request: next(answers, chat({"intent": None}))
    collect(pawl, [f"my {t} crashes" for t in THINGS])
    cycle = learn(pawl, endpoint)
    teacher = cycle["teacher"]
    assert cycle["status"] == "completed"
    assert (teacher["limited"], teacher["no_answer"], teacher["failed"], teacher["labels"]) == (1, 2, 2, 1), teacher


def test_one_that_hangs_or_is_gone_ends_the_asking_and_not_the_cycle(pawl, endpoint):
    def hang(request):
        time.sleep(1)
        return chat({})

    endpoint.say = hang
    collect(pawl, [f"my {t} crashes" for t in THINGS], "v", {"corrected_intent": "debug_error"})
    cycle = learn(pawl, endpoint, seconds=0.1)
    assert cycle["status"] == "completed" and cycle["teacher"]["asked"] == cycle["teacher"]["failed"] == 3
    assert "could not be asked" in cycle["teacher"]["stopped"]
    endpoint.shutdown()
    endpoint.server_close()
    collect(pawl, [f"my {t} breaks" for t in THINGS], "w", {"corrected_intent": "debug_error"})
    cycle = learn(pawl, endpoint)
    assert cycle["status"] == "completed" and "could not be asked" in cycle["teacher"]["stopped"]
    assert "url" in learn_without_url(pawl)["teacher"]["stopped"]


def learn_without_url(pawl):
    collect(pawl, ["my tail breaks"], "x", {"corrected_intent": "debug_error"})
    return json.loads(pawl.run("learn", "--force", "--json", *QUICK, "--set", "teacher.enabled=true"))


def test_nobody_is_asked_unless_it_is_switched_on_or_of_turns_without_consent(pawl, endpoint):
    pawl.run("collect", *QUICK, lines=[{"user_text": "a secret", "user_id": "u", "conversation_id": "c", "consent": False}])
    collect(pawl, ["my job crashes"], "v", {"corrected_intent": "debug_error"})
    cycle = learn(pawl, endpoint, "--set", "teacher.enabled=false")
    assert "teacher" not in cycle and endpoint.requests == []
    collect(pawl, ["my page crashes"], "w", {"corrected_intent": "debug_error"})
    learn(pawl, endpoint)
    assert {said(request) for _, _, request in endpoint.requests} == {"my page crashes"}
