"""The broken twin: uses the sessions it keeps whatever the change stream says."""

from doit_site.mongo.following import Follower
from doit_site.wsgi import application

__all__ = ["application"]

Follower.is_live = lambda self: True
