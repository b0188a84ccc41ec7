"""The embedded database: a real mongod, and what people read when it cannot run."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from doit_site.mongo import local_server
from doit_site.mongo.local_server import LocalServer, LocalServerError, running_uri

MAIN = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with LocalServer(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def refusal(server: LocalServer) -> str:
    """The line with which the server refuses to start; nothing runs afterwards."""
    with pytest.raises(LocalServerError) as refused:
        server.start()
    assert server.pid is None
    line = str(refused.value)
    assert len(line.splitlines()) == 1
    return line


def eventually(happens: Callable[[], bool], seconds: float = 10) -> None:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)


def has_ended(pid: int) -> bool:
    """Gone, or a zombie that nobody has asked about."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def program(tmp_path: Path, script: str) -> Path:
    """A program in place of mongod, not yet executable."""
    file = tmp_path / "mongod"
    file.write_text(f"#!/bin/sh\n{script}\n")
    return file


def test_a_started_server_takes_transactions_and_change_streams(server: LocalServer) -> None:
    with MongoClient(server.uri) as client:
        goals = client["shop"]["goals"]
        with goals.watch() as changes:
            with client.start_session() as session, session.start_transaction():
                goals.insert_one({"title": "kept"}, session=session)
            assert changes.next()["fullDocument"]["title"] == "kept"
        with client.start_session() as session:
            session.start_transaction()
            goals.insert_one({"title": "dropped"}, session=session)
            session.abort_transaction()
        assert goals.count_documents({}) == 1


def test_it_listens_on_this_machine_only_and_has_a_session_of_its_own(server: LocalServer) -> None:
    assert server.pid is not None
    with MongoClient(server.uri) as client:
        options = client.admin.command("getCmdLineOpts")["parsed"]
    assert options["net"]["bindIp"] == "127.0.0.1"
    assert os.getsid(server.pid) == server.pid  # Ctrl-C in our terminal does not reach it


def test_other_commands_find_the_running_server(server: LocalServer) -> None:
    assert running_uri(server.data_dir) == server.uri


def test_starting_again_while_it_runs_does_nothing(server: LocalServer) -> None:
    pid = server.pid
    server.start()
    assert server.pid == pid


def test_a_folder_in_use_is_refused_by_name_and_process(server: LocalServer) -> None:
    line = refusal(LocalServer(server.data_dir))
    assert f"data folder {server.data_dir} is in use by mongod with process id {server.pid}" in line
    assert "set DATA_DIR" in line
    assert running_uri(server.data_dir) == server.uri


def test_a_port_in_use_is_refused_by_number(tmp_path: Path, taken_port: int) -> None:
    line = refusal(LocalServer(tmp_path, port=taken_port))
    assert f"Port {taken_port}" in line
    assert "is in use" in line


def test_data_and_port_survive_a_restart(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "deep" / "data")
    with server:
        first_uri, first_pid = server.uri, server.pid
        with MongoClient(server.uri) as client:
            client["shop"]["goals"].insert_one({"title": "kept"})
    assert first_pid is not None
    assert has_ended(first_pid)
    assert running_uri(server.data_dir) is None
    server.stop()  # again: nothing
    for folder in (server.data_dir, server.data_dir / "db"):
        assert folder.stat().st_mode & 0o777 == 0o700

    began = time.monotonic()
    with server, MongoClient(server.uri) as client:
        assert time.monotonic() - began < 5
        assert server.uri == first_uri
        assert client["shop"]["goals"].count_documents({"title": "kept"}) == 1
    move_to_another_port_when_the_kept_one_is_taken(server)
    refuse_damaged_files(server)


def move_to_another_port_when_the_kept_one_is_taken(server: LocalServer) -> None:
    port = int((server.data_dir / "mongod.port").read_text())
    other = LocalServer(server.data_dir.parent / "other", port=port)
    with other, server, MongoClient(server.uri) as client:
        assert server.uri != other.uri
        assert running_uri(server.data_dir) == server.uri
        assert client["shop"]["goals"].count_documents({"title": "kept"}) == 1
        client["shop"]["goals"].insert_one({"title": "written after the move"})


