"""The description at /api/openapi.json is valid, and the real answers keep to it."""

import os

import pytest

from running_service import SOURCE

jsonschema = pytest.importorskip("jsonschema", reason="tools/setup.sh test installs it")


@pytest.fixture(scope="module")
def description(served):
    return served.client.get("/api/openapi.json").json()


def test_it_is_valid_openapi(description):
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(description)


def test_the_documentation_shows_every_route_and_its_role(description):
    """PAWL_UPDATE_DOCS=1 writes it."""
    lines = ["| request | does | least role |", "|---|---|---|"]
    for pattern, methods in description["paths"].items():
        for method, operation in methods.items():
            role = operation.get("description", "none: open").removeprefix("Least role: ").rstrip(".")
            lines.append(f"| `{method.upper()} {pattern}` | {operation['summary']} | {role} |")
    table = "\n".join(lines)
    page = SOURCE / "docs" / "service.md"
    before, rest = page.read_text().split("<!-- routes -->\n")
    if os.environ.get("PAWL_UPDATE_DOCS"):
        _, after = rest.split("<!-- end of routes -->")
        page.write_text(f"{before}<!-- routes -->\n{table}\n<!-- end of routes -->{after}")
        return
    assert rest.split("\n<!-- end of routes -->")[0] == table


class Checker:
    def __init__(self, served, description):
        self.served, self.description, self.seen = served, description, set()

    def operation(self, name):
        for pattern, methods in self.description["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] == name:
                    return pattern, method, operation
        raise AssertionError(name)

    def __call__(self, name, body=None, expect=None, **parameters):
        """Asks, and holds the answer against what the description says of its status and type."""
        pattern, method, operation = self.operation(name)
        path = pattern
        for key, value in list(parameters.items()):
            if "{" + key + "}" in path:
                path = path.replace("{" + key + "}", value)
                del parameters[key]
        answer = self.served.client.request(method, path, json=body, params=parameters)
        if expect:
            assert answer.status_code == expect, answer.text
        self.check(operation, answer)
        self.seen.add(name)
        return answer

    def check(self, operation, answer):
        described = operation["responses"].get(str(answer.status_code))
        if described is None:
            assert answer.status_code >= 400, answer.status_code
            described = operation["responses"]["default"]
        if "content" not in described:
            assert answer.content == b""
            return
        kind = answer.headers["content-type"].split(";")[0]
        assert kind in described["content"] or "*/*" in described["content"], (kind, described)
        if "json" in kind and kind in described["content"]:
            schema = {**described["content"][kind]["schema"], "components": self.description["components"]}
            jsonschema.Draft202012Validator(schema).validate(answer.json())


def test_every_operation_answers_as_described(served, description):
    ask = Checker(served, description)
    ask("healthz", expect=200), ask("readyz", expect=200), ask("metrics", expect=200), ask("openapi", expect=200)
    ask("analyze", {"text": "hello"}, 200), ask("analyze", {"texts": ["a", "b"]}, 200), ask("analyze", {"text": 1}, 422)
    turn = {"conversation_id": "c", "user_id": "u", "user_text": "why is it slow", "consent": True}
    turn_id = ask("add_turns", turn, 201).json()["turn_id"]
    ask("add_turns", [turn, {}], 200), ask("add_turns", {}, 422)
    ask("add_feedback", {"turn_id": turn_id, "rating": 4}, 201), ask("add_feedback", [{"turn_id": turn_id, "thumb": "up"}], 200)
    ask("add_memory", {"content": "remember"}, 201), ask("find_memories", query="remember")
    ask("status", expect=200), ask("turns", expect=200), ask("review_queue", expect=200)
    ask("explain", expect=200, id=turn_id), ask("explain", expect=404, id="none")
    ask("review", {"intent": "optimize_code"}, 200, id=turn_id), ask("review", {}, 422, id=turn_id), ask("review", {"dismiss": True}, 404, id="none")
    ask("take_back_review", expect=204, id=turn_id), ask("take_back_review", expect=404, id=turn_id)
    generation = ask("generations", expect=200).json()["items"][0]["generation"]
    ask("generation", expect=200, id=generation), ask("generation", expect=404, id="none"), ask("export", expect=200)
    ask("rollback", {}, id="none")
    schedule = ask("add_schedule", {"cron": "@daily", "paused": True}, 201).json()["schedule_id"]
    ask("schedules", expect=200), ask("schedule", expect=200, id=schedule), ask("change_schedule", {"name": "x"}, 200, id=schedule)
    run = ask("learn", {"force": False}, 202).json()["run_id"]
    served.wait_for(lambda: served.client.get(f"/api/v1/learn/{run}").json()["finished_at"], 60)
    assert served.client.get(f"/api/v1/learn/{run}").json()["status"] in ("skipped", "completed", "failed")
    ask("run", expect=200, id=run), ask("run_events", expect=200, id=run), ask("run", expect=404, id="none")
    ask("run_schedule", {}, 202, id=schedule)
    ask("remove_schedule", expect=204, id=schedule)
    cycles = ask("cycles", expect=200).json()["items"]
    ask("cycle", expect=200, id=cycles[0]["cycle_id"]), ask("cycle", expect=404, id="none")
    key = ask("add_key", {"role": "readonly"}, 201).json()["key_id"]
    ask("add_key", {"role": "king"}, 422), ask("keys", expect=200), ask("revoke_key", expect=200, id=key)
    ask("audit", expect=200), ask("alerts", expect=200), ask("settings", expect=200), ask("change_settings", {}, 200)
    ask("settings_description", expect=200), ask("labels", expect=200), ask("runs", expect=200), ask("activity", expect=200, by="hour")
    ask("activity", expect=422, by="year")
    ask("sign_in", {"key": served.key}, 201), ask("sign_in", {"key": "x"}, 401), ask("who", expect=200), ask("sign_out", expect=204)
    ask("dashboard", expect=200), ask("dashboard_file", expect=200, file="icon.svg"), ask("dashboard_file", expect=404, file="x")
    served.wait_for(lambda: served.client.get("/api/v1/learn").json()["items"] == [], 60)
    ask("erase", {"user_id": "u"}, 200), ask("erase", {}, 422), ask("erasures", expect=200)
    ask("models", expect=200), ask("embeddings", {"input": "x"}), ask("embeddings", {"input": 1})
    every = {o["operationId"] for methods in description["paths"].values() for o in methods.values()}
    assert every - ask.seen == {"chat_completions"}
