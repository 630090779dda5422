"""What all tests share: signals that arrive, a web server on this machine, and nothing between it and whoever asks."""

import os
import signal

import pytest

from support.web_server import web_server

# Under nohup, or in the background of a script, these are ignored, and so they would be in every program started here.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def no_proxies(monkeypatch):
    """An environment that names no proxy, whatever this machine has."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def server(no_proxies):
    """A web server that is asked without a proxy."""
    with web_server() as running:
        yield running
