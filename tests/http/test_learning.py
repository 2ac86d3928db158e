"""Cycles, schedules and alerts of a running service."""

import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest

from running_service import SOURCE, Service

QUICK = ("training.min_updates=60", "training.n_iter=2", "training.encoder=none", "learning.min_data_threshold=20", "scheduler.min_free_mb=0")


def corrected_turns(service, count):
    turns = []
    with open(SOURCE / "data" / "conversations.jsonl", encoding="utf-8") as lines:
        for line in lines:
            turn = json.loads(line)
            if turn.get("consent") and (turn.get("feedback") or {}).get("corrected_intent"):
                turns.append(turn)
            if len(turns) == count:
                break
    assert len(turns) >= 10
    answer = service.client.post("/api/v1/turns", json=turns)
    assert answer.status_code == 200 and answer.json()["accepted"] == len(turns), answer.text
    return len(turns)


def events_of(service, path):
    found = []
    with service.client.stream("GET", path) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        for line in answer.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
    return found


def test_a_cycle_runs_beside_the_answers_and_tells_how_far_it_is(workspace):
    with Service(workspace, *QUICK) as service:
        corrected_turns(service, 60)
        started = service.client.post("/api/v1/learn", json={"force": True})
        assert started.status_code == 202
        run = started.json()
        assert service.client.post("/api/v1/learn").status_code == 409
        delays = []
        stop = threading.Event()

        def analyze():
            with service.client_with(service.key) as client:
                while not stop.is_set():
                    began = time.monotonic()
                    assert client.post("/api/v1/analyze", json={"text": "my build broke again"}).status_code == 200
                    delays.append(time.monotonic() - began)
        thread = threading.Thread(target=analyze)
        thread.start()
        events = events_of(service, run["events_url"])
        stop.set()
        thread.join()
        assert events[-1]["finished_at"] and events[-1]["status"] in ("completed", "skipped"), events[-1]
        assert any(e["stage"] for e in events)
        assert sorted(delays)[len(delays) // 2] < 0.1
        cycle = service.client.get(f"/api/v1/cycles/{events[-1]['cycle_id']}").json()
        assert cycle["status"] == events[-1]["status"]
        assert service.metric("pawl_cycles_total") == 1
        kinds = {e["kind"] for e in service.client.get("/api/v1/audit", params={"limit": 1000}).json()["items"]}
        assert "learn_started" in kinds


def test_a_stop_leaves_a_cycle_that_the_next_start_resumes(workspace):
    with Service(workspace, *QUICK[2:], "training.min_updates=200000") as service:
        corrected_turns(service, 60)
        run = service.client.post("/api/v1/learn", json={"force": True}).json()
        service.wait_for(lambda: service.client.get(run["url"]).json()["stage"], 30)
        began = time.monotonic()
    assert time.monotonic() - began < 20
    with Service(workspace, *QUICK) as service:
        run = service.client.post("/api/v1/learn").json()
        service.wait_for(lambda: service.client.get(run["url"]).json()["finished_at"], 120)
        cycles = service.client.get("/api/v1/cycles").json()["items"]
        assert len(cycles) == 1 and cycles[0]["status"] in ("completed", "skipped")


def test_enough_labelled_turns_start_a_cycle(workspace):
    with Service(workspace, *QUICK) as service:
        made = service.client.post("/api/v1/schedules", json={"when_labelled": 10}).json()
        time.sleep(1.5)
        assert service.client.get("/api/v1/cycles").json()["items"] == []
        corrected_turns(service, 40)
        seen = service.wait_for(lambda: service.client.get(f"/api/v1/schedules/{made['schedule_id']}").json()["last_status"], 120)
        assert seen in ("completed", "skipped", "failed")
        assert len(service.client.get("/api/v1/cycles").json()["items"]) == 1


def test_a_due_schedule_runs_once_over_two_processes_and_a_paused_one_never(workspace):
    with Service(workspace, *QUICK) as first, Service(workspace, *QUICK) as second:
        first.client.post("/api/v1/schedules", json={"cron": "* * * * *", "paused": True})
        due = first.client.post("/api/v1/schedules", json={"cron": "* * * * *", "force": True}).json()
        # The minute that comes is not waited for: what is due is moved to now.
        import sqlite3
        with sqlite3.connect(workspace / "pawl.db", timeout=20) as db:
            (body,) = db.execute("SELECT body FROM documents WHERE document_id = ?", (due["schedule_id"],)).fetchone()
            body = json.loads(body)
            body["next_at"] = int(time.time() * 1e6)
            db.execute("UPDATE documents SET body = ? WHERE document_id = ?", (json.dumps(body), due["schedule_id"]))
        seen = first.wait_for(lambda: (s := first.client.get(f"/api/v1/schedules/{due['schedule_id']}").json())["last_status"] and s, 60)
        assert seen["next_at"] and seen["last_status"] in ("skipped", "completed", "failed")
        assert first.metric("pawl_cycles_total") + second.metric("pawl_cycles_total") == 1


LONG = ("training.min_updates=200000", *QUICK[2:])


def start_a_long_cycle(service):
    corrected_turns(service, 60)
    made = {"conversation_id": "z", "user_id": "leaver", "user_text": "zebra crossing unicorn", "consent": True}
    assert service.client.post("/api/v1/turns", json=made).status_code == 201
    run = service.client.post("/api/v1/learn", json={"force": True}).json()
    service.wait_for(lambda: (service.client.get(run["url"]).json()["stage"] or "").startswith("training"), 120)
    return run


def ask_to_erase_beside_a_cycle(service):
    asked = service.client.post("/api/v1/erase", json={"user_id": "leaver"})
    assert asked.status_code == 202, asked.text
    receipt = asked.json()
    assert receipt["state"] == "waiting" and receipt["run"] and "leaver" not in asked.text
    again = service.client.post("/api/v1/erase", json={"user_id": "leaver"}).json()
    assert again["erasure_id"] == receipt["erasure_id"] and again["run"] == receipt["run"]
    assert [r["state"] for r in service.client.get("/api/v1/erasures").json()["items"]] == ["waiting"]
    return receipt


def erased(service, receipt):
    found = service.client.get("/api/v1/erasures").json()["items"]
    return found[0] if [r["erasure_id"] for r in found] == [receipt["erasure_id"]] and found[0]["state"] == "done" else None


def test_an_erasure_beside_a_cycle_is_done_when_the_cycle_ends(workspace):
    with Service(workspace, "training.min_updates=3000", *QUICK[2:]) as service:
        run = start_a_long_cycle(service)
        receipt = ask_to_erase_beside_a_cycle(service)
        assert service.client.get(run["url"]).json()["finished_at"] is None
        done = service.wait_for(lambda: erased(service, receipt), 120)
        assert done["turns"] == 1
        assert service.client.get(f"/api/v1/learn/{receipt['run']}").json()["status"] == "completed"
        assert service.client.get("/api/v1/turns", params={"query": "zebra"}).json()["items"] == []
        kinds = [e["kind"] for e in service.client.get("/api/v1/audit", params={"limit": 1000}).json()["items"]]
        assert kinds.count("erasure.asked") == 1 and kinds.count("erased") == 1
    assert not any(b"zebra crossing" in p.read_bytes() or b"leaver" in p.read_bytes() for p in workspace.glob("pawl.db*"))


def test_an_erasure_that_waits_outlives_a_kill(workspace):
    service = Service(workspace, *LONG).start()
    start_a_long_cycle(service)
    receipt = ask_to_erase_beside_a_cycle(service)
    service.process.kill()
    service.process.wait()
    with Service(workspace, *QUICK, "alerts.check_seconds=0.2") as service:
        done = service.wait_for(lambda: erased(service, receipt), 120)
        assert done["turns"] == 1 and done["actor"].startswith("key:")
        assert service.client.get("/api/v1/turns", params={"query": "zebra"}).json()["items"] == []


@pytest.fixture
def webhook():
    received = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.headers.get("x-pawl-signature"), body))
            self.send_response(500 if len(received) == 1 else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], received
    server.shutdown()
    thread.join()


