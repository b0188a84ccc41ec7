"""The broken twin: nobody is ever too slow."""

from tests.groups.brisk import *  # noqa: F403

STREAM_PATIENCE_SECONDS = 1e9
