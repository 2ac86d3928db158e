"""Backup, restore and upgrade as docs/service.md tells them."""

import json
import shutil
import subprocess
import threading
import time

from mock_upstream import good
from running_service import PAWL, Service
from test_gateway import ask, gateway, upstream_config
from test_learning import QUICK, corrected_turns

TEXTS = ["my build broke again", "hello there", "what is a monad?", "I want my money back, now!"]


def back_up(workspace, target):
    done = subprocess.run([PAWL, "backup", "--workspace", workspace, "--to", target], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def restored(copy, key, *settings):
    (copy / "test-key").write_text(key)
    return Service(copy, *settings)


def analyses(service):
    return service.client.post("/api/v1/analyze", json={"texts": TEXTS}).json()


def turn_ids(service):
    found, cursor = set(), None
    while True:
        page = service.client.get("/api/v1/turns", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}).json()
        found |= {t["turn_id"] for t in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_a_live_workspace_is_copied_and_the_copy_serves_the_same(workspace, tmp_path, upstream):
    upstream.plan(good)
    acknowledged, stop = [], threading.Event()

    def talk(service):
        with service.client_with(service.key) as client:
            while not stop.is_set():
                turn = {"conversation_id": f"c{len(acknowledged)}", "user_id": "ann", "user_text": "the printer is broken", "consent": True}
                made = client.post("/api/v1/turns", json=turn)
                assert made.status_code == 201
                acknowledged.append(made.json()["turn_id"])
    with gateway(workspace, upstream_config("mock", upstream.port)) as service:
        token = ask(service, "is this kept?", False)[1]["x-pawl-feedback-token"]
        service.wait_for(lambda: service.client.get("/api/v1/turns").json()["items"])
        service.client.post("/api/v1/schedules", json={"name": "nightly", "cron": "30 2 * * *"})
        readonly = service.new_key("readonly")
        thread = threading.Thread(target=talk, args=(service,))
        thread.start()
        service.wait_for(lambda: len(acknowledged) > 20)
        before = list(acknowledged)
        told = back_up(workspace, tmp_path / "copy")
        after = list(acknowledged)
        stop.set()
        thread.join()
        assert told["tenants"] == 1 and told["generations"] == 1 and told["bytes"] > 10000
        assert len(after) > len(before)
        said, key = analyses(service), service.key
        assert not list(tmp_path.glob("copy.tmp*"))
    with restored(tmp_path / "copy", key) as service:
        assert analyses(service) == said
        there = turn_ids(service)
        assert set(before) <= there
        assert [s["name"] for s in service.client.get("/api/v1/schedules").json()["items"]] == ["nightly"]
        assert service.client.post("/api/v1/feedback", json={"token": token, "thumb": "up"}).status_code == 201
        assert service.client.get("/api/v1/audit", params={"verify": True}).json()["whole"] is True
        with service.client_with(readonly) as client:
            assert client.get("/api/v1/status").status_code == 200


def test_a_copy_taken_within_a_cycle_goes_on_from_there(workspace, tmp_path):
    with Service(workspace, *QUICK[2:], "training.min_updates=200000") as service:
        corrected_turns(service, 60)
        run = service.client.post("/api/v1/learn", json={"force": True}).json()
        service.wait_for(lambda: (service.client.get(run["url"]).json()["stage"] or "").startswith("training"), 120)
        back_up(workspace, tmp_path / "copy")
        key = service.key
    with restored(tmp_path / "copy", key, *QUICK) as service:
        run = service.client.post("/api/v1/learn", json={"force": True}).json()
        over = service.wait_for(lambda: (r := service.client.get(run["url"]).json())["finished_at"] and r, 120)
        assert over["status"] == "completed", over


def test_a_copy_in_place_of_a_lost_workspace_answers_as_before(workspace, tmp_path):
    with Service(workspace) as service:
        said, key = analyses(service), service.key
        back_up(workspace, tmp_path / "copy")
    shutil.rmtree(workspace)
    shutil.copytree(tmp_path / "copy", workspace)
    with restored(workspace, key) as service:
        assert analyses(service) == said
        assert (workspace.stat().st_mode & 0o777) == 0o700 and ((workspace / "pawl.db").stat().st_mode & 0o777) == 0o600


def test_what_cannot_be_copied_is_told_and_leaves_nothing(workspace, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes").write_text("mine")
    done = subprocess.run([PAWL, "backup", "--workspace", workspace, "--to", tmp_path / "taken"], capture_output=True, text=True)
    assert done.returncode == 1 and "not empty" in done.stderr
    assert [p.name for p in (tmp_path / "taken").iterdir()] == ["notes"]
    for file in workspace.glob("generations/*/pipeline/config.cfg"):
        file.write_text("damaged")
    done = subprocess.run([PAWL, "backup", "--workspace", workspace, "--to", tmp_path / "copy"], capture_output=True, text=True)
    assert done.returncode == 1 and "generation" in done.stderr and not (tmp_path / "copy").exists()


def test_a_copy_of_a_stopped_workspace_serves_the_same_elsewhere_and_in_its_place(workspace, tmp_path, upstream):
    upstream.plan(good)
    with gateway(workspace, upstream_config("mock", upstream.port)) as service:
        token = ask(service, "is this kept?", False)[1]["x-pawl-feedback-token"]
        service.wait_for(lambda: service.client.get("/api/v1/turns").json()["items"])
        service.client.post("/api/v1/schedules", json={"name": "nightly", "cron": "30 2 * * *"})
        readonly = service.new_key("readonly")
        said = analyses(service)
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    with Service(workspace) as service:
        service.client.post("/api/v1/turns", json={"conversation_id": "later", "user_id": "u", "user_text": "after the copy", "consent": True})
    shutil.rmtree(workspace)
    for folder in (copy, workspace):
        if folder == workspace:
            shutil.copytree(copy, workspace)
        with Service(folder) as service:
            assert analyses(service) == said
            kept = [t["user_text"] for t in service.client.get("/api/v1/turns").json()["items"]]
            assert kept == ["is this kept?"]
            assert [s["name"] for s in service.client.get("/api/v1/schedules").json()["items"]] == ["nightly"]
            assert service.client.post("/api/v1/feedback", json={"token": token, "thumb": "up"}).status_code == 201
            assert service.client.get("/api/v1/audit", params={"verify": "true"}).json()["whole"] is True
            with service.client_with(readonly) as client:
                assert client.get("/api/v1/status").status_code == 200
                assert client.get("/api/v1/keys").status_code == 403
