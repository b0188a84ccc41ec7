"""The product with a quick heartbeat and a short queue, so that tests need not wait or flood."""

from doit_site.settings import *  # noqa: F403

STREAM_HEARTBEAT_SECONDS = 0.5
STREAM_QUEUE = 20
STREAM_PATIENCE_SECONDS = 1
