"""/metrics: what is counted, and the page that Prometheus reads.

Counting is on the way of every request, so each child of a metric is looked up once and kept. No
label holds an id, a number or a text of a person: routes are templates of the URL configuration,
methods, commands and limits are of fixed lists.
"""

import hmac
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
    multiprocess,
)
from prometheus_client.metrics_core import Metric

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
UNMATCHED = "unmatched"
API_ROOT = "api/v1/"  # of the catch-all that answers what the API has not
# Up to what a request takes at the most, when the database is gone: 3.5 s.
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 3.5)
JOB_BUCKETS = (5, 15, 30, 60, 120, 300, 600, 1200, 1800)

registry = CollectorRegistry()

_request_seconds = Histogram(
    "doit_request_seconds",
    "Requests answered: time to the answer, of a stream to its beginning.",
    ("method", "route", "status"),
    buckets=BUCKETS,
    registry=registry,
)
_in_flight = Gauge(
    "doit_requests_in_flight",
    "Requests being answered.",
    multiprocess_mode="livesum",
    registry=registry,
)
_database_seconds = Histogram(
    "doit_database_seconds",
    "Time of a database operation, as the caller waits for it.",
    ("command",),
    buckets=BUCKETS,
    registry=registry,
)
_database_errors = Counter(
    "doit_database_errors",
    "Database operations that raised, by the class of the error.",
    ("command", "error"),
    registry=registry,
)
_codes = Counter("doit_codes", "Codes handed to the SMS backend.", ("outcome",), registry=registry)
_throttled = Counter("doit_throttled", "Refusals by a limit.", ("limit",), registry=registry)
_verifications = Counter(
    "doit_verifications", "Tests submitted, once each.", ("outcome",), registry=registry
)
_messages = Counter("doit_messages", "Messages that people sent.", ("where",), registry=registry)
_coach_answers = Counter(
    "doit_coach_answers",
    "Answers asked of the llm coach, by who gave them in the end.",
    ("act", "coach"),
    registry=registry,
)
_coach_failures = Counter(
    "doit_coach_failures",
    "Times that the llm coach gave no answer, each try counted.",
    ("reason",),
    registry=registry,
)
_coach_tokens = Counter(
    "doit_coach_tokens", "Tokens as the model's endpoint counts them.", ("kind",), registry=registry
)
_coach_waiting = Gauge(
    "doit_coach_waiting",
    "Requests that wait for the llm coach.",
    multiprocess_mode="livesum",
    registry=registry,
)
_job_seconds = Histogram(
    "doit_job_seconds",
    "Jobs ended: time from the request to the end, by how it ended.",
    ("kind", "end"),
    buckets=JOB_BUCKETS,
    registry=registry,
)

# Named here, so that they are exported as 0 before they first count.
codes_sent = _codes.labels("sent")
codes_failed = _codes.labels("failed")
verifications_passed = _verifications.labels("passed")
verifications_failed = _verifications.labels("failed")
goal_messages = _messages.labels("goal")
group_messages = _messages.labels("group")
_tokens_in = _coach_tokens.labels("input")
_tokens_out = _coach_tokens.labels("output")

_of_request: dict[tuple[str, str, int], Histogram] = {}
_of_command: dict[str, Histogram] = {}


def route_of(request) -> str:
    """The template that the request's path matched: api/v1/goals/<str:id>/."""
    match = request.resolver_match
    if match is None:
        return "static" if request.path_info.startswith(settings.STATIC_URL) else UNMATCHED
    return UNMATCHED if match.route == API_ROOT else match.route


def method_of(request) -> str:
    """The method, where it is one that HTTP has: any other is the client's to choose."""
    return request.method if request.method in METHODS else "other"


def request_begun() -> None:
    _in_flight.inc()


def request_ended(method: str, route: str, status: int, seconds: float) -> None:
    key = (method, route, status)
    histogram = _of_request.get(key)
    if histogram is None:
        histogram = _of_request[key] = _request_seconds.labels(*key)
    histogram.observe(seconds)
    _in_flight.dec()


def operation(command: str, seconds: float) -> None:
    """Count a database operation that was answered."""
    histogram = _of_command.get(command)
    if histogram is None:
        histogram = _of_command[command] = _database_seconds.labels(command)
    histogram.observe(seconds)


def operation_failed(command: str, error: BaseException) -> None:
    _database_errors.labels(command, type(error).__name__).inc()


def throttled(limit: str) -> None:
    """Count a refusal; `limit` is a name of THROTTLE_RATES or `resend`."""
    _throttled.labels(limit).inc()


def coach_answered(act: str, coach: str) -> None:
    """`act` is classify, plan, reply or questions; `coach` who answered: llm, offline or crisis."""
    _coach_answers.labels(act, coach).inc()


def coach_failed(reason: str) -> None:
    """`reason` is one of goals.consulting.NOTES, or of a try: server, connection."""
    _coach_failures.labels(reason).inc()


def coach_tokens(asked: int, answered: int) -> None:
    _tokens_in.inc(asked)
    _tokens_out.inc(answered)


def job_ended(kind: str, end: str, seconds: float) -> None:
    _job_seconds.labels(kind, end).observe(seconds)


def coach_waits() -> AbstractContextManager[Any]:
    """A request waits for the model as long as the block lasts."""
    return _coach_waiting.track_inprogress()


def page(request):
    """The figures, for METRICS_TOKEN; where none is set, for this machine alone."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    elif not _from_this_machine(request.META):
        return HttpResponse(status=404)
    response = HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


def _from_this_machine(headers) -> bool:
    """Whether the peer is on the loopback, and no proxy there that passes on what others ask."""
    if any(name in headers for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA")):
        return False
    try:
        return ip_address(headers.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def exposition() -> bytes:
    """The text format: of this process, or with METRICS_DIR of all that share the folder."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    result = CollectorRegistry()
    if folder is None:
        GCCollector(registry=result)
        ProcessCollector(registry=result)
        return generate_latest(registry) + generate_latest(result)
    pids = _processes(Path(folder))
    multiprocess.MultiProcessCollector(result)
    result.register(_Processes([pid for pid in pids if _lives(pid)]))
    for pid in pids:
        if not _lives(pid):
            multiprocess.mark_process_dead(pid)  # its counts stay, its requests in flight do not
    return generate_latest(result)


def _processes(folder: Path) -> list[int]:
    """The processes that have counted in the folder, alive or not."""
    names = (path.stem.rpartition("_")[2] for path in folder.glob("*.db"))
    return sorted({int(name) for name in names if name.isdigit()})


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


class _Processes:
    """Memory, processor time and files of each process, by its `pid`."""

    def __init__(self, pids):
        self.pids = pids

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for pid in self.pids:
            for found in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                family = families.setdefault(
                    found.name, Metric(found.name, found.documentation, found.type)
                )
                for sample in found.samples:
                    family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        yield from families.values()