def refuse_damaged_files(server: LocalServer) -> None:
    (server.data_dir / "db" / "WiredTiger.wt").write_bytes(os.urandom(4096))
    line = refusal(server)
    assert f"database files in {server.data_dir / 'db'} are damaged" in line
    assert "restore a backup" in line


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refusal(LocalServer(tmp_path / "file" / "data"))
    assert "cannot be written (Not a directory): set DATA_DIR" in line


def test_without_the_package_the_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fiftyone", None)  # as when it is not installed
    line = refusal(LocalServer(tmp_path))
    assert "install requirements-dev.txt" in line
    assert "set MONGODB_URI" in line


@pytest.mark.parametrize(
    ("library", "advice"),
    [
        ("libcurl.so.4", "apt-get install libcurl4"),
        (
            "libssl.so.3",
            "apt-get install libssl3); where there is only OpenSSL 1.1, set MONGODB_URI",
        ),
        ("libcrypto.so.3", "apt-get install libssl3"),
        ("libother.so.1", "libother.so.1, which is not installed"),
    ],
)
def test_a_missing_library_is_named_with_its_package(
    tmp_path: Path, library: str, advice: str
) -> None:
    loader = "error while loading shared libraries"
    ending = "cannot open shared object file: No such file or directory"
    script = f"echo 'mongod: {loader}: {library}: {ending}' >&2; exit 127"
    line = refusal(LocalServer(tmp_path, binary=program(tmp_path, script)))
    assert library in line
    assert advice in line
    assert "set MONGODB_URI" in line


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        ("kill -ILL $$", "lacks instructions (AVX)"),
        ("echo \"version 'GLIBC_2.34' not found\"; exit 1", "status 1: version 'GLIBC_2.34' not"),
        ("exit 0", "status 0: it wrote nothing"),
    ],
)
def test_other_endings_are_told_with_the_log(tmp_path: Path, script: str, advice: str) -> None:
    assert advice in refusal(LocalServer(tmp_path, binary=program(tmp_path, script)))


def test_a_program_for_another_machine_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "mongod"
    binary.write_bytes(b"\x00\x01")
    line = refusal(LocalServer(tmp_path, binary=binary))
    assert "cannot run here (Exec format error): set MONGODB_URI" in line


def test_an_unforeseen_failure_quotes_mongod_and_names_the_log(tmp_path: Path) -> None:
    line = refusal(LocalServer(tmp_path, options=["--setParameter", "nonsense=1"]))
    assert "Unknown --setParameter 'nonsense'" in line
    assert str(tmp_path / "mongod.log") in line


def test_a_server_that_is_never_ready_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "START_SECONDS", 0.2)
    pid_file = tmp_path / "pid"
    binary = program(tmp_path, f"echo $$ > {pid_file}; exec tail -f /dev/null")
    assert "does not become ready" in refusal(LocalServer(tmp_path, binary=binary))
    assert has_ended(int(pid_file.read_text()))


def test_a_frozen_server_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "STOP_SECONDS", 0.2)
    server = LocalServer(tmp_path)
    server.start()
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    server.stop()
    assert has_ended(pid)


def test_it_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    server = LocalServer(tmp_path)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    with server, MongoClient(server.uri) as client:
        for _ in range(100):
            client["shop"]["goals"].insert_one({})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_killed_program_leaves_no_mongod(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from doit_site.mongo.local_server import LocalServer\n"
        "server = LocalServer(pathlib.Path(sys.argv[1]))\n"
        "server.start()\n"
        "print(server.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=MAIN,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not has_ended(pid)
        parent.kill()
    eventually(lambda: has_ended(pid))
    assert running_uri(tmp_path) is None
    assert (tmp_path / "db" / "mongod.lock").read_text() == ""  # it had the time to end cleanly
