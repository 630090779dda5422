"""Values as JSON that may stand inside a `<script>` element, and how long they get there."""

from __future__ import annotations

import json
import re

from plait.views.json_text import without_controls

_MARKUP = re.compile("[<>&]")
_LONGER = re.compile(r'[<>&]|["\\\n\t]')
_ESCAPED = 5
"""So many bytes more than the character itself are those of its escape `\\u003c`."""


def script_json(value: object) -> str:
    """Return JSON text that neither ends a `<script>` element nor opens a comment in it, whatever the value says.

    Raises `TypeError` for a value that JSON cannot hold.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return without_controls(_MARKUP.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def script_bytes(text: str) -> bytes:
    """Return JSON text as UTF-8; halves of surrogate pairs become the escapes that JSON has for them."""
    return text.encode("utf-8", "backslashreplace")


def bytes_in_script(text: str) -> int:
    """Return how many bytes a text without control characters takes in `script_json`."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    if _LONGER.search(text) is None:
        return size
    markup = sum(text.count(each) for each in "<>&")
    return size + _ESCAPED * markup + sum(text.count(each) for each in '"\\\n\t')
