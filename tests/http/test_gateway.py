"""The gateway between a client and scripted upstreams."""

import asyncio
import json
import shutil
import socket
import time

import pytest

from running_service import Service
from mock_upstream import DONE, GOOD_STREAM, MockUpstream, chunk, completion, good
from upstream_failures import CASES, STREAMS, pieces, status

TOTAL = 3.0


def upstream_config(name, port, scheme="http", **more):
    lines = [f'name = "{name}"', f'url = "{scheme}://127.0.0.1:{port}/v1"', "connect_seconds = 0.4", "first_seconds = 0.5",
             "idle_seconds = 0.4", *[f"{k} = {json.dumps(v)}" for k, v in more.items()]]
    return "[[gateway.upstream]]\n" + "\n".join(lines) + "\n"


def gateway(folder, *upstreams, **settings):
    settings = {"total_seconds": TOTAL, "breaker_failures": 1000, "retry_share": 1.0, **settings}
    lines = "".join(f"{k} = {json.dumps(v)}\n" for k, v in settings.items())
    return Service(folder, config="[gateway]\n" + lines + "".join(upstreams))


@pytest.fixture(scope="module")
def mocks():
    first, second = MockUpstream(), MockUpstream()
    yield first, second
    first.stop()
    second.stop()


@pytest.fixture(scope="module")
def chain(prepared_workspace, tmp_path_factory, mocks):
    folder = tmp_path_factory.mktemp("chain") / "workspace"
    shutil.copytree(prepared_workspace, folder)
    config = [upstream_config("first", mocks[0].port), upstream_config("second", mocks[1].port)]
    with gateway(folder, *config) as service:
        yield service


def body_of(text, stream=False, **more):
    return {"model": "mock", "messages": [{"role": "user", "content": text}], "stream": stream, "user": "u1",
            "metadata": {"consent": "true"}, **more}


def ask(service, text, stream, headers=None, **more):
    """Status, headers and every byte of the answer."""
    with service.client.stream("POST", "/v1/chat/completions", json=body_of(text, stream, **more), headers=headers) as answer:
        data = b"".join(answer.iter_raw())
        return answer.status_code, answer.headers, data


def kept(service, text):
    return service.client.get("/api/v1/turns", params={"query": text}).json()["items"]


ALL = ([(f"{name}, whole", behaviour, False, outcome) for name, behaviour, outcome, _ in CASES] +
       [(f"{name}, streamed", behaviour, True, outcome) for name, behaviour, _, outcome in CASES] +
       [(f"{name}, streamed", behaviour, True, outcome) for name, behaviour, outcome in STREAMS])


def test_there_are_enough_cases():
    assert len(ALL) >= 60 and len({name for name, *_ in ALL}) == len(ALL)


@pytest.mark.parametrize("name,behaviour,stream,outcome", ALL, ids=[name for name, *_ in ALL])
def test_every_failure_has_its_outcome(chain, mocks, name, behaviour, stream, outcome):
    first, second = mocks
    first.plan(behaviour)
    second.plan(good)
    text = "case " + name
    began = time.monotonic()
    code, headers, data = ask(chain, text, stream)
    assert time.monotonic() - began < TOTAL + 0.7
    expected = outcome.split()
    if expected[0] == "passed":
        assert code == int(expected[1]) and headers["x-pawl-upstream"] == "first" and b"error" in data
    elif expected[0] == "cut":
        assert code == 200 and DONE not in data
        events = data.decode().split("\n\n")
        assert "error" in json.loads(events[-2].removeprefix("data: ")) and events[-1] == ""
        for event in events[:-2]:
            assert "choices" in json.loads(event.removeprefix("data: "))
    else:
        assert code == 200, data
        assert headers["x-pawl-upstream"] == expected[0], name
        assert headers["x-pawl-attempts"] == ("1" if expected[0] == "first" else "2")
        if expected[0] == "second":
            assert data == (b"".join(GOOD_STREAM) if stream else completion())
    learnt = expected[0] in ("first", "second") and "not" not in expected
    if learnt:
        turns = chain.wait_for(lambda: kept(chain, text))
        assert len(turns) == 1 and turns[0]["turn_id"] == headers["x-pawl-turn"]
        assert turns[0]["assistant_response"]
    else:
        time.sleep(0.05)
        assert kept(chain, text) == []


