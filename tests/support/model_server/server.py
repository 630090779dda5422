"""The HTTP server itself: it hears a call, asks the script, and answers in the call's own API."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from support.model_server import anthropic, gemini, openai_chat, openai_responses
from support.model_server.calls import Call
from support.model_server.failures import HttpAnswer, failure
from support.model_server.side_calls import side_answer
from support.model_server.tools import NoSuchToolError, tool_use
from support.model_server.turns import Fail, Garbage, Hang, Reply, Script, Truncated, Turn

if TYPE_CHECKING:
    from email.message import Message
    from types import ModuleType, TracebackType

_APIS: tuple[tuple[str, str, ModuleType], ...] = (
    ("/chat/completions", "openai_chat", openai_chat),
    ("/responses", "openai_responses", openai_responses),
    ("/messages", "anthropic", anthropic),
    (":generateContent", "gemini", gemini),
    (":streamGenerateContent", "gemini", gemini),
)
_MODULES = {name: module for _, name, module in _APIS}


class ModelServer:
    """A model on loopback that follows a script. Start it with `with`; it is safe to ask from any thread.

    A script that is a list is gone through once, one turn a call, its last turn repeated; a script that is a callable
    sees each call and may be asked for many at once. Calls beside the conversation (no tools declared) get a
    harmless answer without the script, unless `side_calls` is set or the script is one failure.
    """

    def __init__(self, script: Script, *, side_calls: bool = False) -> None:
        self._script = script
        self._side_calls = side_calls or _fails_always(script)
        self._lock = threading.Lock()
        self._heard: list[Call] = []
        self._other: list[str] = []
        self._turns_used = 0
        self.closing = threading.Event()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls of conversations so far, in the order heard."""
        return tuple(call for call in self.all_calls if not call.side or self._side_calls)

    @property
    def all_calls(self) -> tuple[Call, ...]:
        """Every call of a model so far, those beside the conversations too."""
        with self._lock:
            return tuple(self._heard)

    @property
    def other_requests(self) -> tuple[str, ...]:
        """What else was asked for, as `METHOD path`."""
        with self._lock:
            return tuple(self._other)

    def hear(self, api: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> tuple[Call, Turn]:
        """Record a call and choose the turn for it."""
        request = _MODULES[api].parse(path, body)
        with self._lock:
            call = Call(len(self._heard), api, path, headers, body, request)
            self._heard.append(call)
            if call.side and not self._side_calls:
                return call, side_answer(call)
            if not callable(self._script):
                turn = self._script[min(self._turns_used, len(self._script) - 1)]
                self._turns_used += 1
                return call, turn
        return call, self._script(call)

    def note_other(self, request: str) -> None:
        """Record a request that is no call of a model."""
        with self._lock:
            self._other.append(request)


def _fails_always(script: Script) -> bool:
    return isinstance(script, Sequence) and len(script) == 1 and not isinstance(script[0], Reply)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle of an answer is no trouble of the server's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "model"
    sys_version = ""
    server: _Http

    def do_POST(self) -> None:
        path = self.path
        raw = self._body()
        api = _api_of(urlsplit(path).path)
        if api is None:
            self.server.owner.note_other(f"POST {path}")
            self._send(_other_answer(path, raw))
            return
        call, turn = self.server.owner.hear(api, path, _lowered(self.headers), json.loads(raw))
        self._answer(call, turn)

    def do_GET(self) -> None:
        self.server.owner.note_other(f"{self.command} {self.path}")
        if urlsplit(self.path).path.rstrip("/").endswith("/models"):
            listed = [{"id": "test-model", "object": "model", "created": 1_750_000_000, "owned_by": "test"}]
            self._send(_json_answer(200, {"object": "list", "data": listed, "models": []}))
        else:
            self._send(_json_answer(404, {"error": {"message": "not found"}}))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, call: Call, turn: Turn) -> None:
        if isinstance(turn, Hang):
            turn = self._wait_for(turn)
        match turn:
            case Fail():
                self._send(failure(call.api, turn))
            case Garbage(body):
                kind = {"Content-Type": "text/event-stream" if call.request.stream else "application/json"}
                self._send(HttpAnswer(200, kind, body.encode()))
            case Truncated(text):
                self._stream(islice(_events(call, Reply(text=text)), _half(call, text)), whole=False)
            case Reply() if call.request.stream:
                self._stream(_events(call, turn))
            case Reply():
                self._send(_json_answer(200, _MODULES[call.api].whole(call, *_rendered(call, turn))))

    def _wait_for(self, turn: Hang) -> Reply:
        turn.reached.set()
        while not turn.released.wait(0.05) and not self.server.owner.closing.is_set():
            pass
        return turn.then

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            raw = b"".join(iter(self._chunk, b""))
        else:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw

    def _chunk(self) -> bytes:
        data = self.rfile.read(int(self.rfile.readline().split(b";")[0], 16))
        self.rfile.readline()
        return data

    def _send(self, answer: HttpAnswer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _stream(self, events: Iterable[bytes], *, whole: bool = True) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for data in events:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        if whole:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: the calls are recorded."""


def _lowered(headers: Mapping[str, str] | Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _api_of(path: str) -> str | None:
    return next((name for ending, name, _ in _APIS if path.endswith(ending)), None)


def _rendered(call: Call, reply: Reply) -> tuple[str, list[Any], Any]:
    try:
        return reply.text, [tool_use(call, action) for action in reply.actions], reply.usage
    except NoSuchToolError as error:
        return f"No tool for it: {error}", [], reply.usage


def _events(call: Call, reply: Reply) -> Iterable[bytes]:
    events: Callable[..., Iterable[bytes]] = _MODULES[call.api].events
    return events(call, *_rendered(call, reply))


def _half(call: Call, text: str) -> int:
    return sum(1 for _ in _events(call, Reply(text=text))) // 2


def _json_answer(status: int, body: Any) -> HttpAnswer:
    return HttpAnswer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _other_answer(path: str, raw: bytes) -> HttpAnswer:
    tokens = max(1, len(raw) // 4)
    if path.split("?", maxsplit=1)[0].endswith("/count_tokens"):
        return _json_answer(200, {"input_tokens": tokens})
    if path.split("?", maxsplit=1)[0].endswith(":countTokens"):
        return _json_answer(200, {"totalTokens": tokens})
    return _json_answer(200, {})
