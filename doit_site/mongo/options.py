"""How the driver talks to the database (seed 1-doit.md, "Connection Configuration"; trust.md)."""

from pymongo.server_api import ServerApi

# A worker needs a connection a thread, or who waits for a transaction's locks keeps it from ending. The
# process of the streams has the most threads (STREAM_THREADS); what is not needed is not opened.
DEFAULTS = {
    "maxPoolSize": 100,
    "minPoolSize": 1,
    "maxIdleTimeMS": 60_000,
    "connectTimeoutMS": 1_000,
    "serverSelectionTimeoutMS": 2_000,
    "waitQueueTimeoutMS": 2_000,
    "appName": "doit",
}


def client_options(uri: str | None) -> dict:
    """MongoClient's options: ServerApi 1, retryable majority writes, pool and time-outs.

    What the URI names of DEFAULTS wins; the promises of the first line cannot be turned off.
    """
    query = (uri or "").partition("?")[2]
    named = {pair.partition("=")[0].lower() for pair in query.split("&")}
    options = {name: value for name, value in DEFAULTS.items() if name.lower() not in named}
    return options | {
        "server_api": ServerApi("1"),
        "retryWrites": True,
        "retryReads": True,
        "w": "majority",
    }
