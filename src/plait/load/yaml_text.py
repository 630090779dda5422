"""Plain data to YAML text that means the same under YAML 1.1 and the core schema of 1.2."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import yaml

from plait.load.scalars import plain_value, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONE_LINE = re.compile(r"[^\n\t\r\x85\u2028\u2029\x00-\x1f\x7f-\x9f\ufeff]*")
_BLOCK = re.compile(r"(?![ \n])(?:[^\t\r\x85\u2028\u2029\x00-\x09\x0b-\x1f\x7f-\x9f\ufeff])*\Z")
_TRAILING_SPACE = re.compile(r" (\n|\Z)")
_NO_WRAPPING = 1 << 30


def to_yaml(data: object, *, is_long: bool = False) -> str:
    """Return data made of mappings, lists, text, numbers, booleans and nulls as YAML.

    Where it `is_long`, libyaml writes it, if it is there: many times faster, and in a layout that is its own. Raises
    `TypeError` for a value of any other type.
    """
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper) if is_long else yaml.SafeDumper
    return str(yaml.emit(_events(data), Dumper=dumper, allow_unicode=True, width=_NO_WRAPPING))


def _events(data: object) -> Iterator[yaml.Event]:
    yield yaml.StreamStartEvent()
    yield yaml.DocumentStartEvent(explicit=False)
    yield from _value_events(data)
    yield yaml.DocumentEndEvent(explicit=False)
    yield yaml.StreamEndEvent()


def _value_events(data: object) -> Iterator[yaml.Event]:
    """Yield the events of a value without recursion: data may be nested as deeply as a file may."""
    pending: list[object] = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, yaml.Event):
            yield value
        elif isinstance(value, dict):
            yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not value)
            pending.append(yaml.MappingEndEvent())
            for key, item in reversed(value.items()):
                pending += [item, key]
        elif isinstance(value, (list, tuple)):
            yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not value)
            pending.append(yaml.SequenceEndEvent())
            pending.extend(reversed(value))
        else:
            text, style = _scalar(value)
            yield yaml.ScalarEvent(None, None, (True, True), text, style=style)


def _scalar(value: object) -> tuple[str, str | None]:
    if isinstance(value, str):
        return value, _style(value)
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, int):
        return str(value), None
    if isinstance(value, float):
        return _float(value), None
    raise TypeError(f"YAML text cannot hold a {type(value).__name__}")


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML 1.1 takes an exponent for one only after a decimal point.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _style(text: str) -> str | None:
    if "\n" in text:
        return "|" if _BLOCK.match(text) and not _TRAILING_SPACE.search(text) else '"'
    if not _ONE_LINE.fullmatch(text):
        return '"'
    return "'" if _reads_otherwise(text) else None


_RESOLVER: Any = yaml.SafeLoader("")


def _reads_otherwise(text: str) -> bool:
    """Whether unquoted text would be taken for something else, under either version of YAML."""
    if truth_of(text) is not None or not isinstance(plain_value(text[:100]), str):
        return True
    return bool(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) != "tag:yaml.org,2002:str")
