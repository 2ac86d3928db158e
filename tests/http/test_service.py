"""The service's core: requests, keys and roles, REST, stopping. Real process, real sockets."""

import io
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import tarfile
import threading
import time

import httpx
import pytest

from running_service import PAWL, SOURCE, Service

ROLES = ["readonly", "user", "analyst", "trainer", "admin"]


def turn(number, **more):
    return {"conversation_id": f"c{number}", "user_id": "u1", "user_text": f"my build broke again {number}",
            "assistant_response": "try make clean", "consent": True, **more}


def test_it_says_that_it_lives_and_is_ready(served):
    with served.client_with(None) as nobody:
        assert nobody.get("/healthz").text == "ok\n"
        assert nobody.get("/readyz").text == "ready\n"
        assert nobody.get("/metrics").status_code == 401


def test_analyze_answers_as_the_command_line_does(served):
    texts = ["my build broke again, ImportError since this morning", "thanks, that was great", ""]
    given = "".join(json.dumps({"text": t}) + "\n" for t in texts)
    shown = subprocess.run([PAWL, "analyze", "--workspace", served.workspace], input=given.encode(), capture_output=True, check=True)
    expected = [json.loads(line) for line in shown.stdout.splitlines()]
    assert served.client.post("/api/v1/analyze", json={"texts": texts}).json()["analyses"] == expected
    assert served.client.post("/api/v1/analyze", json={"text": texts[0]}).json() == expected[0]


