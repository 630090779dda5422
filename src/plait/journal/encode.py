"""Events as lines of JSON."""

from __future__ import annotations

import json
import math
from json.encoder import JSONEncoder
from typing import Any

from plait.journal.values import split_output

_plain = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode
_cautious = JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def encode_event(event: dict[str, Any]) -> bytes:
    """Return an event as one line; raise `TypeError` if it holds what JSON cannot say."""
    output = event.get("output")
    if output:
        kept, references = split_output(output)
        if references is not None:
            event = {**event, "output": kept, "refs": references}
    try:
        return (_plain(event) + "\n").encode()
    except (ValueError, RecursionError):
        # Half a surrogate pair, not-a-number and a value that holds itself are rare: only they take the slow way.
        return encode_text(event) + b"\n"


def encode_text(value: object) -> bytes:
    """Return any JSON value in ASCII; numbers that JSON lacks become null."""
    try:
        return _cautious.encode(value).encode()
    except ValueError:
        return _cautious.encode(_finite(value, 0)).encode()
    except RecursionError:
        raise TypeError("the value is nested too deeply") from None


def _finite(value: object, depth: int) -> object:
    if depth > _DEEPEST:
        raise TypeError("the value is nested too deeply or holds itself")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner, depth + 1) for inner in value]
    return value


_DEEPEST = 200


def is_json(value: object) -> bool:
    """Say whether JSON can hold a value."""
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
