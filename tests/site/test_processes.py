"""Ports and stop signals, each where it is used: in a process of its own."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from doit_site.processes import port_is_free

MAIN = Path(__file__).resolve().parents[2]

IN_A_DESTRUCTOR = """
import os, signal
from doit_site.processes import StopSignals, Stopped

class Owner:
    def __del__(self):
        os.kill(os.getpid(), signal.{signal})
        [0 for _ in range(10)]

signals = StopSignals()
Owner()
print("went on")
signals.check()
print("not reached")
"""


def test_a_port_is_taken_while_somebody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
        assert not port_is_free("0.0.0.0", port)
    assert port_is_free("127.0.0.1", port)


def test_an_address_of_another_machine_is_an_error_not_a_taken_port():
    with pytest.raises(OSError, match="assign requested address"):
        port_is_free("192.0.2.1", 8000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_that_python_drops_is_raised_at_the_next_check(number):
    code = IN_A_DESTRUCTOR.format(signal=number.name)
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=MAIN, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "went on\n", "")