def test_alerts_are_told_once_signed_and_again_when_they_end(workspace, webhook):
    port, received = webhook
    with Service(workspace, *QUICK, f"alerts.webhook=http://127.0.0.1:{port}/hook", "alerts.check_seconds=0.1",
                 "alerts.min_free_disk_mb=900000000", env={"PAWL_WEBHOOK_SECRET": "s3"}) as service:
        service.wait_for(lambda: len(received) >= 2, 20)
        firing = service.client.get("/api/v1/alerts").json()["items"]
        assert [a["rule"] for a in firing] == ["disk_low"]
        time.sleep(0.5)
        assert len(received) == 2, "told once, tried twice"
        service.client.put("/api/v1/settings", json={"alerts.min_free_disk_mb": 0})
        service.wait_for(lambda: len(received) >= 3, 20)
        assert service.client.get("/api/v1/alerts").json()["items"] == []
    states = [json.loads(body)["state"] for _, body in received]
    assert states == ["firing", "firing", "resolved"]
    for signature, body in received:
        assert signature == "sha256=" + hmac.new(b"s3", body, hashlib.sha256).hexdigest()


def test_a_trail_that_was_changed_is_noticed(workspace):
    with Service(workspace, *QUICK) as service:
        service.new_key("readonly")
    import sqlite3
    with sqlite3.connect(workspace / "pawl.db") as db:
        db.execute("UPDATE events SET actor = 'somebody else' WHERE kind = 'key_created' AND tenant_id = 'default'")
    with Service(workspace, *QUICK, "alerts.check_seconds=0.1") as service:
        service.wait_for(lambda: [a for a in service.client.get("/api/v1/alerts").json()["items"] if a["rule"] == "audit_chain"])
        assert service.client.get("/api/v1/audit", params={"verify": "true"}).json()["whole"] is False
        told = service.wait_for(lambda: service.client.get("/api/v1/memory", params={"query": "audit trail"}).json()["items"])
        assert told[0]["tags"] == ["alert", "audit_chain"]
