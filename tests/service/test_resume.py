"""A cycle that was cut off goes on as it began."""

import json
import shutil
import signal
import sqlite3
import subprocess
import time

from conftest import Pawl, read_data

OTHERS = ("--set", "training.seed=5", "--set", "training.validation_split=0.3", "--set", "training.min_updates=200")


def weights(pawl):
    folder = pawl.workspace / "generations" / pawl.live() / "pipeline"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def cut_off(pawl, *args):
    """Ctrl-C as soon as it trains."""
    process = subprocess.Popen(pawl.command("learn", *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None:
        db = sqlite3.connect(f"file:{pawl.workspace / 'pawl.db'}?mode=ro", uri=True)
        status = db.execute("SELECT status FROM cycles ORDER BY sequence DESC LIMIT 1").fetchone()
        db.close()
        if status == ("training",):
            process.send_signal(signal.SIGINT)
            break
        time.sleep(.002)
    process.communicate(timeout=120)
    return process.returncode


def test_with_the_settings_that_it_began_with_whatever_is_set_now(pawl, tmp_path):
    pawl.run("collect", lines=read_data("conversations.jsonl"))
    shutil.copytree(pawl.workspace, tmp_path / "whole")
    whole = Pawl(tmp_path / "whole")
    assert json.loads(whole.run("learn", "--force", "--json", *OTHERS))["status"] == "completed"
    assert cut_off(pawl, "--force", *OTHERS) != 0
    done = pawl.try_run("learn", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["resumed"]
    assert b"goes on with the settings that it began with" in done.stderr and b"training.seed = 5" in done.stderr
    assert weights(pawl) == weights(whole)