@pytest.mark.parametrize("stream", [False, True])
def test_bytes_pass_unchanged_both_ways(chain, mocks, stream):
    first, _ = mocks
    odd = [b": hello\n\n", b'data:  {"choices":[{"index":0,"delta":{"content":"\\u00e4  "},"unknown":[1, 2.50]}]}\n\n', chunk(reason="stop"), DONE]
    whole_answer = b'{ "choices" : [ {"message": {"content":"a"}, "x" : 1.50} ], "z": null }'

    async def behave(x):
        if stream:
            await pieces(*odd)(x)
        else:
            await x.answer(200, whole_answer, ["openai-processing-ms: 5", "x-pawl-turn: forged"])
    first.plan(behave)
    raw = b'{"model": "mock",  "messages": [{"role": "user", "content": "\\u00fc"}], "stream": %s, "unknown": 1.50, "metadata": {}}' % (b"true" if stream else b"false")
    sent = {"content-type": "application/json", "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "x-pawl-user": "secret-user", "openai-organization": "org"}
    answer = chain.client.post("/v1/chat/completions", content=raw, headers=sent)
    assert answer.content == (b"".join(odd) if stream else whole_answer)
    seen = first.requests[0]
    assert seen.body == raw and seen.target == "/v1/chat/completions"
    assert seen.headers["traceparent"] == sent["traceparent"] and seen.headers["openai-organization"] == "org"
    assert not any(name.startswith("x-pawl") for name in seen.headers) and "authorization" not in seen.headers
    assert answer.headers.get("x-pawl-turn") != "forged" and "x-pawl-turn" not in answer.headers


def test_events_arrive_when_they_are_sent_not_later(chain, mocks):
    mocks[0].plan(pieces(*GOOD_STREAM, pause=0.1))
    times = []
    with chain.client.stream("POST", "/v1/chat/completions", json=body_of("slow", True)) as answer:
        for _ in answer.iter_raw():
            times.append(time.monotonic())
    assert len(times) >= len(GOOD_STREAM) - 1 and times[-1] - times[0] > 0.5


def test_the_upstream_is_let_go_when_the_client_goes(chain, mocks):
    first, _ = mocks
    first.plan(pieces(*GOOD_STREAM[:2], after="stall"))
    ended = []

    async def behave(x):
        await x.begin_stream()
        await x.piece(GOOD_STREAM[0])
        await x.piece(GOOD_STREAM[1])
        try:
            await asyncio.wait_for(x.reader.read(1), 5)
        finally:
            ended.append(time.monotonic())
        return False
    first.plan(behave)
    body = json.dumps(body_of("leaver", True)).encode()
    with socket.create_connection(("127.0.0.1", chain.port)) as sock:
        sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {chain.key}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        while b"Hello" not in sock.recv(65536):
            pass
        gone = time.monotonic()
    chain.wait_for(lambda: ended, 2)
    assert ended[0] - gone < 0.1
    assert kept(chain, "leaver") == []


def test_a_connection_is_used_again_and_replaced_when_it_was_closed(chain, mocks):
    first, _ = mocks
    connections = set()

    async def behave(x):
        connections.add(x.writer.get_extra_info("peername"))
        await good(x)
        return len(connections) < 2 or None

    async def close_after(x):
        connections.add(x.writer.get_extra_info("peername"))
        await good(x)
        return False
    first.plan(behave)
    for i in range(5):
        assert ask(chain, f"again {i}", False)[0] == 200
    assert len(connections) == 1
    first.plan(close_after)
    for i in range(5):
        code, headers, _ = ask(chain, f"closed {i}", False)
        assert code == 200 and headers["x-pawl-attempts"] == "1" and headers["x-pawl-upstream"] == "first"


def test_feedback_by_token_by_conversation_and_by_forgery(chain, mocks):
    mocks[0].plan(good)
    _, headers, _ = ask(chain, "token question", False, {"x-pawl-conversation": "conv-1"})
    token = headers["x-pawl-feedback-token"]
    said = chain.client.post("/api/v1/feedback", json={"token": token, "rating": 5})
    assert said.status_code == 201 and said.json()["turn_id"] == headers["x-pawl-turn"]
    assert chain.client.post("/api/v1/feedback", json={"conversation_id": "conv-1", "thumb": "down"}).status_code == 201
    forged = chain.client.post("/api/v1/feedback", json={"token": token[:-1] + ("0" if token[-1] != "0" else "1"), "rating": 1})
    assert forged.status_code == 422 and forged.json()["field"] == "token"
    (turn,) = kept(chain, "token question")
    assert [f["satisfaction_score"] for f in turn["feedback"]] == [1, 0]


def test_without_consent_nothing_is_kept_and_no_token_given(chain, mocks):
    mocks[0].plan(good)
    code, headers, _ = ask(chain, "no consent here", False, {"x-pawl-consent": "false"})
    assert code == 200 and "x-pawl-turn" not in headers and "x-pawl-feedback-token" not in headers
    ask(chain, "settled", False)
    chain.wait_for(lambda: kept(chain, "settled"))
    assert kept(chain, "no consent here") == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"messages": []}', b'{"messages": 1}', b"\xff"])
