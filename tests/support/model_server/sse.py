"""Server-sent events."""

from __future__ import annotations

import json
from typing import Any


def event(data: Any) -> bytes:
    """An event that is its data alone."""
    return f"data: {json.dumps(data)}\n\n".encode()


def named_event(name: str, data: Any) -> bytes:
    """An event with a name."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


DONE = b"data: [DONE]\n\n"
