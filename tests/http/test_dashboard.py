"""The dashboard in a real browser, on a real service: signing in, every page at two sizes, and what its buttons do."""

import json
import shutil

import httpx
import pytest

import browser
from running_service import SOURCE, Service
from test_review import collect

pytestmark = pytest.mark.skipif(browser.missing() is not None, reason=browser.missing() or "")

QUICK = ("training.min_updates=40", "training.n_iter=2", "training.encoder=none", "learning.min_data_threshold=20",
         "scheduler.min_free_mb=0", "alerts.check_seconds=0.2")
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
PAGES = ["overview", "review", "conversations", "generations", "cycles", "schedule", "alerts", "privacy", "keys", "audit", "settings"]


@pytest.fixture(scope="module")
def service(prepared_workspace, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown") / "workspace"
    shutil.copytree(prepared_workspace, folder)
    with Service(folder, *QUICK) as service:
        with open(SOURCE / "data" / "conversations.jsonl", encoding="utf-8") as lines:
            turns = [json.loads(line) for line in lines][:500]
        assert service.client.post("/api/v1/turns", json=turns).json()["accepted"] > 300
        yield service


@pytest.fixture(scope="module")
def chromium():
    started = browser.Browser()
    yield started
    started.quit()


def open_at(chromium, service, size=WIDE, scheme="light"):
    chromium.open(size=size, scheme=scheme, origin=service.url)
    chromium.go(url=service.url + "/")
    chromium.wait(on=".sign-in")


def sign_in(chromium, key):
    chromium.fill(on=".sign-in input", text=key)
    chromium.press(key="Enter")
    chromium.wait(on="nav")
    chromium.trouble()  # the page asks who it is before anybody signed in


def visit(chromium, page, wait="main h1"):
    chromium.run(code=f"location.hash = '#/{page}'")
    chromium.wait(on=wait)
    chromium.wait(on="main .loading", gone=True)


def test_a_wrong_key_is_refused_in_words_and_the_session_is_no_scripts_business(service, chromium):
    open_at(chromium, service)
    chromium.fill(on=".sign-in input", text="pawl_wrong")
    chromium.press(key="Enter")
    chromium.see(text="unknown, revoked or expired")
    sign_in(chromium, service.key)
    (cookie,) = chromium.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/"
    assert chromium.run(code="document.cookie") == ""


def test_a_session_changes_nothing_without_its_token_and_ends_when_signed_out(service):
    with httpx.Client(base_url=service.url) as client:
        refused = client.post("/api/v1/session", json={"key": service.key}, headers={"sec-fetch-site": "cross-site"})
        assert refused.status_code == 403 and not client.cookies
        who = client.post("/api/v1/session", json={"key": service.key})
        assert who.status_code == 201 and who.json()["role"] == "admin"
        wanted = {"name": "by cookie", "when_labelled": 10 ** 6}
        assert client.get("/api/v1/schedules").status_code == 200
        assert client.post("/api/v1/schedules", json=wanted).status_code == 403
        assert client.post("/api/v1/schedules", json=wanted, headers={"x-pawl-csrf": "0" * 64}).status_code == 403
        token = {"x-pawl-csrf": who.json()["csrf"]}
        made = client.post("/api/v1/schedules", json=wanted, headers=token)
        assert made.status_code == 201
        assert client.delete(f"/api/v1/schedules/{made.json()['schedule_id']}", headers=token).status_code == 204
        stolen = dict(client.cookies)
        assert client.delete("/api/v1/session", headers=token).status_code == 204
    with httpx.Client(base_url=service.url, cookies=stolen) as client:
        assert client.get("/api/v1/schedules").status_code == 401


def test_revoking_a_key_ends_its_sessions(service):
    key = service.new_key("readonly")
    with httpx.Client(base_url=service.url) as client:
        assert client.post("/api/v1/session", json={"key": key}).json()["role"] == "readonly"
        assert client.get("/api/v1/status").status_code == 200
        assert client.get("/api/v1/keys").status_code == 403
        service.client.delete(f"/api/v1/keys/{key.split('_')[1]}")
        assert client.get("/api/v1/status").status_code == 401


def test_the_page_may_load_nothing_from_elsewhere(service):
    page = httpx.get(service.url + "/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    script = httpx.get(service.url + "/assets/app.js")
    assert script.status_code == 200 and script.headers["content-type"].startswith("text/javascript")
    assert httpx.get(service.url + "/assets/app.js", headers={"if-none-match": script.headers["etag"]}).status_code == 304
    assert httpx.get(service.url + "/assets/..%2Fpawl.db").status_code == 404


def test_a_cycle_is_started_and_followed_to_its_end(service, chromium):
    open_at(chromium, service)
    sign_in(chromium, service.key)
    visit(chromium, "cycles")
    chromium.see(text="No cycle has run yet")
    chromium.click(on="button:has-text('Start anyway')")
    chromium.wait(on="progress")
    service.wait_for(lambda: service.client.get("/api/v1/cycles").json()["items"], 60)
    service.wait_for(lambda: service.client.get("/api/v1/learn").json()["items"] == [], 60)
    chromium.wait(on="progress", gone=True)
    chromium.wait(on="main table")
    chromium.click(on="main table .link")
    chromium.see(text="What came of it")
    chromium.see(text="is it measurably better?")
    assert chromium.trouble() == []


@pytest.mark.parametrize("size,scheme", [(WIDE, "light"), (NARROW, "dark")], ids=["wide-light", "narrow-dark"])
def test_every_page_shows_no_fault_at_this_size(service, chromium, size, scheme):
    open_at(chromium, service, size, scheme)
    assert chromium.faults() == []
    sign_in(chromium, service.key)
    live = service.client.get("/api/v1/status").json()["live_generation"]
    for page in [*PAGES, f"generations/{live}"]:
        visit(chromium, page)
        assert chromium.faults() == [], page
        assert chromium.wide() <= 0, f"{page} is wider than the window"
        assert chromium.trouble() == [], page
    assert chromium.foreign() == []


def queue(service):
    return service.client.get("/api/v1/review", params={"limit": 1000}).json()["items"]


def open_queue_at(service, chromium, wanted):
    """Puts off what stands before the first item that is `wanted`; gives that one."""
    open_at(chromium, service)
    sign_in(chromium, service.key)
    chromium.press(key="g")
    chromium.press(key="r")
    chromium.wait(on=".review-item")
    for item in queue(service):
        if wanted(item):
            return item
        chromium.press(key="s")
    return None


def test_a_group_is_decided_by_key_and_comes_back(workspace, chromium):
    with Service(workspace, *QUICK) as service:
        collect(service)
        group = open_queue_at(service, chromium, lambda item: item["kind"] == "new_intent")
        assert group and chromium.faults() == []

        def waits():
            return group["id"] in {item["id"] for item in queue(service)}
        chromium.fill(on=".actions input", text="water_plants")
        chromium.run(code="document.activeElement.blur()")
        chromium.press(key="y")
        chromium.see(text="water_plants", within="aside")
        service.wait_for(lambda: not waits())
        chromium.press(key="u")
        chromium.see(text="0 done")
        service.wait_for(waits)
        chromium.press(key="d")
        service.wait_for(lambda: not waits())
        assert chromium.trouble() == []


def test_the_review_queue_takes_labels_by_key_and_takes_them_back(service, chromium):
    turn = open_queue_at(service, chromium, lambda item: "turn_id" in item)
    chromium.wait(on=".labels")
    labels = [text.split("\n")[-1] for text in [chromium.text(on=".labels")]]
    assert labels
    assert chromium.text(on=".said.big") == turn["user_text"]
    first = chromium.text(on=".labels .label >> nth=0").split("\n")[-1].replace(" ", "_")
    chromium.press(key="1")
    chromium.see(text="1 done")

    def waits():
        return turn["id"] in {item["id"] for item in queue(service)}
    service.wait_for(lambda: not waits())
    assert first in service.client.get("/api/v1/labels").json()["intent"]
    chromium.press(key="u")
    chromium.see(text="0 done")
    service.wait_for(waits)
    assert chromium.text(on=".said.big") == turn["user_text"]
    chromium.press(key="d")
    chromium.see(text="dismissed", within="aside")
    assert chromium.trouble() == []


def test_conversations_are_found_by_what_was_said(service, chromium):
    open_at(chromium, service)
    sign_in(chromium, service.key)
    visit(chromium, "conversations")
    chromium.fill(on="input[type=search]", text="pivot table")
    chromium.see(text="pivot table", within=".turns")
    chromium.fill(on="input[type=search]", text="no such words anywhere")
    chromium.see(text="Nobody said")


def test_keys_schedules_settings_and_erasure_do_what_they_say(service, chromium):
    open_at(chromium, service)
    sign_in(chromium, service.key)
    visit(chromium, "keys")
    chromium.fill(on="input[placeholder='web shop assistant']", text="made in the browser")
    chromium.click(on="button:has-text('Make key')")
    key = chromium.text(on=".secret code")
    with service.client_with(key) as client:
        assert client.get("/api/v1/status").status_code == 200
    visit(chromium, "schedule")
    chromium.fill(on="input[placeholder=nightly]", text="at night")
    chromium.click(on="button:has-text('Add schedule')")
    chromium.see(text="at night", within="table")
    chromium.click(on="button:has-text('Pause')")
    chromium.see(text="paused", within="table")
    visit(chromium, "settings")
    chromium.fill(on="input[type=search]", text="min_data_threshold")
    chromium.fill(on=".setting input", text="77")
    chromium.click(on="button:has-text('Save')")
    service.wait_for(lambda: service.client.get("/api/v1/settings").json()["learning"]["min_data_threshold"] == 77)
    visit(chromium, "privacy")
    chromium.fill(on=".inline-form input", text="u-001")
    chromium.press(key="Enter")
    chromium.click(on="dialog button:has-text('Remove for good')")
    chromium.see(text="Removed:", within=".done")
    chromium.see(text="done", within="section:has-text('Removed on request') .badge")
    assert chromium.trouble() == []


def test_a_readonly_key_sees_only_what_it_may(service, chromium):
    open_at(chromium, service)
    sign_in(chromium, service.new_key("readonly"))
    assert chromium.text(on="nav").split("\n") == ["Overview", "Generations", "Cycles", "Schedule", "Alerts", "Privacy"]
    visit(chromium, "cycles")
    assert chromium.count(on="button:has-text('Start')") == 0
    assert chromium.trouble() == []