def test_many_at_once_get_their_own_answers_whoever_is_beside_them(served):
    texts = [f"my build broke for the {n}th time" if n % 2 else f"hello number {n}" for n in range(60)]
    alone = {t: served.client.post("/api/v1/analyze", json={"text": t}).json() for t in texts[:12]}
    wrong = [({"text": 5}, 422), ({"text": "x", "texts": ["y"]}, 422), ({"texts": ["a", "b", "c"]}, 200), ([], 422)]
    answers, lock = [], threading.Lock()

    def ask(mine):
        with served.client_with(served.key) as client:
            for number, text in enumerate(mine):
                body, status = ({"text": text}, 200) if number % 5 else wrong[number // 5 % len(wrong)]
                answer = client.post("/api/v1/analyze", json=body)
                with lock:
                    answers.append((body, status, answer))
    threads = [threading.Thread(target=ask, args=(texts[n:] + texts[:n],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 * len(texts)
    for body, status, answer in answers:
        assert answer.status_code == status, (body, answer.text)
        if status == 200 and "text" in body:
            said = answer.json()
            assert said["text"] == body["text"] and said == alone.get(body["text"], said)
        elif status == 200:
            assert [a["text"] for a in answer.json()["analyses"]] == body["texts"]


@pytest.mark.parametrize("body,status,field", [
    ({}, 422, "text"), ({"text": 1}, 422, "text"), ({"text": "a", "texts": []}, 422, "text"),
    ({"texts": ["a", 2]}, 422, "texts"), ([], 422, None), ({"text": "x" * 70000}, 422, "text"),
])
def test_a_wrong_body_is_a_problem_that_names_the_field(served, body, status, field):
    answer = served.client.post("/api/v1/analyze", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["detail"] and problem["title"]
    if field:
        assert problem["field"] == field


def test_what_is_no_json_or_has_no_place_is_refused(served):
    client = served.client
    assert client.post("/api/v1/analyze", content=b"{").status_code == 400
    assert client.post("/api/v1/analyze", content=b"\xff").status_code == 400
    assert client.post("/api/v1/analyze", content=b"[" * 100000).status_code == 400
    assert client.post("/api/v1/analyze", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    for content_type, status in (("application/jsonx", 415), ("application/json; charset=utf-8", 200), ("Application/JSON", 200)):
        assert client.post("/api/v1/analyze", content=b'{"text": "x"}', headers={"content-type": content_type}).status_code == status, content_type
    assert client.get("/api/v1/nothing").status_code == 404
    refused = client.put("/api/v1/analyze", json={})
    assert refused.status_code == 405 and refused.headers["allow"] == "POST"
    assert client.get("/api/v1/cycles", params={"limit": "0"}).json()["field"] == "limit"


def test_a_request_keeps_its_id(served):
    answer = served.client.get("/healthz", headers={"x-request-id": "abc-123"})
    assert answer.headers["x-request-id"] == "abc-123"
    strange = served.client.get("/healthz", headers={"x-request-id": "a b\"c"}).headers["x-request-id"]
    assert len(strange) == 32 and strange.isalnum()


def test_turns_and_feedback_are_stored_when_answered(served):
    made = served.client.post("/api/v1/turns", json=turn(1))
    assert made.status_code == 201 and made.json()["stored"]
    turn_id = made.json()["turn_id"]
    said = served.client.post("/api/v1/feedback", json={"turn_id": turn_id, "corrected_intent": "debug_error", "thumb": "down"})
    assert said.status_code == 201 and said.json()["turn_id"] == turn_id and "unknown_keys" not in said.json()
    rated = served.client.post("/api/v1/feedback", json={"turn_id": turn_id, "rating": 1, "starz": 1})
    assert list(rated.json()["unknown_keys"]) == ["starz"]
    found = served.client.get("/api/v1/turns", params={"query": "BROKE AGAIN 1"}).json()["items"]
    assert [t["turn_id"] for t in found] == [turn_id]
    assert found[0]["feedback"][0]["corrected_intent"] == "debug_error"
    assert found[0]["feedback"][0]["satisfaction_score"] == 0


def test_without_consent_nothing_is_stored_and_personal_data_never_is(served):
    silent = served.client.post("/api/v1/turns", json=turn(2, user_text="a secret wish", consent=False)).json()
    assert not silent["stored"]
    told = served.client.post("/api/v1/turns", json=turn(3, user_text="write to jane.doe@example.com please")).json()
    assert told["stored"] and told["redactions"] == 1
    for path in served.workspace.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"a secret wish" not in content and b"jane.doe@example.com" not in content, path


def test_a_list_is_taken_in_part(served):
    answer = served.client.post("/api/v1/turns", json=[turn(4), {"conversation_id": "x"}, turn(5)])
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2 and answer.json()["rejected"] == 1
    assert answer.json()["rejections"][0]["line"] == 2
    assert served.client.post("/api/v1/turns", json=[{}]).status_code == 422


def test_pages_hold_everything_once(served):
    served.client.post("/api/v1/turns", json=[turn(f"page-{i}") for i in range(25)])
    seen, cursor = [], None
    while True:
        got = served.client.get("/api/v1/turns", params={"limit": 7, "query": "page-", **({"cursor": cursor} if cursor else {})}).json()
        seen += [t["turn_id"] for t in got["items"]]
        cursor = got["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 25


def test_an_idempotency_key_stores_once(served):
    headers = {"idempotency-key": "k-1"}
    body = turn("idem", user_text="only once please")
    first = served.client.post("/api/v1/turns", json=body, headers=headers)
    again = served.client.post("/api/v1/turns", json=body, headers=headers)
    assert first.json() == again.json() and again.headers["idempotency-replayed"] == "true"
    assert len(served.client.get("/api/v1/turns", params={"query": "only once"}).json()["items"]) == 1
    other = served.client.post("/api/v1/turns", json=turn("other"), headers=headers)
    assert other.status_code == 422


def test_memory_is_found_by_its_words(served):
    for text in ["deploys run on fridays", "the cache is redis", "call +49 170 1234567 for help"]:
        assert served.client.post("/api/v1/memory", json={"content": text, "tags": ["ops"]}).status_code == 201
    found = served.client.get("/api/v1/memory", params={"query": "which cache OR \"NEAR(redis"}).json()["items"]
    assert [m["content"] for m in found] == ["the cache is redis"]
    every = served.client.get("/api/v1/memory").json()["items"]
    assert not any("1234567" in m["content"] for m in every)


def concrete(pattern):
    return pattern.replace("{id}", "00000000-none")


def test_every_route_lets_in_exactly_the_roles_it_should(served):
    """The table that the service publishes, walked with a key of every role and with none."""
    description = served.client.get("/api/openapi.json").json()
    clients = {role: served.client_with(served.new_key(role, tenant="*")) for role in ROLES}
    nobody = served.client_with(None)
    checked = 0
    for pattern, operations in description["paths"].items():
        for method, operation in operations.items():
            if operation["operationId"] in ("run_events", "erase"):
                continue
            least = operation.get("description", "").removeprefix("Least role: ").rstrip(".")
            if not least:
                assert nobody.request(method, concrete(pattern)).status_code not in (401, 403)
                continue
            assert nobody.request(method, concrete(pattern), json={}).status_code == 401, pattern
            for role, client in clients.items():
                status = client.request(method, concrete(pattern), json={} if method in ("post", "put") else None).status_code
                allowed = ROLES.index(role) >= ROLES.index(least)
                assert (status == 403) == (not allowed), (method, pattern, role, status)
                checked += 1
    assert checked > 100
    for client in [*clients.values(), nobody]:
        client.close()


def test_keys_end_when_they_are_revoked_expire_or_are_wrong(served):
    key = served.new_key("readonly", name="for a test")
    with served.client_with(key) as client:
        assert client.get("/api/v1/status").status_code == 200
        listed = [k for k in served.client.get("/api/v1/keys").json()["items"] if k["key_id"] == key.split("_")[1]]
        assert listed[0]["name"] == "for a test" and "key" not in listed[0]
        assert served.client.delete(f"/api/v1/keys/{key.split('_')[1]}").json()["revoked"]
        assert client.get("/api/v1/status").status_code == 401
    brief = served.new_key("readonly", expires_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2)))
    with served.client_with(brief) as client:
        assert client.get("/api/v1/status").status_code == 200
        time.sleep(2.1)
        assert client.get("/api/v1/status").status_code == 401
    for wrong in [key[:-1] + ("0" if key[-1] != "0" else "1"), "pawl_", "x" * 77, "pawl_' OR 1=1 --_" + "0" * 64]:
        with served.client_with(wrong) as client:
            assert client.get("/api/v1/status").status_code == 401
    secret = key.split("_")[2].encode()
    assert not any(secret in p.read_bytes() for p in served.workspace.rglob("*") if p.is_file())


def test_the_command_of_the_documentation_makes_a_key(served):
    page = (SOURCE / "docs" / "service.md").read_text()
    command = page[page.index("    curl -H"):page.index("`serve.open_on_loopback")].replace("http://127.0.0.1:8765", served.url)
    made = subprocess.run(["sh", "-c", command], capture_output=True, env={**os.environ, "KEY": served.key}, check=True)
    assert json.loads(made.stdout)["requests_per_minute"] == 600, made.stdout


def test_a_key_keeps_to_its_tenant_and_its_rate(served):
    with served.client_with(served.new_key("admin", requests_per_minute=3)) as client:
        assert client.get("/api/v1/status", headers={"x-pawl-tenant": "other"}).status_code == 403
        assert client.post("/api/v1/keys", json={"role": "admin", "tenant": "*"}).status_code == 403
        assert client.get("/api/v1/status").status_code == 200
        refused = client.get("/api/v1/status")
        assert refused.status_code == 429 and 10 <= int(refused.headers["retry-after"]) <= 20


def test_the_trail_holds_who_did_what_and_is_whole(served):
    with served.client_with(served.new_key("readonly")) as client:
        client.get("/api/v1/turns")
    served.client.get("/api/v1/turns")

    def trail():
        got = served.client.get("/api/v1/audit", params={"limit": 1000, "verify": "true"}).json()
        kinds = {e["kind"] for e in got["items"]}
        return got if {"key_created", "denied", "turns_read"} <= kinds else None
    got = served.wait_for(trail)
    assert got["whole"] is True
    assert all(e["actor"].startswith(("key:", "pawl", "cycle", "init", "operator", "system")) for e in got["items"]), got["items"]


def test_the_pipeline_comes_as_an_archive(served):
    answer = served.client.get("/api/v1/generations/live/export")
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        names = archive.getnames()
    assert any(n.endswith("/config.cfg") for n in names) and any(n.endswith("/meta.json") for n in names)


def test_schedules_are_kept_changed_and_removed(served):
    made = served.client.post("/api/v1/schedules", json={"name": "nightly", "cron": "30 2 * * *", "time_zone": "Europe/Berlin"})
    assert made.status_code == 201 and made.json()["next_at"]
    path = f"/api/v1/schedules/{made.json()['schedule_id']}"
    assert served.client.put(path, json={"paused": True}).json()["next_at"] is None
    assert served.client.get(path).json()["cron"] == "30 2 * * *"
    assert served.client.delete(path).status_code == 204
    assert served.client.get(path).status_code == 404
    for wrong, field in [({"cron": "61 * * * *"}, "cron"), ({"cron": "* * *"}, "cron"), ({}, "cron"),
                         ({"cron": "0 0 31 2 *"}, "cron"), ({"cron": "@daily", "time_zone": "Mars/Base"}, "time_zone")]:
        refused = served.client.post("/api/v1/schedules", json=wrong)
        assert refused.status_code == 422 and refused.json()["field"] == field, refused.text


def test_settings_change_while_it_runs(served):
    changed = served.client.put("/api/v1/settings", json={"learning.min_data_threshold": 7})
    assert changed.json()["learning"]["min_data_threshold"] == 7
    assert served.client.put("/api/v1/settings", json={"learning.nothing": 1}).status_code == 422
    for name in ("serve.tls_key", "gateway.fallback"):
        told = served.client.put("/api/v1/settings", json={name: "error"})
        assert told.status_code == 422 and told.json()["field"] == name and "pawl.toml" in told.json()["detail"]


@pytest.mark.parametrize("method,path,body", [
    ("POST", "/keys", {"role": "user", "rate": 3}), ("POST", "/erase", {"user_id": "somebody", "dryrun": True}),
    ("POST", "/schedules", {"cron": "@daily", "pause": True}), ("POST", "/learn", {"forced": True}),
    ("POST", "/review/none", {"intend": "x"}), ("POST", "/generations/none/rollback", {"why": "x"}),
    ("PUT", "/settings", {"learning.min_data_threshold": "many"}), ("PUT", "/settings", {"learning.nothing": 1}),
    ("GET", "/review?kind=urgent", None), ("GET", "/audit?verify=yes", None),
])
def test_what_is_not_known_is_refused_by_its_name_and_nothing_is_done(served, method, path, body):
    keys = served.client.get("/api/v1/keys").json()
    refused = served.client.request(method, "/api/v1" + path, json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["field"] == (list(body)[-1] if body else path.split("?")[1].split("=")[0])
    assert served.client.get("/api/v1/keys").json() == keys
    assert served.client.get("/api/v1/learn").json()["items"] == []


def test_whose_preferences_count_is_asked_by_who_may_speak_for_people(served):
    for role, status in (("readonly", 403), ("user", 200)):
        with served.client_with(served.new_key(role)) as client:
            assert client.post("/api/v1/analyze", json={"text": "hello", "user_id": "u1"}).status_code == status
            assert client.post("/api/v1/analyze", json={"text": "hello"}).status_code == 200


def test_a_body_that_may_be_left_out_is_refused_when_it_is_no_json(served):
    for path in ("learn", "generations/none/rollback"):
        assert served.client.post(f"/api/v1/{path}", content=b"junk").status_code == 400


def test_a_persons_data_goes_on_request(served):
    served.client.post("/api/v1/turns", json=turn("gone", user_id="leaver", user_text="zebra crossing unicorn"))
    served.client.post("/api/v1/memory", json={"content": "zebra likes unicorns", "user_id": "leaver"})
    planned = served.client.post("/api/v1/erase", json={"user_id": "leaver", "dry_run": True}).json()
    assert planned["state"] == "planned" and planned["turns"] == 1 and planned["memories"] == 1
    assert served.client.get("/api/v1/turns", params={"query": "zebra"}).json()["items"]
    erased = served.client.post("/api/v1/erase", json={"user_id": "leaver"}).json()
    assert erased["turns"] == 1 and erased["way"] == "none" and erased["state"] == "done"
    assert erased["erasure_id"] in [r["erasure_id"] for r in served.client.get("/api/v1/erasures").json()["items"]]
    assert served.client.get("/api/v1/turns", params={"query": "zebra"}).json()["items"] == []
    assert served.client.get("/api/v1/memory", params={"query": "zebra"}).json()["items"] == []


def test_loopback_is_open_on_request_only_and_only_by_its_own_name(workspace):
    with Service(workspace, "serve.open_on_loopback=true") as service, service.client_with(None) as nobody:
        assert nobody.get("/api/v1/status").status_code == 200
        assert nobody.get("/api/v1/status", headers={"host": "evil.example"}).status_code == 401


@pytest.mark.parametrize("setting,named", [
    ("serve.listen=nowhere", "serve.listen"), ("serve.listen=300.1.1.1:1", "serve.listen"),
    ("serve.tls_key=/none.pem", "serve.tls_certificate"), ("gateway.total_seconds=x", "gateway.total_seconds"),
    ("alerts.webhook=ftp://x", "alerts.webhook"),
])
def test_what_is_configured_wrongly_fails_at_the_start_and_is_named(workspace, setting, named):
    done = subprocess.run([PAWL, "serve", "--workspace", workspace, *(() if "listen" in setting else ("--listen", "127.0.0.1:0")),
                           "--set", setting], capture_output=True, timeout=30)
    assert done.returncode == 1 and named in done.stderr.decode(), done.stderr


def test_it_stops_after_the_answers_under_way(workspace):
    service = Service(workspace).start()
    with socket.create_connection(("127.0.0.1", service.port)) as sock:
        body = json.dumps({"texts": [f"why is query {i} slow " * 40 for i in range(1000)]}).encode()
        head = f"POST /api/v1/analyze HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\nContent-Length: {len(body)}\r\n\r\n"
        sock.sendall(head.encode() + body)
        time.sleep(0.05)
        service.process.send_signal(signal.SIGTERM)
        answer = b""
        while data := sock.recv(1 << 20):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer
    assert service.stop() == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", service.port), timeout=1)


def test_systemd_hears_of_it(workspace, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(tmp_path / "notify"))
        notified.settimeout(20)
        with Service(workspace, env={"NOTIFY_SOCKET": str(tmp_path / "notify")}):
            assert notified.recv(100) == b"READY=1"
        assert notified.recv(100) == b"STOPPING=1"


def test_kills_lose_nothing_that_was_acknowledged(workspace):
    """PAWL_KILLS=200 kills as often as a release should stand."""
    kills = int(os.environ.get("PAWL_KILLS", "3"))
    acknowledged, judged = [], []
    rng = random.Random(7)

    def talk(service, name, stop):
        with service.client_with(service.key) as client:
            for i in itertools.count():
                if stop.is_set():
                    return
                try:
                    made = client.post("/api/v1/turns", json=turn(f"{name}-{i}"))
                    if made.status_code == 201:
                        acknowledged.append(made.json()["turn_id"])
                        said = client.post("/api/v1/feedback", json={"turn_id": acknowledged[-1], "thumb": "up"})
                        if said.status_code == 201:
                            judged.append(said.json()["turn_id"])
                except httpx.TransportError:
                    return
    slowest = 0.0
    for kill in range(kills + 1):
        began = time.monotonic()
        service = Service(workspace, "serve.log_requests=false").start()
        assert service.client.get("/readyz").status_code == 200
        slowest = max(slowest, time.monotonic() - began)
        if kill == kills:
            break
        stop = threading.Event()
        threads = [threading.Thread(target=talk, args=(service, f"k{kill}-{n}", stop)) for n in range(3)]
        for thread in threads:
            thread.start()
        before = len(acknowledged)
        service.wait_for(lambda: len(acknowledged) > before)
        time.sleep(rng.uniform(0, 0.4))
        service.process.kill()
        stop.set()
        for thread in threads:
            thread.join()
        service.process.wait()
    stored, with_feedback, cursor = set(), set(), None
    while True:
        page = service.client.get("/api/v1/turns", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}).json()
        stored |= {t["turn_id"] for t in page["items"]}
        with_feedback |= {t["turn_id"] for t in page["items"] if t["feedback"]}
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert service.stop() == 0
    assert acknowledged and set(acknowledged) <= stored and set(judged) <= with_feedback
    print(f"{kills} kills, {len(acknowledged)} turns acknowledged, slowest start {slowest:.2f} s")


def test_the_log_is_json_without_anybodys_text(workspace):
    with Service(workspace) as service:
        service.client.post("/api/v1/analyze", json={"text": "xylophone confession"})
        service.client.post("/api/v1/turns", json=turn(1, user_text="xylophone confession", consent=False))
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert {"started", "request", "stopping", "stopped"} <= {line["event"] for line in lines}
    assert "xylophone" not in service.log.read_text()


def test_the_log_is_rotated(workspace):
    with Service(workspace, "serve.log_max_mb=1", "serve.log_keep=2") as service:
        request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", service.port)) as sock:
            sock.sendall(request * 6999 + request.replace(b"Host", b"Connection: close\r\nHost"))
            while sock.recv(1 << 20):
                pass
    files = sorted(p.name for p in workspace.glob("service.log*"))
    assert files in (["service.log", "service.log.1"],), files
    assert os.path.getsize(workspace / "service.log.1") <= 1 << 20


def test_what_the_command_line_erases_is_forgotten_by_the_service_within_seconds(served):
    served.client.post("/api/v1/turns", json=turn("gone-too", user_id="other-leaver", user_text="zeppelin of Ann Other"))
    served.client.post("/api/v1/analyze", json={"text": "zeppelin of Ann Other"})
    before = served.log.read_text().count("texts_forgotten")
    done = subprocess.run([PAWL, "erase", "--workspace", served.workspace, "--user", "other-leaver", "--json"],
                          check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["way"] == "none"
    served.wait_for(lambda: served.log.read_text().count("texts_forgotten") > before, 5)
    assert served.client.post("/api/v1/analyze", json={"text": "zeppelin of Ann Other"}).status_code == 200
