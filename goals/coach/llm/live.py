"""A reply told while the model still writes it: only what may stand in the end, as soon as that is sure.

The reply comes as the argument of a tool, a piece of JSON at a time. What could be, or become, a web address is held
back until it can be looked at as a whole: an address that would not stay is never told.
"""

import re
from collections.abc import Callable
from typing import Any

from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, ToolCallPart, ToolCallPartDelta
from pydantic_core import from_json

from goals.coach.llm.texts import ODD

# A link's brackets, as far as they have come, or a space.
MARK = re.compile(r"\[[^\]]*(?P<closed>\]?)(?P<address>\([^)]*(?P<ended>\)?))?|\s+")
# A word in which an address or a link may begin.
RISKY = re.compile(r"[:/\[\]()!]|www|(?<![a-z])(?:ht{0,2}|https?|ft?|ftp|w{1,2})\Z", re.IGNORECASE)


class Live:
    """`tell` gets the reply's text, a piece at a time, in order.

    `clean` is what the reply's links go through in the end, `shape` what the whole text does. Where the model
    begins anew, what was told stays: it goes on where the new text has the same beginning, else nothing more is told.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        clean: Callable[[str], str],
        shape: Callable[[str], str],
    ) -> None:
        self._tell, self._clean, self._shape = tell, clean, shape
        self._told = ""
        self.begin()

    def begin(self) -> None:
        """A new answer of the model."""
        self._arguments = ""
        self._cleaned, self._at = "", 0

    def heard(self, event: Any) -> None:
        """The next event of pydantic-ai's stream."""
        if isinstance(event, PartStartEvent) and isinstance(event.part, ToolCallPart):
            self._arguments = ""
            self._more(event.part.args)
        elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, ToolCallPartDelta):
            self._more(event.delta.args_delta)

    def _more(self, arguments):
        if isinstance(arguments, str) and arguments:
            self._arguments += arguments
            self._tell_new(_reply_in(self._arguments))

    def _tell_new(self, text):
        whole = self._at + complete(text[self._at :])
        self._cleaned += self._clean(text[self._at : whole])
        self._at = whole
        word = text[whole:]
        ready = self._shape(self._cleaned + ("" if RISKY.search(word) else word))
        if len(ready) > len(self._told) and ready.startswith(self._told):
            new, self._told = ready[len(self._told) :], ready
            self._tell(new)


def complete(text: str) -> int:
    """How much of the text can be cleaned by itself: up to its last space outside of a link's brackets."""
    end = 0
    for mark in MARK.finditer(text):
        if mark[0].isspace():
            end = mark.end()
        elif _is_open(mark, text):
            break
    return end


def _is_open(mark, text):
    if not mark["closed"]:
        return True
    if mark["address"] is not None:
        return not mark["ended"]
    return mark.end() == len(text)  # the address may still come


def _reply_in(arguments: str) -> str:
    try:
        found = from_json(arguments, allow_partial="trailing-strings")
    except ValueError:
        return ""
    reply = found.get("reply") if isinstance(found, dict) else None
    return ODD.sub("", reply) if isinstance(reply, str) else ""
