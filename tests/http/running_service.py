"""The real service on a real workspace, over real sockets of this machine."""

import json
import os
import pathlib
import signal
import subprocess
import time

import httpx

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", SOURCE / "build" / "release"))
PAWL = BUILD / "src" / "cli" / "pawl"


class Service:
    """`pawl serve` on one workspace; a context manager that stops it and looks at how it ended."""

    def __init__(self, workspace, *settings, env=None, config=None):
        self.workspace = pathlib.Path(workspace)
        self.log = self.workspace / "service.log"
        command = [PAWL, "serve", "--workspace", self.workspace, "--listen", "127.0.0.1:0",
                   "--set", f"serve.log_file={self.log}"]
        for setting in settings:
            command += ["--set", setting]
        if config is not None:
            path = self.workspace / "pawl.toml"
            path.write_text(config)
        self.command, self.env = [str(x) for x in command], {**os.environ, **(env or {})}
        self.key_file = self.workspace / "test-key"

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read().decode())
        ready = json.loads(line)
        self.url = ready["url"]
        if "admin_key" in ready:
            self.key_file.write_text(ready["admin_key"])
        self.key = self.key_file.read_text()
        self.client = self.client_with(self.key)
        return self

    def client_with(self, key):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def new_key(self, role, **more):
        answer = self.client.post("/api/v1/keys", json={"role": role, "tenant": "default", **more})
        assert answer.status_code == 201, answer.text
        return answer.json()["key"]

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.errors = self.process.stderr.read().decode()
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        code = self.stop()
        if kind is None:
            assert code == 0, self.errors

    def metric(self, name):
        """The sum of the series whose line begins with `name`."""
        total = 0.0
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(name):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def wait_for(self, what, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := what():
                return value
            time.sleep(0.02)
        raise AssertionError("did not happen in time")
