"""Why mongod did not start, as one line that says what to do."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

USE_ANOTHER = "set MONGODB_URI to a replica set of your own"
PACKAGES = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3"}
PORT_IN_USE, NEEDS_REPAIR, NEEDS_OTHER_VERSION = 48, 14, 62  # exit codes of mongod


def explain(code: int, output: str, data_dir: Path, port: int) -> str:
    """The line for a mongod that wrote `output` and ended with `code`, negative for a signal."""
    log = data_dir / "mongod.log"
    if library := re.search(r"error while loading shared libraries: ([^\s:]+)", output):
        return _missing_library(library[1])
    if code == -signal.SIGILL:
        return f"This processor lacks instructions (AVX) that mongod needs: {USE_ANOTHER}."
    if "DBPathInUse" in output:
        return folder_in_use(data_dir)
    if code == PORT_IN_USE:
        return (
            f"Port {port}, meant for the embedded database, is in use:"
            f" stop what listens there, or {USE_ANOTHER}."
        )
    errors = " ".join(_errors(output))
    if "No space left on device" in errors:
        return f"The disk of {data_dir} is full: free some space, or set DATA_DIR to another disk."
    if "Permission denied" in errors or "ead-only file system" in errors:
        return folder_not_writable(data_dir, "Permission denied")
    if code in (NEEDS_REPAIR, NEEDS_OTHER_VERSION) or "WT_TRY_SALVAGE" in errors:
        return (
            f"The database files in {data_dir / 'db'} are damaged or of another MongoDB version:"
            f" move that folder away and restore a backup. Details: {log}."
        )
    return f"mongod ended with status {code}: {_last_words(output)}. Details: {log}."


def folder_in_use(data_dir: Path) -> str:
    pid = lock_holder(data_dir)
    holder = f"mongod with process id {pid}" if pid else "another mongod"
    return (
        f"The data folder {data_dir} is in use by {holder}:"
        " stop the program that started it, or set DATA_DIR to another folder."
    )


def folder_not_writable(data_dir: Path, reason: str | None) -> str:
    return (
        f"The data folder {data_dir} cannot be written ({reason}):"
        " set DATA_DIR to a folder that you own."
    )


def lock_holder(data_dir: Path) -> int | None:
    """The process id in mongod's lock file, which a clean shutdown empties."""
    return number_in(data_dir / "db" / "mongod.lock")


def number_in(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _missing_library(library: str) -> str:
    package = PACKAGES.get(library)
    if package is None:
        return f"mongod needs {library}, which is not installed: install it, or {USE_ANOTHER}."
    line = f"mongod needs {library}: install the package {package} (apt-get install {package})"
    if package == "libssl3":
        return f"{line}; where there is only OpenSSL 1.1, {USE_ANOTHER}."
    return f"{line}, or {USE_ANOTHER}."


def _last_words(output: str) -> str:
    """The last error that says something, else the last line, which then is the loader's."""
    telling = [error for error in _errors(output) if "abort" not in error]
    lines = telling or output.split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")


def _errors(output: str) -> Iterator[str]:
    """The messages of level error and fatal in mongod's JSON log, each with its cause."""
    for line in output.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry["s"] in ("E", "F"):
            yield " ".join(f"{entry['msg']} {_cause(entry.get('attr', {}))}".split())


def _cause(attributes: dict[str, Any]) -> str:
    error = attributes.get("error", "")
    if isinstance(error, dict):
        return str(error.get("errmsg", error))
    return f"{error} {attributes['message']}" if "message" in attributes else str(error)
