"""uvicorn in a thread of the tests, so that settings and the model's endpoint are theirs."""

import threading

import uvicorn

from doit_site.handler import Handler
from tests.faults.conftest import free_port, until


class Served(uvicorn.Server):
    """The product under ASGI, as if behind a proxy that speaks HTTPS."""

    def __init__(self):
        handler = Handler()

        async def application(scope, receive, send):
            await handler({**scope, "scheme": "https"}, receive, send)

        self.port = free_port()
        config = uvicorn.Config(
            application,
            port=self.port,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
        )
        super().__init__(config)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        until(lambda: self.started, 10, "it listens")

    def close(self):
        self.should_exit = True
        self.thread.join(10)
