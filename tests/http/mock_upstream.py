"""An upstream that does what its script says: one behaviour a request, in order, then the last one for ever."""

import asyncio
import json
import socket
import struct
import threading


def chunk(text=None, reason=None, role=None):
    delta = {}
    if role:
        delta["role"] = role
    if text is not None:
        delta["content"] = text
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "mock",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def completion(text="Hello there", reason="stop"):
    return json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "mock",
                       "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}],
                       "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}).encode()


DONE = b"data: [DONE]\n\n"
WORDS = ["Hello", " there", ", how", " are", " you?"]
GOOD_STREAM = [chunk("", role="assistant"), *[chunk(w) for w in WORDS], chunk(reason="stop"), DONE]


class Exchange:
    def __init__(self, reader, writer, head, body):
        self.reader, self.writer, self.body = reader, writer, body
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            if ":" in line:
                name, value = line.split(":", 1)
                self.headers[name.lower()] = value.strip()

    @property
    def streams(self):
        return bool(json.loads(self.body).get("stream"))

    async def raw(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status, body=b"", headers=(), kind="application/json", length=None):
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body) if length is None else length}", *headers]
        await self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def begin_stream(self, kind="text/event-stream", headers=()):
        await self.raw("\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {kind}", "Transfer-Encoding: chunked", *headers]).encode() + b"\r\n\r\n")

    async def piece(self, data):
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def end_stream(self):
        await self.raw(b"0\r\n\r\n")

    def reset(self):
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def good(x):
    if not x.streams:
        return await x.answer(200, completion())
    await x.begin_stream()
    for piece in GOOD_STREAM:
        await x.piece(piece)
    await x.end_stream()


class MockUpstream:
    def __init__(self, ssl_context=None):
        self.script, self.requests, self.gone = [good], [], 0
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def start():
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=ssl_context, limit=1 << 24)
            self.port = self.server.sockets[0].getsockname()[1]
            ready.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.create_task(start())
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert ready.wait(10)

    def plan(self, *behaviours):
        self.script = list(behaviours)
        self.requests.clear()
        self.gone = 0

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                body = await reader.readexactly(length)
                x = Exchange(reader, writer, head[:-4], body)
                self.requests.append(x)
                behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                if await behaviour(x) is False:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            self.gone += 1
        finally:
            writer.close()

    def stop(self):
        def end():
            self.server.close()
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_soon(self.loop.stop)
        self.loop.call_soon_threadsafe(end)
        self.thread.join(5)
