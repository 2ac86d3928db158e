"""What upstreams do, and what the client must see: the table that docs/gateway.md explains.

Outcomes: `first` the first upstream's answer, byte for byte; `second` the next upstream's after one failed attempt;
`passed N` the first one's refusal with status N, byte for byte; `cut` whole events of the first one, then one error
event and no [DONE]. Only `first` and `second` are learnt from, unless the case says `not kept`.
"""

import asyncio

from mock_upstream import DONE, GOOD_STREAM, WORDS, chunk, completion, good

GOOD_BYTES = b"".join(GOOD_STREAM)


def status(code, *headers, body=b'{"error": {"message": "mock"}}'):
    async def behave(x):
        await x.answer(code, body, headers)
    return behave


def whole(body, *headers, kind="application/json", code=200):
    async def behave(x):
        await x.answer(code, body, headers, kind)
    return behave


def pieces(*parts, end=True, pause=0.0, after=None, kind="text/event-stream", headers=()):
    async def behave(x):
        await x.begin_stream(kind, headers)
        for part in parts:
            await x.piece(part)
            if pause:
                await asyncio.sleep(pause)
        if after == "reset":
            await asyncio.sleep(0.05)
            return x.reset() or False
        if after == "stall":
            await x.reader.read(1)
            return False
        if not end:
            return False
        await x.end_stream()
    return behave


def raw(data, close=True):
    async def behave(x):
        await x.raw(data)
        return not close
    return behave


async def close_at_once(x):
    return False


async def reset_at_once(x):
    x.reset()
    return False


async def blackhole(x):
    await x.reader.read(1)
    return False


async def late_head(x):
    await asyncio.sleep(0.25)
    await good(x)


async def dribble(x):
    """A good answer, a byte at a time, within every limit."""
    body = completion() if not x.streams else GOOD_BYTES
    kind = "text/event-stream" if x.streams else "application/json"
    await x.raw(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    for i in range(0, len(body), 7):
        await x.raw(body[i:i + 7])
        await asyncio.sleep(0.0005)


async def dribble_too_slowly(x):
    await x.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(60):
        await x.raw(b" ")
        await asyncio.sleep(0.05)
    return False


async def endless_line(x):
    await x.begin_stream()
    for _ in range(100):
        await x.piece(b"x" * 65536)
    return False


async def endless_line_later(x):
    await x.begin_stream()
    for part in GOOD_STREAM[:3]:
        await x.piece(part)
    for _ in range(40):
        await x.piece(b"y" * 65536)
    return False


async def bad_chunk_later(x):
    await x.begin_stream()
    await x.piece(GOOD_STREAM[0])
    await asyncio.sleep(0.1)
    await x.raw(b"zz\r\n")
    return False


async def early_refusal(x):
    await x.answer(413, b'{"error":{"message":"too much"}}', ["Connection: close"])
    return False


async def interim(x):
    await x.raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    await good(x)


ERROR_EVENT = b'data: {"error": {"message": "overloaded", "code": 529}}\n\n'
HALF = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\u00e4\"}}]}\n\n".encode()
HALF_AT = HALF.index(b"\xc3") + 1

# name, behaviour, outcome when not streamed, outcome when streamed
CASES = [
    ("good", good, "first", "first"),
    ("late but in time", late_head, "first", "first"),
    ("a byte at a time", dribble, "first", "first"),
    ("interim answers first", interim, "first", "first"),
    ("closes without an answer", close_at_once, "second", "second"),
    ("resets the connection", reset_at_once, "second", "second"),
    ("never answers", blackhole, "second", "second"),
    ("too slow to be whole", dribble_too_slowly, "second", "second"),
    ("speaks no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "second", "second"),
    ("head cut off", raw(b"HTTP/1.1 200 OK\r\nContent-Ty"), "second", "second"),
    ("head without end", raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200000), "second", "second"),
    ("two lengths", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), "second", "second"),
    ("length and chunks", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "second", "second"),
    ("negative length", raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "second", "second"),
    ("401", status(401), "second", "second"),
    ("402", status(402), "second", "second"),
    ("403", status(403), "second", "second"),
    ("408", status(408), "second", "second"),
    ("429", status(429), "second", "second"),
    ("429 with Retry-After", status(429, "Retry-After: 0"), "second", "second"),
    ("429 with a broken Retry-After", status(429, "Retry-After: soon"), "second", "second"),
    ("500", status(500), "second", "second"),
    ("502 as a page", whole(b"<html>bad gateway</html>", kind="text/html", code=502), "second", "second"),
    ("503", status(503), "second", "second"),
    ("504", status(504), "second", "second"),
    ("529", status(529), "second", "second"),
    ("redirects", status(302, "Location: http://127.0.0.1:1/"), "second", "second"),
    ("400", status(400), "passed 400", "passed 400"),
    ("404", status(404), "passed 404", "passed 404"),
    ("413", early_refusal, "passed 413", "passed 413"),
    ("422", status(422), "passed 422", "passed 422"),
    ("200 with an error in it", whole(b'{"error": {"message": "overloaded"}}'), "second", "second"),
    ("200 with a page", whole(b"<html>hello</html>", kind="text/html"), "second", "second"),
    ("200 with nothing", whole(b""), "second", "second"),
    ("200 without choices", whole(b'{"choices": []}'), "second", "second"),
    ("200 with broken JSON", whole(b'{"choices": [{'), "second", "second"),
    ("200 with bad UTF-8", whole(b'{"choices": [{"message": {"content": "\xff"}}]}'), "second", "second"),
    ("body cut off", raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"choices\""), "second", "second"),
    ("body until the end of the connection", raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + completion()), "first", "first"),
    ("compressed although nobody asked", whole(b"\x1f\x8b\x08\x00nonsense", "Content-Encoding: gzip"), "first not kept", "first not kept"),
    ("cut by the filter", whole(completion("nothing", "content_filter")), "first not kept", "first not kept"),
]

