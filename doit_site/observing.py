"""What is noted of every request: the figures of /metrics and one line of the log.

RequestMiddleware calls begin() and end(), which wait for nothing.
"""

import logging
from time import perf_counter

from doit_site import metrics
from doit_site.logs import current_request

logger = logging.getLogger("doit.access")


def begin(request) -> float:
    """To be called once the request has its id; the value is for `end`."""
    current_request.set(request)
    metrics.request_begun()
    return perf_counter()


def end(request, response, started: float) -> None:
    """`response` is None where something that no handler catches ended the request."""
    seconds = perf_counter() - started
    status = response.status_code if response is not None else 500
    metrics.request_ended(metrics.method_of(request), metrics.route_of(request), status, seconds)
    if logger.isEnabledFor(logging.INFO):
        _write_line({"status": status, "duration_ms": round(seconds * 1000, 2)})
    current_request.set(None)


def _write_line(fields):
    """As logger.info("request", ...), without looking up who calls."""
    extra = {"fields": fields}
    record = logger.makeRecord(
        logger.name, logging.INFO, __file__, 0, "request", (), None, extra=extra
    )
    logger.handle(record)
