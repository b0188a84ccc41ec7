"""Answers checked equal, then rounds in which every contender does the same work in turn."""

import difflib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.benchmarks import load
from tests.benchmarks.contenders import Running
from tests.benchmarks.load import Cores, Failed, Request, Sample

MASKED = ("id", "timestamp")  # of a new message: each contender makes its own
WARM_REQUESTS = 60

Samples = dict[str, dict[str, list[Sample]]]


@dataclass(frozen=True)
class Case:
    """One kind of work. `reset` undoes what it left, before each run."""

    name: str
    title: str
    requests: list[Request]
    file: Path
    reset: Callable[[], None] | None = None

    @classmethod
    def of(cls, name: str, title: str, requests: list[Request], folder: Path, **more) -> "Case":
        return cls(name, title, requests, load.write(folder / f"{name}.txt", requests), **more)


def check_equal(running: dict[str, Running], cases: list[Case]) -> None:
    """Raises Failed with a diff where a contender does not answer what the first one does."""
    for case in cases:
        for request in case.requests[:: len(case.requests) // 3][:3]:
            wanted, *others = [(key, _ask(one, case, request)) for key, one in running.items()]
            for key, answer in others:
                if answer != wanted[1]:
                    raise Failed(
                        f"{key} does not answer {case.name} as {wanted[0]}:\n"
                        + _diff(wanted[1], answer)
                    )


def _ask(one: Running, case: Case, request: Request) -> Any:
    if case.reset:
        case.reset()
    url = f"http://127.0.0.1:{one.port}{request.path}"
    answer = httpx.request(
        request.method, url, headers=request.headers, content=request.body, timeout=20
    )
    if not answer.is_success:
        raise Failed(f"{one.contender.key}: {answer.status_code} {answer.text[:300]}")
    body = answer.json()
    return {"status": answer.status_code, "body": _masked(body) if case.reset else body}


def _masked(body: Any) -> Any:
    return {name: type(body[name]).__name__ if name in MASKED else body[name] for name in body}


def _diff(wanted: Any, got: Any) -> str:
    before, after = (
        json.dumps(value, indent=1, sort_keys=True).splitlines() for value in (wanted, got)
    )
    lines = difflib.unified_diff(before, after, "wanted", "got", lineterm="", n=1)
    return "\n".join(itertools.islice(lines, 30))


def warm(running: dict[str, Running], cases: list[Case]) -> Iterator[None]:
    """A few answers from each, so that nothing is done for the first time under measurement."""
    for one in running.values():
        for case in cases:
            ask(one, case.requests[:WARM_REQUESTS])
        yield


def ask(one: Running, requests: list[Request]) -> None:
    """One after the other, whatever they answer."""
    with httpx.Client(base_url=f"http://127.0.0.1:{one.port}", timeout=20) as client:
        for request in requests:
            method, path = request.method, request.path
            client.request(method, path, headers=request.headers, content=request.body)


def rounds(
    running: dict[str, Running],
    cases: list[Case],
    samples: Samples,
    *,
    count: int,
    seconds: int,
    cores: Cores,
) -> Iterator[str]:
    """Add `count` samples of each contender and case; yields what is measured next.

    Within a round a case is done by all before the next case, so that those who are compared
    are neighbours in time; each round begins with another one.
    """
    keys = list(running)
    for number in range(count):
        turn = number * len(keys) // count
        for case, key in itertools.product(cases, keys[turn:] + keys[:turn]):
            yield f"{key}, {case.title}"
            if case.reset:
                case.reset()
            with running[key].working(cores):
                sample = load.run(running[key].port, case.file, seconds, cores.load, who=key)
            samples.setdefault(case.name, {}).setdefault(key, []).append(sample)