def test_what_is_no_chat_request_is_refused_in_openais_shape(chain, body):
    answer = chain.client.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "invalid_request_error"


@pytest.fixture(scope="module")
def alone(prepared_workspace, tmp_path_factory):
    """A gateway whose only upstream is not there."""
    folder = tmp_path_factory.mktemp("alone") / "workspace"
    shutil.copytree(prepared_workspace, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with gateway(folder, upstream_config("gone", port)) as service:
        yield service


@pytest.mark.parametrize("stream", [False, True])
def test_without_upstream_the_engine_answers_itself(alone, stream):
    code, headers, data = ask(alone, "why is my sql query so slow", stream)
    assert code == 200 and headers["x-pawl-degraded"] == "local" and headers["x-pawl-attempts"] == "3"
    if stream:
        assert data.endswith(DONE) and headers["content-type"] == "text/event-stream"
        said = "".join(json.loads(e[6:])["choices"][0]["delta"].get("content", "") for e in data.decode().split("\n\n")[:-2])
    else:
        said = json.loads(data)["choices"][0]["message"]["content"]
    assert "cannot reach" in said
    time.sleep(0.05)
    assert kept(alone, "sql query") == []


def test_the_operators_templates_are_used(alone):
    intent = alone.client.post("/api/v1/analyze", json={"text": "my build broke with an ImportError"}).json()["intent"]
    (alone.workspace / "templates" / f"{intent}.txt").write_text("About {intent}, as {persona}: look at the log.")
    _, _, data = ask(alone, "my build broke with an ImportError", False)
    said = json.loads(data)["choices"][0]["message"]["content"]
    assert said.startswith(f"About {intent.replace('_', ' ')}, as ") and said.endswith("look at the log.")


def test_an_answer_that_was_rated_well_is_given_again(alone):
    turn = {"conversation_id": "m", "user_id": "u", "user_text": "how do I reset the staging database", "consent": True,
            "assistant_response": "Run make staging-reset."}
    made = alone.client.post("/api/v1/turns", json=turn).json()
    ask_again = "how do I reset the staging database?"
    assert "staging-reset" not in ask(alone, ask_again, False)[2].decode()
    alone.client.post("/api/v1/feedback", json={"turn_id": made["turn_id"], "thumb": "up"})
    assert "Run make staging-reset." in ask(alone, ask_again, False)[2].decode()
    assert "staging-reset" not in ask(alone, "what shall we cook tonight", False)[2].decode()


@pytest.mark.parametrize("stream", [False, True])
def test_the_next_one_answers_when_the_first_is_not_there(workspace, upstream, stream):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with gateway(workspace, upstream_config("gone", port), upstream_config("there", upstream.port)) as service:
        _, headers, data = ask(service, "x", stream)
        assert headers["x-pawl-upstream"] == "there" and headers["x-pawl-attempts"] == "2"
        assert data == (b"".join(GOOD_STREAM) if stream else completion())


def test_the_first_answer_names_the_generation_that_was_live(workspace, upstream):
    with gateway(workspace, upstream_config("only", upstream.port)) as service:
        headers = ask(service, "x", False)[1]
        assert headers["x-pawl-generation"] == service.client.get("/api/v1/status").json()["live_generation"]


def test_an_error_is_an_error_when_the_configuration_says_so(workspace):
    with gateway(workspace, fallback="error") as service:
        code, headers, data = ask(service, "anyone", False)
        assert code == 503 and json.loads(data)["error"]["type"] == "upstream_error" and headers["x-pawl-attempts"] == "0"


def test_the_breaker_opens_and_closes(workspace, upstream):
    upstream.plan(status(500))
    config = [upstream_config("only", upstream.port)]
    with gateway(workspace, *config, breaker_failures=3, breaker_seconds=0.5, attempts=1) as service:
        for _ in range(3):
            assert ask(service, "x", False)[1]["x-pawl-degraded"]
        before = len(upstream.requests)
        assert ask(service, "x", False)[1]["x-pawl-attempts"] == "0"
        assert len(upstream.requests) == before
        assert service.metric("pawl_gateway_upstream_resting") == 1
        upstream.plan(good)
        time.sleep(0.6)
        assert ask(service, "x", False)[1]["x-pawl-upstream"] == "only"
        assert service.metric("pawl_gateway_upstream_resting") == 0


def test_a_short_rest_is_waited_for_and_the_same_upstream_asked_again(workspace, upstream):
    upstream.plan(status(429, "Retry-After: 1"), good)
    with gateway(workspace, upstream_config("only", upstream.port)) as service:
        service.client.get("/healthz")
        began = time.monotonic()
        _, headers, _ = ask(service, "x", False)
        assert headers["x-pawl-attempts"] == "2" and 0.9 < time.monotonic() - began < 2


def test_models_decide_who_is_asked(workspace, mocks):
    first, second = mocks
    first.plan(good)
    second.plan(good)
    with gateway(workspace, upstream_config("a", first.port, models="small, tiny"), upstream_config("b", second.port, models="large")) as service:
        assert ask(service, "x", False, model="large")[1]["x-pawl-upstream"] == "b"
        assert ask(service, "x", False, model="tiny")[1]["x-pawl-upstream"] == "a"
        assert ask(service, "x", False, model="other")[1]["x-pawl-degraded"] == "local"
        names = {m["id"] for m in service.client.get("/v1/models").json()["data"]}
        assert names == {"small", "tiny", "large", "pawl-local"}


def test_what_is_understood_goes_along_on_request(workspace, upstream):
    upstream.plan(good)
    with gateway(workspace, upstream_config("only", upstream.port), enhance=True) as service:
        service.client.post("/api/v1/memory", json={"content": "the sql server is called db7"})
        (workspace / "prompts" / "enhance.txt").write_text("[{intent}|{persona}|{memories}|{unknown}]")
        asked = "why is my sql query so slow {intent}"
        intent = service.client.post("/api/v1/analyze", json={"text": asked}).json()["intent"].replace("_", " ")
        assert ask(service, asked, False, temperature=0.5)[0] == 200
        (workspace / "prompts" / "enhance.txt").unlink()
        assert ask(service, asked, False)[0] == 200
    first, second = (json.loads(r.body) for r in upstream.requests)
    assert [m["role"] for m in first["messages"]] == ["system", "user"] and first["temperature"] == 0.5
    told = first["messages"][0]["content"]
    assert told.startswith(f"[{intent}|") and told.endswith("|- the sql server is called db7\n|{unknown}]")
    assert first["messages"][1]["content"] == asked and [m["role"] for m in second["messages"]] == ["user"]


def test_the_upstreams_key_is_the_upstreams_alone(workspace, upstream):
    service = gateway(workspace, upstream_config("only", upstream.port, key_env="MOCK_KEY"))
    service.env["MOCK_KEY"] = "sk-upstream"
    with service:
        ask(service, "x", False)
    assert upstream.requests[0].headers["authorization"] == "Bearer sk-upstream"


@pytest.mark.parametrize("wrong,named", [
    ('[[gateway.upstream]]\nname = "a"\n', "url"),
    ('[[gateway.upstream]]\nurl = "127.0.0.1"\n', "url"),
    ('[[gateway.upstream]]\nurl = "http://a"\nurls = "b"\n', "gateway.upstream.urls"),
    ('[[gateway.upstream]]\nurl = "http://a"\nkey_env = "NOT_SET_AT_ALL"\n', "NOT_SET_AT_ALL"),
    ('[[gateway.upstream]]\nurl = "http://a"\nfirst_seconds = 1000.0\n', "first_seconds"),
    ('[gateway]\nupstream = 3\n', "gateway.upstream"),
])
def test_a_wrong_upstream_fails_at_the_start_and_is_named(workspace, wrong, named):
    with pytest.raises(RuntimeError, match=named):
        Service(workspace, config=wrong).start()
