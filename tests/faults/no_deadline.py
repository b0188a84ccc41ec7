"""The broken twin: the product without its deadline and without the driver's time-outs."""

from doit_site.settings import *  # noqa: F403
from doit_site.settings import DATABASES

DATABASE_DEADLINE = None
for _name in ("connectTimeoutMS", "serverSelectionTimeoutMS", "waitQueueTimeoutMS"):
    DATABASES["default"]["OPTIONS"].pop(_name, None)
