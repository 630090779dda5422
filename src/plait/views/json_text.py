"""Payloads as JSON text."""

from __future__ import annotations

import json

from plait.journal.encode import encode_text
from plait.journal.values import StoredText
from plait.printable import CONTROLS


def as_json(value: object, *, indent: int | None = 2) -> str:
    """Return a payload as JSON text, whatever the values that steps put in it; large texts are abridged.

    Characters that steer a terminal or reorder text are written as escapes.
    """
    return without_controls(_encoded(value, indent))


def without_controls(text: str) -> str:
    """Return JSON text with escapes in place of characters that steer a terminal or reorder text."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _encoded(value: object, indent: int | None) -> str:
    try:
        return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False, default=_plain)
    except (ValueError, RecursionError):
        plain = json.loads(json.dumps(value, default=_plain))
        return json.dumps(json.loads(encode_text(plain)), indent=indent, ensure_ascii=False)


def _plain(value: object) -> object:
    return value.abridged if isinstance(value, StoredText) else str(value)
