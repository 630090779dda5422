"""A client of the YAML language server: what an editor asks it while somebody writes a workflow file."""

from __future__ import annotations

import json
import subprocess
import threading
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Self

from support.agent_clis import cli_path

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 60
_CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {},
    },
    "workspace": {"configuration": True},
}
_SETTINGS = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}, "schemas": {}}


class LanguageServer:
    """A server that runs for the time of a `with` block; positions count lines and characters from 0."""

    def __init__(self) -> None:
        argv = ["node", str(cli_path("yaml-language-server")), "--stdio"]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._messages: Queue[dict[str, Any]] = Queue()
        self._last_id = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": _CAPABILITIES})
        self._send({"method": "initialized", "params": {}})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def open(self, path: Path, text: str | None = None) -> list[dict[str, Any]]:
        """Open a file, with another text than its own if one is given, and return what is wrong with it."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1}
        text = path.read_text(encoding="utf-8") if text is None else text
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": {**document, "text": text}}})
        while True:
            message = self._next()
            params = message.get("params") or {}
            if message.get("method") == "textDocument/publishDiagnostics" and params["uri"] == path.as_uri():
                found: list[dict[str, Any]] = params["diagnostics"]
                return found

    def complete(self, path: Path, line: int, character: int) -> dict[str, dict[str, Any]]:
        """Return what is proposed at a place, by label."""
        answer = self._ask("textDocument/completion", _at(path, line, character))
        return {item["label"]: item for item in answer["items"]}

    def hover(self, path: Path, line: int, character: int) -> str:
        """Return what is shown of a place; empty if nothing is."""
        answer = self._ask("textDocument/hover", _at(path, line, character))
        return str(answer["contents"]["value"]) if answer else ""

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._last_id and "method" not in message:
                return message["result"]

    def _next(self) -> dict[str, Any]:
        """Return the next message, having answered what the server itself asks: for its settings, mostly."""
        try:
            message = self._messages.get(timeout=_PATIENCE)
        except Empty:
            raise TimeoutError(f"the language server said nothing for {_PATIENCE} s") from None
        if "method" in message and "id" in message:
            items = (message.get("params") or {}).get("items", [])
            settings = [_SETTINGS if item.get("section") == "yaml" else None for item in items]
            is_settings = message["method"] == "workspace/configuration"
            self._send({"id": message["id"], "result": settings if is_settings else None})
        return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                while stream.readline().strip():
                    pass
                self._messages.put(json.loads(stream.read(int(value))))


def _at(path: Path, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}
