#!/usr/bin/env python3
"""Load for a long time, with cycles running: does the service's memory grow?

Simulated people talk through the gateway and correct answers, others analyse texts. The resident memory is looked at
every second; the slope is that of the lowest value of each tenth of the time after the warm-up, so that what a cycle
uses while it runs does not count. Status 1 beyond the bar (runs of twenty minutes and more are judged).
"""
import argparse
import json
import pathlib
import signal
import sys
import tempfile
import threading
import time

import demo

BAR_MB_PER_HOUR = 5
WARM_UP = 0.25  # share of the time
PARTS = 10


def resident_mb(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) / 1024


def slope_per_hour(points):
    """Least squares through the lowest value of each part."""
    first, last = points[0][0], points[-1][0]
    low = {}
    for at, value in points:
        part = min(PARTS - 1, int(PARTS * (at - first) / (last - first)))
        low[part] = min(low.get(part, (value, at)), (value, at))
    xs, ys = [at / 3600 for _, at in low.values()], [value for value, _ in low.values()]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def analyse(client, texts, stop):
    while not stop.is_set():
        for text in texts:
            if stop.wait(0.02):
                return
            try:
                client("POST", "/api/v1/analyze", {"text": text})
            except OSError:
                return


def watch(args, service, client, stop):
    points, began = [], time.monotonic()
    while time.monotonic() - began < args.minutes * 60 and service.poll() is None:
        points.append((time.monotonic() - began, resident_mb(service.pid)))
        stop.wait(1)
        if len(points) % 60 == 0:
            status = client("GET", "/api/v1/status")[2]
            print(f"{len(points) // 60:4} min  {points[-1][1]:8.1f} MiB  {status['turns']} turns  {status['total_cycles']} cycles", flush=True)
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pawl", default=demo.ROOT / "build" / "release" / "src" / "cli" / "pawl", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--people", type=int, default=4)
    args = parser.parse_args()
    args.listen, args.examples = "127.0.0.1:0", 600
    conversations = demo.lines_of("conversations.jsonl")
    stop = threading.Event()
    with tempfile.TemporaryDirectory(prefix="pawl-soak-") as folder:
        service, url, key = demo.start(args, pathlib.Path(folder), conversations)
        client = demo.Client(url, key)
        client("POST", "/api/v1/schedules", {"name": "often", "when_labelled": 40})
        work = [threading.Thread(target=demo.people, args=(client, conversations[i::args.people], 0.2, stop)) for i in range(args.people)]
        work.append(threading.Thread(target=analyse, args=(client, [t["user_text"] for t in conversations], stop)))
        for thread in work:
            thread.start()
        try:
            points = watch(args, service, client, stop)
            cycles = client("GET", "/api/v1/status")[2]["total_cycles"]
        finally:
            stop.set()
            for thread in work:
                thread.join()
            service.send_signal(signal.SIGTERM)
            ended = service.wait(60)
    after = [p for p in points if p[0] >= WARM_UP * args.minutes * 60]
    slope = slope_per_hour(after)
    print(json.dumps({"minutes": args.minutes, "cycles": cycles, "mib_at_end": round(points[-1][1], 1), "mib_per_hour": round(slope, 2), "bar": BAR_MB_PER_HOUR}))
    sys.exit(ended or (args.minutes >= 20 and slope > BAR_MB_PER_HOUR))


if __name__ == "__main__":
    main()
