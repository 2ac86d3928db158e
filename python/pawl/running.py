"""Native work off the event loop: short calls in a small pool, long ones in threads of their own that can be stopped."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from . import _native
from .errors import BusyError, InterruptedError

_T = TypeVar("_T")

_THREADS = 4
_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_running: dict[threading.Thread, _native.Run] = {}
_ending = False
# Calls of strangers that have not come back; one that hangs for ever must not take all threads there are.
_MOST_STRANGERS = 64
_strangers = 0


def _short_calls() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="pawl")
        return _pool


async def in_thread(call: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
    """Runs a call that takes milliseconds; a cancelled caller leaves it to end by itself."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_short_calls(), functools.partial(call, *arguments, **named))


def _settle(future: asyncio.Future[_T], result: _T | None, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]


async def in_daemon(call: Callable[[], _T]) -> _T:
    """Runs a stranger's call, which may never come back: a caller who gives up, and the interpreter, leave it behind."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()
    global _strangers
    with _lock:
        if _strangers >= _MOST_STRANGERS:
            raise BusyError(f"{_MOST_STRANGERS} earlier calls have not come back")
        _strangers += 1

    def work() -> None:
        global _strangers
        result, error = None, None  # type: _T | None, BaseException | None
        try:
            result = call()
        except BaseException as raised:  # the caller's to handle
            error = raised
        finally:
            with _lock:
                _strangers -= 1
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(_settle, future, result, error)

    threading.Thread(target=work, name="pawl-service", daemon=True).start()
    return await future


async def long_run(call: Callable[[_native.Run], _T], observer: Callable[[str, str, int], object] | None) -> _T:
    """Runs a call that may take minutes, in a thread of its own.

    Cancelling the caller asks the work to stop, and waits until it has: nothing of it goes on behind his back.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()
    run = _native.Run(observer)

    def tell(result: _T | None, error: BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(_settle, future, result, error)

    def work() -> None:
        try:
            result = call(run)
        except BaseException as error:  # the caller's to handle
            tell(None, error)
        else:
            tell(result, None)
        finally:
            with _lock:
                _running.pop(threading.current_thread(), None)

    thread = threading.Thread(target=work, name="pawl-cycle", daemon=True)
    with _lock:
        if _ending:
            raise InterruptedError("the interpreter is exiting; no work begins")
        _running[thread] = run
    thread.start()
    return await _until_done(future, run)


async def _until_done(future: asyncio.Future[_T], run: _native.Run) -> _T:
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        run.request_stop()
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                continue
        if not future.cancelled():
            future.exception()  # it was seen
        raise


@atexit.register
def _stop_all() -> None:
    """An interpreter that exits during a cycle stops it: what was acknowledged is kept, the next cycle resumes it."""
    global _ending
    with _lock:
        _ending = True
        running = dict(_running)
    for run in running.values():
        run.request_stop()
    for thread in running:
        thread.join()
