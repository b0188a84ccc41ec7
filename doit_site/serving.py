"""The application, streams and all, served from this process until a signal ends it."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from doit_site.processes import STOP_SIGNALS

STOP_SECONDS = 10


def serve(address: str, port: int, announce: Callable[[], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then let the requests in flight finish.

    `announce` is called once the server listens. To be called from the main thread. Raises
    SystemExit if the server cannot start.
    """
    config = uvicorn.Config(
        "doit_site.asgi:application",
        host=address,
        port=port,
        lifespan="on",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        # request.META has what the client sent: doit_site.settings says which proxies to believe.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    config.load()  # before there is an event loop, in which the database may not be asked
    _Server(config, announce).run()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, with SIGHUP, and for the last time: what is served here ends with it."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        yield

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True
