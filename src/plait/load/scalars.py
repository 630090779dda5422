"""What a scalar means: the core schema of YAML 1.2, so `on`, `yes` and `12:30` are text."""

from __future__ import annotations

import re

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_YES = frozenset({"yes", "Yes", "YES", "on", "On", "ON", "y", "Y"})
_NO = frozenset({"no", "No", "NO", "off", "Off", "OFF", "n", "N"})
_MAY_BE_NUMBER = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
MAX_DIGITS = 4000
"""Python refuses to read a decimal number of more than 4,300 digits."""


class ScalarError(ValueError):
    """A scalar that does not mean what its tag says."""


def plain_value(text: str) -> object:
    """Return what unquoted text means; raises `ScalarError` for a number of thousands of digits."""
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text[0] in _MAY_BE_NUMBER:
        return _number(text)
    return text


def _number(text: str) -> object:
    if _INT.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ScalarError(f"a number of {len(text)} digits is too long")
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITY.fullmatch(text):
        return float(text.replace(".", ""))
    return float("nan") if text in _NAN else text


def truth_of(text: str) -> bool | None:
    """Return the boolean that unquoted text means in YAML 1.1 (`yes`, `off`) or 1.2, or None."""
    if text in _TRUE or text in _YES:
        return True
    if text in _FALSE or text in _NO:
        return False
    return None


_TAG = "tag:yaml.org,2002:"


def tagged_value(tag: str, text: str) -> object:
    """Return what text with an explicit tag means; raises `ScalarError` if it cannot."""
    name = tag.removeprefix(_TAG)
    if tag == "!" or name in {"str", "binary", "timestamp"}:
        return text
    if name == "bool":
        value: object = truth_of(text)
        fits = value is not None
    elif name == "null":
        value, fits = None, text in _NULL
    elif name in {"int", "float"}:
        value = plain_value(text)
        wanted = (int,) if name == "int" else (int, float)
        fits = isinstance(value, wanted) and not isinstance(value, bool)
        value = float(text) if fits and name == "float" and isinstance(value, int) else value
    else:
        raise ScalarError(f"the tag `{shown_tag(tag)}` is not supported")
    if not fits:
        raise ScalarError(f"`{text}` is no value of the tag `{shown_tag(tag)}`")
    return value


def shown_tag(tag: str) -> str:
    """Return a tag in its short form."""
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
