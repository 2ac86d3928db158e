"""The files in docs/monitoring name metrics that there are."""

import json
import re
import shutil
import subprocess

import pytest

from mock_upstream import good
from running_service import PAWL, SOURCE, Service

yaml = pytest.importorskip("yaml", reason="tools/setup.sh test installs it")
FOLDER = SOURCE / "docs" / "monitoring"


def expressions():
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["alert"] and rule["annotations"]["summary"] and rule["labels"]["severity"]
            yield rule["expr"]
    for panel in json.loads((FOLDER / "grafana.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.mark.skipif(not shutil.which("promtool"), reason="tools/setup.sh test installs prometheus")
def test_prometheus_takes_the_rules_and_the_metrics(workspace):
    checked = subprocess.run(["promtool", "check", "rules", FOLDER / "alerts.yml"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with Service(workspace) as service:
        metrics = service.client.get("/metrics").text
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_board_holds_what_grafana_needs():
    """Panels with a place that does not overlap, a unit and a source of data: Grafana's own schema is not packaged."""
    board = json.loads((FOLDER / "grafana.json").read_text())
    assert board["title"] and board["uid"] and board["schemaVersion"] >= 36
    taken, ids = set(), set()
    for panel in board["panels"]:
        assert panel["title"] and panel["type"] in ("timeseries", "stat", "gauge", "table", "row") and panel["targets"]
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert max(x for x, _ in cells) < 24 and not cells & taken, panel["title"]
        taken |= cells
        ids.add(panel.get("id"))
    assert len(ids) == len(board["panels"])


def parse(text):
    """Prometheus' text format, strictly: {name: [(labels, value)]}."""
    found, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind in ("counter", "gauge", "histogram") and name not in types
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = re.fullmatch(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)', line)
            assert match, line
            name, labels, value = match.groups()
            base = re.sub(r"_(bucket|sum|count)$", "", name) if re.sub(r"_(bucket|sum|count)$", "", name) in types else name
            assert base in types and name.startswith("pawl_"), line
            found.setdefault(name, []).append((dict(re.findall(r'([a-z]+)="((?:[^"\\]|\\.)*)"', labels or "")), float(value)))
    return found


def test_every_metric_in_rules_and_board_exists_with_its_labels(workspace, upstream):
    upstream.plan(good)
    config = f'[[gateway.upstream]]\nname = "m"\nurl = "http://127.0.0.1:{upstream.port}/v1"\n'
    with Service(workspace, config=config) as service:
        service.client.post("/v1/chat/completions", json={"model": "m", "messages": [{"role": "user", "content": "x"}]})
        run = service.client.post("/api/v1/learn").json()
        service.wait_for(lambda: service.metric("pawl_cycles_total"))
        metrics = parse(service.client.get("/metrics").text)
        assert run["run_id"]
    used = 0
    for expression in expressions():
        for name, labels in re.findall(r"(pawl_[a-z_]+)(?:\{([^}]*)\})?", expression):
            assert name in metrics, name
            for label, value in re.findall(r'([a-z]+)="([^"]*)"', labels):
                assert any(label in series for series, _ in metrics[name]), (name, label)
            used += 1
    assert used >= 20
    for name, series in metrics.items():
        if name.endswith("_bucket"):
            by_rest = {}
            for labels, value in series:
                rest = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
                by_rest.setdefault(rest, []).append(value)
            assert all(values == sorted(values) for values in by_rest.values())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is absent")
def test_systemd_takes_the_unit(tmp_path):
    unit = (SOURCE / "docs" / "monitoring" / "pawl.service").read_text()
    assert "/usr/local/bin/pawl" in unit
    given = tmp_path / "pawl.service"
    given.write_text(unit.replace("/usr/local/bin/pawl", str(PAWL)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", given], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    given.write_text(unit.replace("Type=notify", "Type=sometimes"))
    assert "sometimes" in subprocess.run(["systemd-analyze", "verify", "--man=no", given], capture_output=True, text=True).stderr
