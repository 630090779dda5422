"""Events as lines of JSON."""

from __future__ import annotations

import json
import math
from json import encoder
from typing import TYPE_CHECKING, Any

from plait.journal.values import split_output

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 1
"""The version of the events; a journal of another one is refused."""
_cautious = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def line_encoder(separators: tuple[str, str]) -> Callable[[object], str]:
    """Return a function that writes values as JSON on one line, as fast as the standard library can.

    `separators` stand between items and after keys. The function raises `ValueError` for numbers that JSON lacks
    and `TypeError` for values of other types.
    """
    plain = json.JSONEncoder(ensure_ascii=False, separators=separators, allow_nan=False, check_circular=False)
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return plain.encode
    # `encode` makes a new C encoder for every value, which takes longer than writing a small one.
    item, key = separators
    encode = make(None, plain.default, encoder.encode_basestring, None, key, item, False, False, False)
    return lambda value: "".join(encode(value, 0))


_plain = line_encoder((",", ":"))


def encode_event(timestamp: str, name: str, fields: dict[str, Any]) -> bytes:
    """Return an event as one line; raise `TypeError` if it holds what JSON cannot say."""
    output = fields.get("output")
    if output:
        kept, references = split_output(output)
        if references is not None:
            fields = {**fields, "output": kept, "refs": references}
    head = f'{{"v":{VERSION},"timestamp":"{timestamp}","event":"{name}"'
    if not fields:
        return f"{head}}}\n".encode()
    try:
        return f"{head},{_plain(fields)[1:]}\n".encode()
    except (ValueError, RecursionError):
        # Half a surrogate pair, not-a-number and a value that holds itself are rare: only they take the slow way.
        return f"{head},{encode_text(fields).decode()[1:]}\n".encode()


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
