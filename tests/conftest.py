"""A web server on this machine, and nothing between it and whoever asks."""

import os

import pytest

from support.web_server import web_server


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
