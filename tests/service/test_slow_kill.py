"""kill -9 at random instants; `make kill` does it 200 times."""

import subprocess
import sys

from conftest import BUILD, SOURCE


def test_kills_at_random_instants_lose_nothing_acknowledged():
    done = subprocess.run([sys.executable, SOURCE / "tools" / "kill_test.py", "--pawl", BUILD / "src" / "cli" / "pawl",
                           "--kills", "10", "--seed", "7"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "none lost" in done.stdout
