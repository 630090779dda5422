"""What all tests share: signals that arrive, a web server on this machine, and nothing between it and whoever asks."""

import os
import signal

import pytest

from support.web_server import web_server

# Under nohup SIGHUP is ignored, and so it would be in every program that is started here.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


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
