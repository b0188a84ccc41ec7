"""The broken twin: a process that ends without waiting for the replies that are being made."""

from doit_site import asgi
from doit_site.api import telling

telling.finish = lambda: None
application = asgi.application
