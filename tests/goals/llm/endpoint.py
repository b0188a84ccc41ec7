"""A model's endpoint on the loopback: chat completions and Anthropic messages, with tools, over real HTTP.

It answers as it is told to, and keeps what it was sent. Nothing of the SDKs is replaced.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKENS = {"in": 100, "out": 20}


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


class Cut:
    """Half an answer, then the connection is gone."""


@dataclass
class Waits:
    """Answers once `release` is set; `begun` counts those that wait."""

    answer: Any
    release: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


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
    content = _openai(call, answer) if call.protocol == "openai" else _anthropic(call, answer)
    content = json.dumps(content).encode()
    if isinstance(answer, Cut):
        _head(handler, 200, len(content))
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True
        return None
    return _reply(handler, 200, content)


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
        arguments = json.dumps({} if isinstance(answer, Cut) else answer)
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
        given = {} if isinstance(answer, Cut) else answer
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


def well(call: Call) -> dict[str, Any]:
    """What a good model gives."""
    return globals()[f"good_{call.act}"](call.data)


def good_chat(data):
    return {"reply": f"On day one: {len(data['history'])} messages before this."}


def good_summary(data):
    return {"summary": f"{len(data['messages'])} messages, after {data['earlier'] or 'none'}"}


def good_category(data):
    return {"category": "music", "subcategory": "banjo"}


def good_questions(data):
    return {"questions": [good_question(n) for n in range(data["count"])]}


def good_question(number):
    return {
        "prompt": f"What holds of string {number}?",
        "right": f"It is tuned to note {number}",
        "wrong": [f"It is made of {stuff} {number}" for stuff in ("wood", "glass", "stone")],
        "explanation": "That is how it is tuned.",
    }


def good_outline(data):
    parts = [{"theme": f"Theme {n}", "carries": [f"Thing {n}"]} for n in range(len(data["parts"]))]
    return {"summary": "From the first chord to the concert.", "parts": parts}


def good_part(data):
    name = data.get("part", {}).get("theme", "Theme")
    return {"days": [good_day(name, n) for n in range(data["days"])]}


def good_whole(data):
    return {"summary": "A short way to the first song.", **good_part(data)}


def good_day(name, number, **task):
    task = {"task": f"Play exercise {number} of {name}", "minutes": 20, "resources": []} | task
    return {"title": f"{name}, step {number}", "tasks": [task], "tips": "Slowly."}
