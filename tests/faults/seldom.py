"""The product with a heartbeat so seldom that it finds nothing out by it."""

from doit_site.settings import *  # noqa: F403

STREAM_HEARTBEAT_SECONDS = 3600
