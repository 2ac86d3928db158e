#!/usr/bin/env python3
"""Everything live: a workspace, a scripted assistant as language model, simulated people who talk to it through the
gateway and say now and then that something was wrong, and cycles that learn from it. Prints the dashboard's address and a
key; Ctrl-C ends it and leaves nothing behind.
"""
import argparse
import http.client
import http.server
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SETTINGS = {"training.encoder": "none", "training.min_updates": 120, "training.n_iter": 4, "learning.min_data_threshold": 30}


def lines_of(name):
    with open(ROOT / "data" / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Assistant:
    """Speaks OpenAI's protocol and answers what its script says."""

    def __init__(self, conversations):
        script = {turn["user_text"]: turn["assistant_response"] for turn in conversations}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = script.get(asked["messages"][-1]["content"], "I have no script for that.")
                if asked.get("stream"):
                    body, kind = self.streamed(text), "text/event-stream"
                else:
                    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
                    body, kind = json.dumps({**self.head("chat.completion"), "choices": [message]}).encode(), "application/json"
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def head(self, kind):
                return {"id": "demo", "object": kind, "created": int(time.time()), "model": "scripted"}

            def streamed(self, text):
                pieces = [({"role": "assistant", "content": ""}, None), *(({"content": word + " "}, None) for word in text.split()), ({}, "stop")]
                events = [{**self.head("chat.completion.chunk"), "choices": [{"index": 0, "delta": d, "finish_reason": why}]} for d, why in pieces]
                return b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events) + b"data: [DONE]\n\n"

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"


class Client:
    def __init__(self, url, key):
        self.place, self.key = url.removeprefix("http://"), key

    def __call__(self, method, path, body=None, **headers):
        """The answer's status, headers and JSON."""
        connection = http.client.HTTPConnection(self.place, timeout=30)
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), given)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None
        finally:
            connection.close()


def say(client, turn):
    """One turn through the gateway; afterwards what its person thinks of the answer, if anything."""
    status, headers, _ = client(
        "POST", "/v1/chat/completions", {"model": "scripted", "messages": [{"role": "user", "content": turn["user_text"]}]},
        x_pawl_user=turn["user_id"], x_pawl_conversation=turn["conversation_id"], x_pawl_consent=str(turn.get("consent", False)).lower())
    token = headers.get("x-pawl-feedback-token")
    if status == 200 and token and turn.get("feedback"):
        client("POST", "/api/v1/feedback", {"token": token, **turn["feedback"]})


def people(client, conversations, seconds_between, stop):
    """Conversations in their order, turn by turn, again and again with other people."""
    for again in range(10 ** 6):
        for turn in conversations:
            if stop.wait(seconds_between * random.uniform(0.5, 1.5)):
                return
            tag = f"-{again}" if again else ""
            try:
                say(client, {**turn, "user_id": turn["user_id"] + tag, "conversation_id": turn["conversation_id"] + tag})
            except (OSError, http.client.HTTPException):
                if stop.is_set():
                    return


def start(args, folder, conversations):
    workspace = folder / "workspace"
    assistant = Assistant(conversations)
    given = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]
    examples = folder / "examples.jsonl"
    examples.write_text("".join(json.dumps(e) + "\n" for e in lines_of("cold_start.jsonl")[:args.examples]))
    print("training the first generation ...", file=sys.stderr, flush=True)
    subprocess.run([args.pawl, "init", "--workspace", workspace, "--examples", examples, *given], check=True, capture_output=True)
    (workspace / "pawl.toml").write_text(f'[[gateway.upstream]]\nname = "scripted"\nurl = "{assistant.url}"\nmodels = "scripted"\n')
    service = subprocess.Popen([args.pawl, "serve", "--workspace", workspace, "--listen", args.listen, *given,
                                "--set", f"serve.log_file={folder}/log"], stdout=subprocess.PIPE, text=True)
    ready = service.stdout.readline()
    if not ready:
        sys.exit("the service did not start; its message stands above")
    ready = json.loads(ready)
    return service, ready["url"], ready["admin_key"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pawl", default=ROOT / "build" / "release" / "src" / "cli" / "pawl", type=pathlib.Path)
    parser.add_argument("--listen", default="127.0.0.1:8765")
    parser.add_argument("--turns-a-minute", type=float, default=120)
    parser.add_argument("--already", type=int, default=250, help="turns that were said before")
    parser.add_argument("--examples", type=int, default=600, help="labelled examples of the first generation")
    parser.add_argument("--seconds", type=float, default=0, help="end by itself after so long; 0: never")
    args = parser.parse_args()
    conversations = lines_of("conversations.jsonl")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="pawl-demo-") as folder:
        service, url, key = start(args, pathlib.Path(folder), conversations)
        client = Client(url, key)
        try:
            client("POST", "/api/v1/turns", conversations[:args.already])
            client("POST", "/api/v1/schedules", {"name": "as soon as 40 turns were labelled", "when_labelled": 40})
            client("POST", "/api/v1/schedules", {"name": "nightly", "cron": "30 2 * * *", "time_zone": "Europe/Berlin"})
            print(json.dumps({"dashboard": url + "/", "key": key}), flush=True)
            print("people are talking to the assistant now; Ctrl-C ends the demonstration", file=sys.stderr, flush=True)
            talk = threading.Thread(target=people, args=(client, conversations[args.already:], 60 / args.turns_a_minute, stop))
            talk.start()
            stop.wait(args.seconds or None)
            stop.set()
            talk.join()
        finally:
            service.send_signal(signal.SIGTERM)
            ended = service.wait(60)
    sys.exit(ended)


if __name__ == "__main__":
    main()
