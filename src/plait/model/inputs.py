"""Values for a workflow's inputs: what was provided, checked against what is declared."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING

from plait.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.model.workflow import Input

AUTO = "auto"
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})
_WHOLE = re.compile(r"\s*[+-]?[0-9]+(_[0-9]+)*\s*")
_MAX_DIGITS = 4000


def resolve_inputs(
    declared: Mapping[str, Input], provided: Mapping[str, object], *, auto_integration: str | None = None
) -> dict[str, object]:
    """Return the value of every declared input that has one: provided, else its default (INP-03, INP-04).

    `auto_integration` takes the place of `auto` in the input named `integration` (INP-11). Raises `InputError`, which
    lists everything that does not fit: missing, undeclared and unsuitable values.
    """
    values: dict[str, object] = {}
    complaints = [_undeclared(name, declared) for name in provided if name not in declared]
    for name, declaration in declared.items():
        if name in provided:
            value = provided[name]
        elif declaration.has_default:
            value = declaration.default
        else:
            if declaration.required:
                complaints.append(_missing(declaration))
            continue
        try:
            values[name] = coerce(declaration, _known_integration(name, value, auto_integration))
        except InputError as error:
            complaints.append(error.message)
    if complaints:
        hint = "give it with --input NAME=VALUE" if any("is required" in text for text in complaints) else ""
        raise InputError("\n".join(complaints), hint=hint)
    return values


def missing_inputs(declared: Mapping[str, Input], provided: Mapping[str, object]) -> list[Input]:
    """Return the required inputs that have neither a value nor a default, in the order they are declared."""
    return [each for name, each in declared.items() if each.required and not each.has_default and name not in provided]


def coerce(declaration: Input, value: object) -> object:
    """Return a value as its declaration wants it; raises `InputError` if it does not fit (INP-05..08)."""
    result = _COERCIONS[declaration.type](declaration.name, value) if declaration.type else value
    is_auto = declaration.name == "integration" and result == AUTO
    if declaration.enum is not None and not is_auto and not _is_among(result, declaration.enum):
        words = ", ".join(shown(each) for each in declaration.enum)
        raise InputError(f"input `{declaration.name}` must be one of {words}, not {shown(result)}")
    return result


def shown(value: object) -> str:
    """Return a value as an error message names it."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - about a line's rest


def _known_integration(name: str, value: object, auto_integration: str | None) -> object:
    return auto_integration if name == "integration" and value == AUTO and auto_integration else value


def _undeclared(name: str, declared: Mapping[str, Input]) -> str:
    close = difflib.get_close_matches(name, declared, n=1)
    if close:
        return f"input `{name}` is not declared by this workflow; did you mean `{close[0]}`?"
    names = ", ".join(f"`{each}`" for each in declared)
    return f"input `{name}` is not declared by this workflow; it has {names or 'no inputs'}"


def _missing(declaration: Input) -> str:
    explanation = declaration.prompt or declaration.description
    return f"input `{declaration.name}` is required" + (f": {explanation}" if explanation else "")


def _is_among(value: object, allowed: tuple[object, ...]) -> bool:
    """Whether a value is in the list; `true` is not 1."""
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in allowed)


def _string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"input `{name}` must be text, not {shown(value)}")
    return value


def _number(name: str, value: object) -> int | float:
    """Read a number exactly: whole ones of any size stay whole and keep every digit."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _MAX_DIGITS and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, (str, float)):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return int(number) if number.is_integer() else number
    raise InputError(f"input `{name}` must be a number, not {shown(value)}")


def _integer(name: str, value: object) -> int:
    try:
        number = _number(name, value)
    except InputError:
        number = math.nan
    if not isinstance(number, int):
        raise InputError(f"input `{name}` must be a whole number, not {shown(value)}")
    return number


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _TRUE | _FALSE:
        raise InputError(f"input `{name}` must be true or false, not {shown(value)}")
    return word in _TRUE


_COERCIONS = {"string": _string, "number": _number, "integer": _integer, "boolean": _boolean}
