"""What the two protocols look like when they stream: server-sent events, as the endpoints send them."""

import json

PIECE = 6  # characters of the tool's arguments an event
TOKENS = {"in": 100, "out": 20}


def events_of(call, answer, text=None):
    """(the first events, one for each piece, the last events) of an answer: a tool's arguments, or prose."""
    whole = json.dumps(answer, ensure_ascii=False) if text is None else text
    pieces = [whole[at : at + PIECE] for at in range(0, len(whole), PIECE)]
    build = _openai if call.protocol == "openai" else _anthropic
    return build(call, pieces, text is not None)


def error_event(call):
    """An error after the stream began."""
    error = {"type": "overloaded_error", "message": "as told"}
    if call.protocol == "anthropic":
        return _named({"type": "error", "error": error})
    return _data({"error": error | {"code": "overloaded", "param": None}})


def garbled_event(call):
    return (
        _line("content_block_delta", "{no json") if _is_anthropic(call) else b"data: {no json\n\n"
    )


def _is_anthropic(call):
    return call.protocol == "anthropic"


def _openai(call, pieces, is_text):
    def chunk(delta, finish=None):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data(_chunk(call, choices=[choice], usage=None))

    def more(piece):
        function = {"index": 0, "function": {"arguments": piece}}
        return chunk({"content": piece} if is_text else {"tool_calls": [function]})

    head = {"role": "assistant", "content": "" if is_text else None}
    if not is_text:
        function = {"name": call.tool["name"], "arguments": ""}
        head["tool_calls"] = [
            {"index": 0, "id": "call_1", "type": "function", "function": function}
        ]
    last = [chunk({}, "stop" if is_text else "tool_calls")]
    if (call.body.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": TOKENS["in"], "completion_tokens": TOKENS["out"]}
        usage["total_tokens"] = sum(TOKENS.values())
        last.append(_data(_chunk(call, choices=[], usage=usage)))
    return [chunk(head)], [more(piece) for piece in pieces], [*last, b"data: [DONE]\n\n"]


def _chunk(call, **more):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_780_000_000,
        "model": call.body["model"],
        **more,
    }


def _anthropic(call, pieces, is_text):
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": call.body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": TOKENS["in"], "output_tokens": 1},
    }
    block = {"type": "tool_use", "id": "toolu_1", "name": call.tool["name"], "input": {}}
    if is_text:
        block = {"type": "text", "text": ""}

    def more(piece):
        delta = {"type": "input_json_delta", "partial_json": piece}
        if is_text:
            delta = {"type": "text_delta", "text": piece}
        return _named({"type": "content_block_delta", "index": 0, "delta": delta})

    begun = {"type": "content_block_start", "index": 0, "content_block": block}
    why = {"stop_reason": "end_turn" if is_text else "tool_use", "stop_sequence": None}
    usage = {"output_tokens": TOKENS["out"]}
    last = [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": why, "usage": usage},
        {"type": "message_stop"},
    ]
    first = [{"type": "message_start", "message": message}, begun, {"type": "ping"}]
    return list(map(_named, first)), [more(piece) for piece in pieces], list(map(_named, last))


def _named(data):
    return _line(data["type"], json.dumps(data, ensure_ascii=False))


def _line(name, data):
    return f"event: {name}\ndata: {data}\n\n".encode()


def _data(data):
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"
