"""The filters: what a value can be put through with `value | name` or `value | name(argument)`."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plait.expressions.values import UnsuitableError, kind, to_json, to_text
from plait.expressions.yaml_values import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_NUMBER = re.compile(r"\s*[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: `forms` are the ways to write it, `arguments` the numbers of arguments it takes."""

    name: str
    description: str
    apply: Callable[..., object]
    arguments: tuple[int, ...] = (0,)
    text_arguments: bool = False
    forms: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """The ways to write the filter, for a hint."""
        return " or ".join(self.forms or (self.name,))


def parse_number(text: str) -> int | float | None:
    """Read a number as people write them (`10`, `1_000`, `2.5`, `1e3`); None if the text is not one (EXP-20)."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def _text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise UnsuitableError(f"{name} needs text, not null", "put default('') before it if the value may be missing")
    raise UnsuitableError(f"{name} needs text, not {kind(value)}")


def _items(value: object, name: str) -> list[Any] | tuple[Any, ...]:
    if isinstance(value, (list, tuple)):
        return value
    if value is None:
        raise UnsuitableError(f"{name} needs a list, not null", "put default([]) before it if the value may be missing")
    raise UnsuitableError(f"{name} needs a list, not {kind(value)}")


def _mapping(value: object, name: str) -> Mapping[Any, object]:
    if isinstance(value, Mapping):
        return value
    raise UnsuitableError(f"{name} needs a mapping, not {kind(value)}")


def _default(value: object, replacement: object = "") -> object:
    return replacement if value is None or value == "" else value


def _join(value: object, separator: str) -> str:
    if isinstance(value, (list, tuple)):
        return separator.join([to_text(item) for item in value])
    return to_text(value)


def _map(value: object, path: str) -> list[object]:
    if not isinstance(value, (list, tuple)):
        return []
    keys = path.split(".")
    return [_lookup(item, keys) for item in value]


def _lookup(item: object, keys: list[str]) -> object:
    if not isinstance(item, Mapping):
        return item
    value: object = item
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _contains(value: object, needle: object) -> bool:
    if isinstance(value, str):
        if not isinstance(needle, str):
            raise UnsuitableError(f"contains looks for text in text, not for {kind(needle)}", "put it in quotes")
        return needle in value
    return isinstance(value, (list, tuple)) and needle in value


def _from_json(value: object) -> object:
    text = _text(value, "from_json")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnsuitableError(
            f"from_json got text that is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise UnsuitableError("from_json got JSON that is nested too deep") from None


def _from_yaml(value: object) -> object:
    try:
        return read_yaml(_text(value, "from_yaml"))
    except UnsuitableError as error:
        raise UnsuitableError(f"from_yaml got text that is {error}") from None


def _length(value: object) -> int:
    if isinstance(value, (str, list, tuple, Mapping)):
        return len(value)
    hint = "put default('') or default([]) before it if the value may be missing" if value is None else ""
    raise UnsuitableError(f"length needs text, a list or a mapping, not {kind(value)}", hint)


def _first(value: object) -> object:
    return next(iter(_items(value, "first")), None)


def _last(value: object) -> object:
    items = _items(value, "last")
    return items[-1] if items else None


def _split(value: object, separator: str | None = None) -> list[str]:
    if separator == "":
        raise UnsuitableError("split cannot split at an empty separator")
    return _text(value, "split").split(separator)


def _replace(value: object, old: str, new: str) -> str:
    return _text(value, "replace").replace(old, new)


def _unique(value: object) -> list[object]:
    kept: dict[Hashable, object] = {}
    for item in _items(value, "unique"):
        kept.setdefault(_identity(item), item)
    return list(kept.values())


def _identity(item: object) -> Hashable:
    # JSON tells true from 1 and compares lists and mappings by what they hold.
    return item if isinstance(item, str) else ("json", json.dumps(item, sort_keys=True, default=to_json))


def _sort(value: object) -> list[object]:
    items = _items(value, "sort")
    try:
        return sorted(items)
    except TypeError:
        kinds = " and ".join(sorted({kind(item) for item in items}))
        raise UnsuitableError(
            f"sort cannot put {kinds} in order", "sort a list of texts or a list of numbers"
        ) from None


def _shell_quote(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(shlex.quote(to_text(item)) for item in value)
    return shlex.quote(to_text(value))


def _lines(value: object) -> list[str]:
    lines = _text(value, "lines").replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _reverse(value: object) -> object:
    return value[::-1] if isinstance(value, str) else list(_items(value, "reverse"))[::-1]


def _number(value: object) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    number = parse_number(_text(value, "number"))
    if number is None:
        raise UnsuitableError("number got text that is not a number")
    return number


def _slug(value: object) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", to_text(value)) if not unicodedata.combining(c))
    return _NOT_ALPHANUMERIC.sub("-", plain.lower()).strip("-")


_ALL = (
    Filter(
        "default",
        "the argument, or empty text, in place of null or empty text",
        _default,
        (0, 1),
        forms=("default", "default('text')"),
    ),
    Filter(
        "join",
        "the items of a list as one text, the argument between them",
        _join,
        (1,),
        text_arguments=True,
        forms=("join(', ')",),
    ),
    Filter(
        "map",
        "of every mapping in a list, the value at a dotted path",
        _map,
        (1,),
        text_arguments=True,
        forms=("map('field')",),
    ),
    Filter("contains", "whether a text holds a text, or a list an item", _contains, (1,), forms=("contains('text')",)),
    Filter("from_json", "the value that JSON text stands for", _from_json),
    Filter("to_json", "a value as JSON on one line", to_json),
    Filter("from_yaml", "the value that YAML text stands for", _from_yaml),
    Filter("length", "the number of characters, items or keys", _length),
    Filter("first", "the first item of a list, or null", _first),
    Filter("last", "the last item of a list, or null", _last),
    Filter("lower", "text in lower case", lambda value: _text(value, "lower").lower()),
    Filter("upper", "text in upper case", lambda value: _text(value, "upper").upper()),
    Filter("trim", "text without the white space around it", lambda value: _text(value, "trim").strip()),
    Filter(
        "split",
        "the parts of a text between separators, or between white space",
        _split,
        (0, 1),
        text_arguments=True,
        forms=("split", "split(',')"),
    ),
    Filter("lines", "the lines of a text, without their ends", _lines),
    Filter(
        "replace",
        "text with every occurrence of one text replaced by another",
        _replace,
        (2,),
        text_arguments=True,
        forms=("replace('old', 'new')",),
    ),
    Filter("unique", "a list without repeated items, in the order they first appear", _unique),
    Filter("sort", "a list of texts or of numbers in ascending order", _sort),
    Filter("reverse", "a list or a text backwards", _reverse),
    Filter("keys", "the keys of a mapping as a list", lambda value: list(_mapping(value, "keys"))),
    Filter("values", "the values of a mapping as a list", lambda value: list(_mapping(value, "values").values())),
    Filter("shell_quote", "text as one word for the shell; a list as one word an item", _shell_quote),
    Filter("raw", "the value itself, put into a shell step's text without quoting", lambda value: value),
    Filter("basename", "the last part of a path", lambda value: posixpath.basename(_text(value, "basename"))),
    Filter("dirname", "a path without its last part", lambda value: posixpath.dirname(_text(value, "dirname"))),
    Filter("slug", "text as lower-case letters, digits and hyphens, fit for the name of a branch", _slug),
    Filter("number", "the number that a text stands for", _number),
    Filter("string", "a value as text", to_text),
)

TABLE: dict[str, Filter] = {each.name: each for each in _ALL}
"""Every filter by its name."""

FILTERS: dict[str, str] = {each.name: each.description for each in _ALL}
"""What every filter gives, in one line, by its name."""
