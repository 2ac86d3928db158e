"""Requests that are wrong in every way we know, from a seed."""

import random

AUTH = b"Authorization: Bearer pawl_000000000000_" + b"0" * 64 + b"\r\n"


def post(body=b"{}", extra=b"", path=b"/api/v1/analyze", version=b"HTTP/1.1", length=None, host=b"Host: x\r\n"):
    length = len(body) if length is None else length
    return b"POST %s %s\r\n%s%sContent-Length: %s\r\n\r\n%s" % (path, version, host, extra, str(length).encode(), body)


def cases(rng):
    """One of each kind; random parts from `rng`."""
    junk = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200)))
    n = rng.randrange(1, 1 << 20)
    yield junk
    yield junk + b"\r\n\r\n"
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + junk
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield post(extra=b"Transfer-Encoding: chunked\r\n")
    yield post(extra=b"Transfer-Encoding: gzip, chunked\r\n")
    yield b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
    yield b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n"
    yield post(extra=b"Content-Length: %d\r\n" % n)
    yield post(extra=b"Content-Length: 2\r\n")
    for length in (b"-1", b"+2", b"0x2", b"2,2", b"2, 3", b"99999999999999999999999", b"2 2", b"", b"two", b"\xd9\xa2"):
        yield b"POST /api/v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n{}"
    for chunk in (b"-1\r\n", b"fffffffffffffffff\r\n", b"2\n{}\r\n0\r\n\r\n", b"2;a=\"\n\r\n{}\r\n0\r\n\r\n", b"2\r\n{}X0\r\n\r\n", b"zz\r\n", b"2;" + b"a" * 40000, b"0\r\nContent-Length: 5\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n"):
        yield b"POST /api/v1/analyze HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
    yield b"GET / HTTP/1.1\nHost: x\n\n"
    yield b"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"
    yield b"GET / HTTP/1.1\rHost: x\r\r"
    yield b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
    yield b"GET /healthz HTTP/1.1\r\n\r\n"
    yield b"GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n"
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\nbad name: y\r\n\r\n"
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n"
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\nnull: \x00\r\n\r\n"
    yield b"GET /heal\x00thz HTTP/1.1\r\nHost: x\r\n\r\n"
    for line in (b"GET", b"GET ", b"GET /", b"GET / HTTP/9.9", b"GET / HTTP/1.1 x", b"GET  / HTTP/1.1", b"get http://x/ HTTP/1.1",
                 b"GET * HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"/ GET HTTP/1.1", b"G\xc3\x84T / HTTP/1.1", b"GET /\xff HTTP/1.1", b"GET /%00 HTTP/1.1", b"GET /../../etc/passwd HTTP/1.1"):
        yield line + b"\r\nHost: x\r\n\r\n"
    yield b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    yield b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 65536 + b"\r\n\r\n"
    yield b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20000 + b"\r\n"
    for key in (b"' OR '1'='1", b"Bearer ' OR 1=1; DROP TABLE documents --", b"Bearer pawl_" + b"\xff" * 12 + b"_" + b"0" * 64, b"Bearer " + b"x" * 20000, b"Basic eDp5", b"Bearer"):
        yield b"GET /api/v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: " + key + b"\r\n\r\n"
    yield post(extra=AUTH)
    yield post(length=10 ** 12)
    yield post(b"{}", path=b"/api/v1/nothing/" + junk.hex().encode())
    yield post(b"{}", path=b"/api/v1/cycles/%ff%fe")


def signed_cases(key, rng):
    """Heads that are right, with bodies that are not."""
    def with_key(body, path=b"/api/v1/analyze"):
        return post(body, b"Authorization: Bearer " + key.encode() + b"\r\nContent-Type: application/json\r\n", path)
    depth = rng.choice([100, 10000, 1000000])
    yield with_key(b"[" * depth)
    yield with_key(b'{"text":' * depth)
    yield with_key(b"[" * depth + b"]" * depth)
    yield with_key(b'{"text": "\xff\xfe"}')
    yield with_key(b'{"text": "\\ud800"}')
    yield with_key(b'{"text": "a", "text": "b"}')
    yield with_key(b'{"texts": ' + b"[" + b",".join([b'""'] * 2000) + b"]}")
    yield with_key(b'{"text": 1e999999}')
    yield with_key(b"\xef\xbb\xbf" + b"{")
    yield with_key(b'{"conversation_id": {"a": 1}, "user_id": [], "user_text": null}', b"/api/v1/turns")
    yield with_key(b'{"turn_id": "\\u0000", "satisfaction_score": NaN}', b"/api/v1/feedback")
    yield with_key(b'{"conversation_id": "c", "user_id": "u", "user_text": "t", "timestamp": 1e300}', b"/api/v1/turns")
    yield with_key(b'{"messages": [{"role": "user", "content": [[[1]]]}], "stream": "yes"', b"/v1/chat/completions")
    yield with_key(b'{"input": [1, 2, 3]}', b"/v1/embeddings")
    yield with_key(b'{"role": "root"}', b"/api/v1/keys")
    body = bytearray(b'{"text": "my build broke again"}')
    body[rng.randrange(1, 8)] = 0
    yield with_key(bytes(body))


def requests(count, key, seed=0):
    rng = random.Random(seed)
    made = 0
    while True:
        for request in [*cases(rng), *signed_cases(key, rng)]:
            if made == count:
                return
            if made > 300 and rng.random() < 0.3 and len(request) > 10:  # cut, or with a byte changed
                at = rng.randrange(len(request))
                request = request[:at] if rng.random() < 0.5 else request[:at] + bytes([rng.randrange(256)]) + request[at + 1:]
            yield request
            made += 1
