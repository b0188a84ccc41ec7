"""The prompts: files with a version, and the data that goes beside them.

What people write never becomes part of a prompt. It is sent as one JSON object between `<data>` and
`</data>`, in which no `<` stands, so that nothing in it can end it.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "prompts"
ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """`version` is raised with every change of the text: it tells in the log which one answered."""

    name: str
    version: int
    text: str


@cache
def prompt(name: str) -> Prompt:
    """prompts/NAME.md, whose first line is `version: N`."""
    head, _, text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition("\n")
    return Prompt(name, int(head.removeprefix("version:")), text.strip())


def data(values: dict[str, Any]) -> str:
    """The user message: `values` as data."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair is no text that could be sent.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return f"<data>\n{text.translate(ESCAPES)}\n</data>"
