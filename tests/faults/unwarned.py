"""The broken twin: streams that hear of the server's end only when it is over."""

from doit_site import asgi

asgi._end_streams_on_a_stop_signal = lambda: None
application = asgi.application
