"""Backup and restore as docs/service.md tells them."""

import shutil

from mock_upstream import good
from running_service import Service
from test_gateway import ask, gateway, upstream_config

TEXTS = ["my build broke again", "hello there", "what is a monad?", "I want my money back, now!"]


def analyses(service):
    return service.client.post("/api/v1/analyze", json={"texts": TEXTS}).json()


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
