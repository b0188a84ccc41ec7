"""What a backup consists of: names of files, metadata, manifest, hashes."""

import base64
import gzip
import hashlib
import io
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from bson import json_util
from bson.codec_options import CodecOptions
from bson.json_util import CANONICAL_JSON_OPTIONS
from pymongo import ReadPreference, WriteConcern
from pymongo.database import Database
from pymongo.errors import OperationFailure

FORMAT = 1
MANIFEST = "manifest.json"
DOCUMENT_BYTES = (
    5,
    16 * 1024 * 1024 + 16 * 1024,
)  # MongoDB's own: a document may exceed 16 MB a bit
BUFFER_BYTES = 1024 * 1024
NAME_BYTES = 238  # mongodump's limit: with the longest ending a file name has 255
# What cannot be told by its documents, options and indexes alone; the product has none of them.
OTHER_KINDS = {
    "viewOn": "a view",
    "timeseries": "a time series",
    "capped": "a capped collection",
    "clusteredIndex": "a clustered collection",
}

Advance = Callable[[int], None]


class DumpError(Exception):
    """A backup or restore that did not happen; the message is one line for an operator."""


def file_names(database: str, collection: str, zipped: bool) -> tuple[str, str]:
    """The paths of a collection's documents and of its metadata within a backup."""
    name = quote(collection, safe="$&+:=@")
    if len(name) > NAME_BYTES:
        digest = hashlib.sha1(collection.encode(), usedforsecurity=False).digest()
        name = f"{name[:208]}%24{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    ending = ".gz" if zipped else ""
    return f"{database}/{name}.bson{ending}", f"{database}/{name}.metadata.json{ending}"


def plain(database: Database[dict[str, Any]]) -> Database[dict[str, Any]]:
    """The database as files need it: of the primary, by majority, types as they are."""
    return database.with_options(
        codec_options=CodecOptions(),
        read_preference=ReadPreference.PRIMARY,
        write_concern=WriteConcern("majority"),
    )


def catalogue(database: Database[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The metadata of each collection, by name in order, as mongodump writes it.

    Raises DumpError where there is a kind of collection that a backup does not keep.
    """
    found = {}
    for row in database.list_collections():
        if row["name"].startswith("system."):
            continue
        for option, kind in OTHER_KINDS.items():
            if option in row["options"]:
                raise DumpError(
                    f"{row['name']} is {kind}, which a backup does not keep: use mongodump."
                )
        found[row["name"]] = {
            "options": row["options"],
            "indexes": list(database[row["name"]].list_indexes()),
            "uuid": row["info"]["uuid"].hex(),
            "collectionName": row["name"],
            "type": row["type"],
        }
    return dict(sorted(found.items()))


def canonical(value: Any) -> str:
    """Canonical extended JSON, which keeps every BSON type."""
    return json_util.dumps(value, json_options=CANONICAL_JSON_OPTIONS)


def from_canonical(text: str | bytes) -> Any:
    return json_util.loads(text, json_options=CANONICAL_JSON_OPTIONS)


def definition(metadata: dict[str, Any]) -> str:
    """What has to be the same of a collection and its restored copy, as text to compare."""
    indexes = sorted(metadata["indexes"], key=lambda index: index["name"])
    return canonical([metadata["options"], indexes])


def md5() -> Any:
    """MD5, because dbHash is made of it; what files are trusted by is SHA-256."""
    return hashlib.md5(usedforsecurity=False)


def database_hash(hashes: dict[str, str]) -> str:
    """The `md5` that the dbHash command gives for collections with these."""
    return hashlib.md5(
        "".join(hashes[name] for name in sorted(hashes)).encode(), usedforsecurity=False
    ).hexdigest()


def seal(manifest: dict[str, Any]) -> str:
    """The manifest as text, with a hash of itself in `checksum`."""
    return json.dumps({**manifest, "checksum": _checksum(manifest)}, indent=2, ensure_ascii=False)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a whole backup. Raises DumpError."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except OSError as error:
        raise DumpError(f"{folder} is no backup: {MANIFEST}: {error.strerror}.") from error
    except ValueError as error:
        raise DumpError(f"{path} is damaged: it is not JSON.") from error
    if not isinstance(manifest, dict) or manifest.pop("checksum", "") != _checksum(manifest):
        raise DumpError(f"{path} is damaged: it does not fit its checksum.")
    if manifest["format"] != FORMAT:
        raise DumpError(f"{path} has format {manifest['format']}; this version reads {FORMAT}.")
    return manifest


def _checksum(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def documents(stream: io.BufferedIOBase) -> Iterator[bytes]:
    """Each BSON document of a file as its bytes. ValueError where lengths do not fit."""
    least, most = DOCUMENT_BYTES
    while head := stream.read(4):
        size = int.from_bytes(head, "little", signed=True)
        if len(head) < 4 or not least <= size <= most:
            raise ValueError("a document's length is impossible")
        document = head + stream.read(size - 4)
        if len(document) != size or document[-1]:
            raise ValueError("a document does not end where its length says")
        yield document


def count_documents(batch: bytes) -> int:
    """How many documents follow one another in `batch`."""
    return sum(1 for _ in documents(io.BytesIO(batch)))


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The file's content, unzipped where its name says. DumpError names a damaged file."""
    with told_of(path), path.open("rb") as file:
        raw: Any = gzip.GzipFile(fileobj=file, mode="rb") if path.suffix == ".gz" else file
        yield io.BufferedReader(raw, BUFFER_BYTES)


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """Failures of reading the file as a DumpError that names it."""
    try:
        yield
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DumpError(f"{path} is damaged: {error}.") from error
    except OSError as error:
        raise DumpError(f"{path} cannot be read: {error.strerror}.") from error


def private_file(path: Path) -> BinaryIO:
    """A new file that only its owner may read: it holds personal data."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def one_line(error: OperationFailure) -> str:
    """What MongoDB said, without the answer that the driver puts behind it."""
    return str(error).splitlines()[0].split(", full error:")[0]


def listed(names: Iterable[str], most: int = 8) -> str:
    """`a, b and 3 more`"""
    known = sorted(names)
    rest = len(known) - most
    return ", ".join(known[:most]) + (f" and {rest} more" if rest > 0 else "")
