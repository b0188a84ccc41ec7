"""The event loop of the coach: one thread a process, in which all calls to the model wait.

The SDKs keep connections, which belong to the loop that opened them. So there is one loop, and
the threads of requests hand their calls to it.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any

_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process: a fork has none of its parent's


def run(call: Coroutine[Any, Any, Any], *, seconds: float | None = None) -> Any:
    """What the coroutine returns or raises; the calling thread waits.

    The coroutine brings its own deadline; `seconds` is for one that does not heed it. Raises
    TimeoutError then.
    """
    future = asyncio.run_coroutine_threadsafe(call, _loop())
    try:
        return future.result(seconds)
    finally:
        future.cancel()


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        pid = os.getpid()
        if pid not in _loops:
            loop = _loops[pid] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="coach", daemon=True).start()
        return _loops[pid]
