"""Clients that are broken, slow or hostile. PAWL_MALFORMED=10000 sends as many as a release should stand."""

import os
import pathlib
import re
import socket
import threading
import time

from running_service import Service
from malformed import requests

COUNT = int(os.environ.get("PAWL_MALFORMED", "700"))


def facts(service):
    """Open descriptors, and resident memory in MiB."""
    process = pathlib.Path("/proc") / str(service.process.pid)
    resident = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS"))
    return len(list((process / "fd").iterdir())), int(resident.split()[1]) / 1024


def talk(port, data, timeout=1.0):
    """All that comes back; the sender closes its side after everything is sent."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while piece := sock.recv(65536):
                got += piece
        except OSError:
            pass
    return got


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d\d\d) ", answer)]


def send_all(service, count, seed):
    for request in requests(count, service.key, seed):
        answer = talk(service.port, request)
        for status in statuses(answer):
            assert 400 <= status < 500 or b"HTTP/1.1 200" in answer and harmless(request), (status, request[:200], answer[:300])


def harmless(request):
    """A changed byte may leave a request right; a cut of a list of texts, too."""
    return request.startswith((b"GET /healthz", b"GET /readyz", b"POST /api/v1/analyze", b"POST /v1/chat"))


def test_broken_requests_get_4xx_or_nothing_and_leave_nothing_behind(workspace):
    with Service(workspace, "serve.log_requests=false") as service:
        # What a service keeps of the newest texts is there before anything is measured.
        for part in range(5):
            texts = [f"my build number {part} {n} broke again" for n in range(1000)]
            assert service.client.post("/api/v1/analyze", json={"texts": texts}).status_code == 200
        send_all(service, 150, seed=1)
        time.sleep(0.3)
        descriptors, memory = facts(service)
        delays = []
        stop = threading.Event()

        def good_client():
            while not stop.is_set():
                began = time.monotonic()
                assert service.client.get("/healthz").status_code == 200
                delays.append(time.monotonic() - began)
                time.sleep(0.005)
        thread = threading.Thread(target=good_client)
        thread.start()
        send_all(service, COUNT, seed=2)
        stop.set()
        thread.join()
        service.wait_for(lambda: facts(service)[0] <= descriptors + 2)
        assert facts(service)[1] < memory * 1.1 + 16
        assert sorted(delays)[int(len(delays) * 0.99)] < 0.25
        assert service.client.post("/api/v1/analyze", json={"text": "still there?"}).status_code == 200


def test_two_requests_in_one_piece_are_answered_in_order(workspace):
    with Service(workspace) as service:
        auth = f"Authorization: Bearer {service.key}\r\n"
        body = '{"text": "hello"}'
        pair = (f"POST /api/v1/analyze HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: {len(body)}\r\n\r\n{body}" +
                "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as sock:
            sock.sendall(pair.encode())
            got = b""
            while piece := sock.recv(65536):
                got += piece
        assert statuses(got) == [200, 200, 404]


def test_slow_senders_are_cut_and_idle_ones_are_kept(workspace):
    with Service(workspace, "serve.head_seconds=0.5", "serve.body_seconds=0.5", "serve.idle_seconds=1.5") as service:
        def slow(data):
            began = time.monotonic()
            got = b""
            with socket.create_connection(("127.0.0.1", service.port), timeout=10) as sock:
                sock.settimeout(0.05)
                for byte in data:
                    try:
                        sock.sendall(bytes([byte]))
                        piece = sock.recv(4096)
                        if not piece:
                            break
                        got += piece
                    except TimeoutError:
                        continue
                    except OSError:
                        break
            return time.monotonic() - began, got
        seconds, got = slow(b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 100)
        assert seconds < 4 and b" 408 " in got
        seconds, got = slow(f"POST /api/v1/analyze HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\nContent-Length: 900\r\n\r\n".encode()[:0] or b"x" * 40)
        assert seconds < 4
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as sock:
            sock.sendall(f"POST /api/v1/analyze HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\nContent-Length: 900\r\n\r\n{{".encode())
            assert b" 408 " in sock.recv(4096)
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as sock:
            for _ in range(3):
                sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b" 200 " in sock.recv(4096)
                time.sleep(0.8)


def test_a_thousand_idle_connections_bother_nobody(workspace):
    with Service(workspace) as service:
        service.client.get("/healthz")
        _, before = facts(service)
        idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(1000)]
        began = time.monotonic()
        for _ in range(50):
            assert service.client.get("/healthz").status_code == 200
        assert time.monotonic() - began < 5
        assert facts(service)[1] - before < 40
        for sock in idle:
            sock.close()
        service.wait_for(lambda: facts(service)[0] < 100)


def test_beyond_the_most_connections_new_ones_are_closed_and_old_ones_work(workspace):
    with Service(workspace, "serve.max_connections=20") as service:
        service.client.get("/healthz")
        idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(30)]
        assert service.client.get("/healthz").status_code == 200
        for sock in idle:
            sock.close()
        service.wait_for(lambda: talk(service.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200"))


def test_a_client_that_reads_nothing_does_not_fill_the_memory(workspace, upstream):
    async def flood(x):
        await x.begin_stream()
        for _ in range(3000):
            await x.piece(b'data: {"choices":[{"index":0,"delta":{"content":"' + b"x" * 32000 + b'"}}]}\n\n')
    upstream.plan(flood)
    config = f'[[gateway.upstream]]\nname = "flood"\nurl = "http://127.0.0.1:{upstream.port}/v1"\n'
    with Service(workspace, config=config) as service:
        for _ in range(3):
            service.client.post("/api/v1/analyze", json={"text": "warm"})
        _, before = facts(service)
        body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}'
        with socket.create_connection(("127.0.0.1", service.port)) as sock:
            sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            time.sleep(1.5)
            assert facts(service)[1] - before < 20
