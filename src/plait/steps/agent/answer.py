"""JSON in what an agent says: found, and checked against a schema."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FENCED = re.compile(r"```(?:json|JSON)?[ \t]*\n(.*?)```", re.DOTALL)
_OPENING = re.compile(r"\{\s*[\"}]|\[\s*[\]\[{\"\dtfn-]")
_DEEPEST = 100
_MOST_SCANNED = 50_000_000
"""Characters that are read in all while a value is looked for: text may be made to be read again and again."""
_LINES_COUNTED_AT = 16
"""How much faster than reading it is to count the lines before an error, which Python does for every one."""
_MOST_FAULTS = 5
_LONGEST_FAULT = 400


class AnswerError(Exception):
    """An answer that is not what was asked for; the message is for the agent to read."""


def find_answer(text: str, handed_over: object, schema: Mapping[str, Any]) -> object:
    """Return the data in an answer: what the CLI `handed_over` itself, else the JSON in the text.

    The whole text counts first, then its last fenced block, then the last object or list in it. Raises
    `AnswerError` if there is none, or if it is not valid.
    """
    data = handed_over if handed_over is not None else _in_text(text)
    _check_shape(data)
    _check_valid(data, schema)
    return data


def _in_text(text: str) -> object:
    """Return the JSON value that a text holds."""
    if not text.strip():
        raise AnswerError("it is empty")
    blocks = [found[1] for found in _FENCED.finditer(text)]
    for candidate in (text, *blocks[-1:]):
        try:
            return _decode(candidate.strip())
        except json.JSONDecodeError:
            continue
    values = list(_values_in(text))
    if not values:
        raise AnswerError("there is no JSON value in it")
    return values[-1]


def _values_in(text: str) -> Iterator[object]:
    """Yield the objects and lists that stand in a text, one after the other."""
    scanned, position = 0, 0
    while scanned < _MOST_SCANNED and (found := _OPENING.search(text, position)):
        start = found.start()
        try:
            value, end = _raw_decode(text, start)
        except json.JSONDecodeError as error:
            scanned += error.pos - start + error.pos // _LINES_COUNTED_AT + 1
            position = start + 1
        else:
            yield value
            scanned += end - start
            position = end


def _decode(text: str) -> object:
    value, end = _raw_decode(text, 0)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _raw_decode(text: str, start: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise AnswerError("it is nested too deep") from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise AnswerError(f"it holds a number that cannot be used: {str(error)[:100]}") from None


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise AnswerError(f"the key {twice[:100]!r} stands twice in one object")
    return found


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text[:30])
    return number


def _constant(text: str) -> object:
    raise ValueError(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_number, parse_constant=_constant)


def _check_shape(data: object) -> None:
    """Refuse what a record cannot hold: data nested too deep, numbers that are none."""
    level, depth = [data], 0
    while level:
        if depth > _DEEPEST:
            raise AnswerError(f"it is nested more than {_DEEPEST} levels deep")
        if any(isinstance(value, float) and not math.isfinite(value) for value in level):
            raise AnswerError("it holds a number that is not finite")
        inner: list[object] = []
        for value in level:
            inner.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        level, depth = inner, depth + 1


def _check_valid(data: object, schema: Mapping[str, Any]) -> None:
    from plait.steps.agent.schema_source import validator_of  # noqa: PLC0415 - imported only when a schema is used

    faults = []
    try:
        for error in validator_of(schema).iter_errors(cast("Any", data)):
            faults.append(f"at {error.json_path[:200]}: {error.message[:_LONGEST_FAULT]}")
            if len(faults) == _MOST_FAULTS:
                break
    except RecursionError:
        faults.append("it is nested too deep to be checked")
    if faults:
        raise AnswerError("it does not fit the schema: " + "; ".join(faults))
