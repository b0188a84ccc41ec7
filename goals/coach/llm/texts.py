"""What a model wrote, made fit to be stored and shown: one line where one is due, not too long, no odd links."""

import re
from collections.abc import Callable

# Control characters, and marks that turn the direction of what comes after them.
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>\"'`\])}]+", re.IGNORECASE)
MARKDOWN_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)")


def line(text: str, longest: int) -> str:
    """One line of at most `longest` characters, cut between words."""
    return _cut(" ".join(ODD.sub(" ", text).split()), longest)


def paragraphs(text: str, longest: int) -> str:
    """Text with its line breaks, at most one empty line in a row."""
    text = ODD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (" ".join(part.split(" ")).rstrip() for part in text.split("\n"))
    return _cut(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), longest)


def without_links(text: str, is_known: Callable[[str], bool] = lambda link: False) -> str:
    """The text with only the web addresses that are known, and no marks in which others could hide."""

    def named(match):
        return f"{match[1]} ({match[2]})" if is_known(match[2]) else match[1]

    def bare(match):
        link = match[0].rstrip(".,;:!?")
        return match[0] if is_known(link) else "[link removed]" + match[0][len(link) :]

    return ADDRESS.sub(bare, MARKDOWN_LINK.sub(named, ODD.sub("", text)))


def same(text: str) -> str:
    """What is alike in texts that say the same: letters and digits, in small."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    end = max(head.rfind(" "), head.rfind("\n"))
    return head[: end if end >= longest // 2 else longest - 1].rstrip() + "…"
