"""A model's endpoint on the loopback: chat completions and Anthropic messages, with tools, over real HTTP.

It answers as it is told to, and keeps what it was sent. Nothing of the SDKs is replaced.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.goals.llm import wire
from tests.goals.llm.answers import good_question, well
from tests.goals.llm.wire import TOKENS

__all__ = ["good_question", "well"]  # with what else tests take from here


@dataclass
class Call:
    """What came in: the protocol, the parsed body, and what the product put into it."""

    protocol: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        if self.protocol == "anthropic":
            system = self.body["system"]
            return system if isinstance(system, str) else "".join(part["text"] for part in system)
        return "".join(
            text_of(m) for m in self.body["messages"] if m["role"] in ("system", "developer")
        )

    @property
    def users(self) -> list[str]:
        """The texts of the user's messages: the data, then what validation sent back."""
        return [text_of(m) for m in self.body["messages"] if m["role"] == "user"]

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.users[0].removeprefix("<data>\n").removesuffix("\n</data>"))

    @property
    def tool(self) -> dict[str, Any]:
        """{"name", "schema"} of the tool that takes the answer."""
        tool = self.body["tools"][0]
        if self.protocol == "anthropic":
            return {"name": tool["name"], "schema": tool["input_schema"]}
        return {"name": tool["function"]["name"], "schema": tool["function"]["parameters"]}

    @property
    def act(self) -> str:
        fields = set(self.tool["schema"]["properties"])
        return {
            frozenset({"reply"}): "chat",
            frozenset({"summary"}): "summary",
            frozenset({"category", "subcategory"}): "category",
            frozenset({"questions"}): "questions",
            frozenset({"summary", "parts"}): "outline",
            frozenset({"days"}): "part",
            frozenset({"summary", "days"}): "whole",
        }[frozenset(fields)]


def text_of(message) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or str(part.get("content", "")) for part in content)


@dataclass
class Status:
    """An error of the endpoint."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Raw:
    """Bytes that are no answer."""

    body: bytes


@dataclass
class Text:
    """Prose where the tool was due."""

    text: str


@dataclass
class Cut:
    """Half an answer, then the connection is gone."""

    answer: Any = field(default_factory=dict)


@dataclass
class Fails(Cut):
    """Half a stream, then an error event."""


@dataclass
class Garbled(Cut):
    """Half a stream, then what is no JSON."""


@dataclass
class Waits:
    """Answers once `release` is set; `begun` counts those that wait."""

    answer: Any
    release: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@dataclass
class Paced:
    """A stream whose first `count` pieces are sent; the rest once `release` is set."""

    answer: Any
    count: int
    release: threading.Event = field(default_factory=threading.Event)


class Endpoint:
    """`script`: what the next calls get, one each; after it `default(call)`. An answer is the tool's
    arguments as a dict, or one of the classes above."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.script: list[Any] = []
        self.default: Callable[[Call], Any] = well
        self._lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                endpoint._serve(self)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        self.calls, self.script, self.default = [], [], well

    def of(self, act: str) -> list[Call]:
        return [call for call in self.calls if call.act == act]

    def _serve(self, handler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        protocol = "anthropic" if handler.path.endswith("/messages") else "openai"
        call = Call(protocol, dict(handler.headers), body)
        with self._lock:
            self.calls.append(call)
            answer = self.script.pop(0) if self.script else None
        if answer is None:
            answer = self.default(call)
        if isinstance(answer, Waits):
            answer.begun.release()
            answer.release.wait(30)
            answer = answer.answer
        try:
            _send(handler, call, answer)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True


def _send(handler, call, answer):
    if isinstance(answer, Status):
        error = json.dumps({"error": {"type": "error", "message": "as told"}}).encode()
        return _reply(handler, answer.code, error, answer.headers)
    if isinstance(answer, Raw):
        return _reply(handler, 200, answer.body)
    if call.body.get("stream"):
        return _stream(handler, call, answer)
    if isinstance(answer, Paced | Fails | Garbled):
        answer = answer.answer
    content = _openai(call, answer) if call.protocol == "openai" else _anthropic(call, answer)
    content = json.dumps(content).encode()
    if isinstance(answer, Cut):
        _head(handler, 200, len(content))
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True
        return None
    return _reply(handler, 200, content)


def _stream(handler, call, answer):
    """Server-sent events in chunks, as the endpoints send them."""
    text = answer.text if isinstance(answer, Text) else None
    inner = answer.answer if isinstance(answer, Cut | Paced) else answer
    first, pieces, last = wire.events_of(call, inner, text)
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    if isinstance(answer, Paced):
        _chunks(handler, [*first, *pieces[: answer.count]])
        answer.release.wait(30)
        pieces = pieces[answer.count :]
    elif isinstance(answer, Cut):
        _chunks(handler, [*first, *pieces[: len(pieces) // 2]])
        handler.close_connection = True
        if type(answer) is Cut:
            return
        bad = wire.error_event if isinstance(answer, Fails) else wire.garbled_event
        _chunks(handler, [bad(call), b""])
        return
    else:
        pieces = [*first, *pieces]
    _chunks(handler, [*pieces, *last, b""])


def _chunks(handler, parts):
    for part in parts:
        handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        handler.wfile.flush()


def _reply(handler, code, content, headers=None):
    _head(handler, code, len(content), headers)
    handler.wfile.write(content)


def _head(handler, code, length, headers=None):
    handler.send_response(code)
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def _openai(call, answer):
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if isinstance(answer, Text):
        message["content"] = answer.text
    else:
        arguments = json.dumps(answer.answer if isinstance(answer, Cut) else answer)
        function = {"name": call.tool["name"], "arguments": arguments}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_780_000_000,
        "model": call.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {
            "prompt_tokens": TOKENS["in"],
            "completion_tokens": TOKENS["out"],
            "total_tokens": sum(TOKENS.values()),
        },
    }


def _anthropic(call, answer):
    if isinstance(answer, Text):
        content: dict[str, Any] = {"type": "text", "text": answer.text}
    else:
        given = answer.answer if isinstance(answer, Cut) else answer
        content = {"type": "tool_use", "id": "toolu_1", "name": call.tool["name"], "input": given}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": call.body["model"],
        "content": [content],
        "stop_reason": "end_turn" if isinstance(answer, Text) else "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": TOKENS["in"], "output_tokens": TOKENS["out"]},
    }
