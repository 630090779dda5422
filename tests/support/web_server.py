"""A web server on this machine for tests: it says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Answer:
    """What the server says at a path.

    `length` replaces the `Content-Length`; None leaves it out, and the end of the connection ends the body.
    `then` is called with what writes more bytes, after `body`: for bodies that are slow or have no end.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | str | None = "right"
    then: Callable[[Callable[[bytes], object]], object] | None = None


@dataclass(frozen=True)
class Asked:
    """A request that came in; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


class WebServer:
    """Answers at `url`; `pages` maps paths to answers, or to functions from a request to an answer."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that hangs up is what some tests are about
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def page(self, path: str, body: bytes | str = b"", **settings) -> str:
        """Put an answer at a path; return its address."""
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = Answer(content, **settings)
        return self.url + path

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """Put a redirect at a path; return its address."""
        return self.page(path, status=status, headers={"Location": to})

    def close(self) -> None:
        """Stop answering."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self, body: bytes = b"") -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.path, headers, self.command, body)
                server.asked.append(asked)
                page = server.pages.get(self.path.partition("?")[0], Answer(b"no such page", 404))
                self._say(page(asked) if callable(page) else page)

            def do_POST(self) -> None:
                self.do_GET(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

            def _say(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.length is not None:
                    length = len(answer.body) if answer.length == "right" else answer.length
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(answer.body)
                if answer.then is not None:
                    answer.then(self.wfile.write)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def web_server(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """Yield a running server."""
    server = WebServer(tls)
    try:
        yield server
    finally:
        server.close()