# Streams only: name, behaviour, outcome
STREAMS = [
    ("comments before the first event", pieces(b": processing\n\n", b": processing\n\n", *GOOD_STREAM), "first"),
    ("CRLF lines", pieces(*[p.replace(b"\n", b"\r\n") for p in GOOD_STREAM]), "first"),
    ("several events in a piece", pieces(GOOD_BYTES), "first"),
    ("events cut anywhere", pieces(*[GOOD_BYTES[i:i + 11] for i in range(0, len(GOOD_BYTES), 11)]), "first"),
    ("a character cut in half", pieces(HALF[:HALF_AT], HALF[HALF_AT:], chunk(reason="stop"), DONE), "first"),
    ("no [DONE] after a reason", pieces(*GOOD_STREAM[:-1]), "first"),
    ("[DONE] without a reason", pieces(*[chunk(w) for w in WORDS], DONE), "first"),
    ("more after [DONE]", pieces(*GOOD_STREAM, b": bye\n\n"), "first"),
    ("the first event is an error", pieces(ERROR_EVENT), "second"),
    ("an error after comments", pieces(b": processing\n\n", ERROR_EVENT), "second"),
    ("the first event is broken", pieces(b"data: {\"choices\n\n"), "second"),
    ("[DONE] at once", pieces(DONE), "second"),
    ("no events at all", pieces(), "second"),
    ("comments only", pieces(b": a\n\n", b": b\n\n"), "second"),
    ("silence after the head", pieces(after="stall"), "second"),
    ("comments for ever", pieces(*[b": wait\n\n"] * 40, pause=0.05), "second"),
    ("reset before the first event", pieces(after="reset"), "second"),
    ("a line without end", endless_line, "second"),
    ("reset in the middle", pieces(*GOOD_STREAM[:3], after="reset"), "cut"),
    ("closed in the middle", pieces(*GOOD_STREAM[:3], end=False), "cut"),
    ("ended in the middle", pieces(*GOOD_STREAM[:3]), "cut"),
    ("silence in the middle", pieces(*GOOD_STREAM[:3], after="stall"), "cut"),
    ("half an event in the middle", pieces(*GOOD_STREAM[:3], b"data: {\"choi", after="stall"), "cut"),
    ("an error in the middle", pieces(*GOOD_STREAM[:3], ERROR_EVENT), "first not kept"),
    ("an error in the middle, then [DONE]", pieces(*GOOD_STREAM[:3], ERROR_EVENT, DONE), "first not kept"),
    ("longer than the whole time", pieces(*GOOD_STREAM[:1], *[chunk("w")] * 200, pause=0.05), "cut"),
    ("plain JSON in place of a stream", whole(completion()), "first"),
    ("a bad chunk's head", raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "second"),
    ("a bad chunk later", bad_chunk_later, "cut"),
]
