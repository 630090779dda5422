"""The forms in which a secret value turns up in what programs print."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_LINE = 8
"""Characters of the shortest line of a longer value that is recognised by itself."""
_WRAPPED_AT = (64, 76)
"""Columns at which `openssl base64` and `base64` break their lines."""


def forms_of(value: str) -> frozenset[str]:
    """Return every text that is to be taken for the value: itself, its lines, and what encoders make of them."""
    stripped = value.strip()
    found = {value, stripped, *_encoded(value), *_encoded(stripped)}
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        long = [line for line in lines if len(line) >= SHORTEST_LINE]
        found |= {form for line in long for form in (line, *_escaped_in_json(line))}
    return frozenset(found)


def _encoded(value: str) -> Iterator[str]:
    yield from _escaped_in_json(value)
    for quoted in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield quoted
        yield re.sub(r"%..", lambda match: match[0].lower(), quoted)
    for apart in ("'\\''", "'\"'\"'"):  # as `sh -x` shows an apostrophe
        yield value.replace("'", apart)
    yield from _in_base64(value.encode())


def _escaped_in_json(value: str) -> Iterator[str]:
    for ascii_only in (True, False):
        escaped = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")
        yield escaped.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _in_base64(data: bytes) -> Iterator[str]:
    """Yield the characters that `data` alone decides, for each of the three ways in which it may lie in a whole."""
    for before in range(3):
        first = -(-8 * before // 6)
        last = 8 * (before + len(data)) // 6
        core = base64.b64encode(bytes(before) + data).decode()[first:last]
        pieces = [core]
        if before == 0:
            pieces += [core[at : at + width] for width in _WRAPPED_AT for at in range(0, len(core), width)]
        for piece in pieces:
            if piece == core or len(piece) >= SHORTEST_LINE:
                yield piece
                yield piece.replace("+", "-").replace("/", "_")
