"""A folder of backups named by the time they were made, of which the newest are kept."""

import re
import shutil
import time
from datetime import datetime
from pathlib import Path

from doit_site.mongo.dump.layout import DumpError, read_manifest
from doit_site.mongo.dump.writing import PARTIAL

STAMP = re.compile(r"\d{8}T\d{6}Z")
ABANDONED_SECONDS = 24 * 3600


def stamp(moment: datetime) -> str:
    """The name of a backup made at this moment, in UTC: 20260207T123000Z."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def keep_newest(folder: Path, count: int) -> list[str]:
    """Remove all but the newest `count` whole backups in the folder; the names removed.

    Also what a backup that was killed more than a day ago left. Anything else stays: a name that
    is no stamp, a folder without a manifest that can be read.
    """
    try:
        outdated = sorted(path for path in folder.iterdir() if _is_whole(path))[:-count]
        for path in outdated:
            # Out of sight first: half a backup must not look like one.
            shutil.rmtree(path.rename(path.with_name(f".{path.name}{PARTIAL}removed")))
        for path in folder.glob(f".*{PARTIAL}*"):
            if STAMP.match(path.name[1:]) and _is_abandoned(path):
                shutil.rmtree(path)
    except OSError as error:
        raise DumpError(f"Old backups cannot be removed: {error}") from error
    return [path.name for path in outdated]


def _is_whole(path: Path) -> bool:
    if not (STAMP.fullmatch(path.name) and path.is_dir()):
        return False
    try:
        read_manifest(path)
    except DumpError:
        return False
    return True


def _is_abandoned(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > ABANDONED_SECONDS
