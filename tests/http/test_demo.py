"""The demonstration runs as a person would start it, and ends without a trace."""

import json
import subprocess
import sys
import time

import httpx

from running_service import PAWL, SOURCE


def test_the_demonstration_shows_people_talking_and_cycles_learning(tmp_path):
    command = [sys.executable, SOURCE / "tools" / "demo.py", "--pawl", PAWL, "--listen", "127.0.0.1:0", "--turns-a-minute", "1200",
               "--already", "200", "--examples", "240", "--seconds", "300"]
    demo = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"})
    shown = json.loads(demo.stdout.readline())
    assert httpx.get(shown["dashboard"]).status_code == 200
    with httpx.Client(base_url=shown["dashboard"], headers={"authorization": f"Bearer {shown['key']}"}, timeout=30) as client:
        asked = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
        streamed = client.post("/v1/chat/completions", json=asked).text
        assert streamed.endswith("data: [DONE]\n\n") and "script" in streamed
        end = time.monotonic() + 240  # on a busy machine training waits for everybody else
        while time.monotonic() < end:
            status = client.get("/api/v1/status").json()
            metrics = client.get("/metrics").text
            # A cycle that tunes the encoder may follow the first, and take minutes.
            over = [c for c in client.get("/api/v1/cycles").json()["items"] if c.get("finished_at")]
            if over and 'pawl_gateway_requests_total{outcome="answered"}' in metrics:
                break
            time.sleep(0.2)
        assert over and over[-1]["status"] in ("completed", "skipped"), status["last_cycle"]
        assert status["turns"] > 150
        activity = client.get("/api/v1/activity").json()["items"]
        assert sum(day["feedback"] for day in activity) > 50
    demo.terminate()
    assert demo.wait(60) == 0, demo.stderr.read()
    assert list(tmp_path.iterdir()) == []
