"""Splits the source of an expression into tokens; every token knows its place in the template's text."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from plait.errors import ExpressionError

MAX_TOKENS = 5_000
"""The most tokens one expression may have."""

KEYWORDS = frozenset({"and", "or", "not", "in"})
CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None, "none": None}

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d][\w:-]*")
_NUMBER = re.compile(r"-?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_SEGMENT = re.compile(r"\.([\w:-]+)")
_INDEX = re.compile(r"""\[\s*(?:(-?\d{1,18})|'([^']*)'|"([^"]*)")\s*\]""")
_OPERATOR = re.compile(r"==|!=|>=|<=|[><|(),\[\]]")
_AFTER_NUMBER = re.compile(r"[\w.]")
_NO_ARITHMETIC = "Plait's expressions have no arithmetic"
_FOREIGN = {
    "&&": ("'&&' is not an operator", "write 'and'"),
    "||": ("'||' is not an operator", "write 'or'"),
    "===": ("'===' is not an operator", "write '=='"),
    "!": ("'!' is not an operator", "write 'not'"),
    "=": ("'=' is not an operator", "write '==' to compare"),
    "+": (_NO_ARITHMETIC, "compute it in a shell step; to join texts, write two blocks side by side: {{ a }}{{ b }}"),
    "-": (_NO_ARITHMETIC, "compute it in a shell step"),
    "*": (_NO_ARITHMETIC, "compute it in a shell step"),
    "/": (_NO_ARITHMETIC, "compute it in a shell step"),
    "%": (_NO_ARITHMETIC, "compute it in a shell step"),
    "~": ("there is no operator that joins texts", "write two blocks side by side: {{ a }}{{ b }}"),
    "?": ("there is no conditional expression", "use an 'if' or a 'switch' step"),
    "{": ("there are no mappings in expressions", "write the mapping in YAML; for literal braces write {{ '{{' }}"),
    "}": ("this brace closes nothing", ""),
    ".": ("a path starts with a name, such as inputs", "for literal braces write {{ '{{' }}"),
}


class Token(NamedTuple):
    """One word, literal or sign; `value` is a literal's value or a path's keys.

    `kind` is path, string, number, constant, keyword, operator or end.
    """

    kind: str
    text: str
    start: int
    end: int
    value: object = None


def fail(text: str, start: int, length: int, message: str, hint: str = "") -> NoReturn:
    """Raise the error that points at `length` characters of `text` from `start` on."""
    raise ExpressionError(message, text=text, offset=start, length=max(length, 1), hint=hint)


def tokenize(text: str, start: int, end: int) -> list[Token]:
    """Split `text[start:end]`; the list ends with a token of the kind `end`.

    Raises:
        ExpressionError: a character that no token starts with, or an expression of absurd length.
    """
    tokens: list[Token] = []
    at = start
    while True:
        space = _SPACE.match(text, at, end)
        if space:
            at = space.end()
        if at >= end:
            tokens.append(Token("end", "", len(text[:end].rstrip()) if tokens else start, end))
            return tokens
        if len(tokens) >= MAX_TOKENS:
            fail(text, start, end - start, f"an expression of more than {MAX_TOKENS:,} words and signs is too long")
        token = _next_token(text, at, end)
        tokens.append(token)
        at = token.end


def _next_token(text: str, at: int, end: int) -> Token:
    first = text[at]
    if first in "'\"":
        return _string(text, at, end)
    word = _WORD.match(text, at, end)
    if word:
        return _word(text, word, end)
    number = _NUMBER.match(text, at, end)
    if number:
        return _number(text, number, end)
    for sign in ("&&", "||", "==="):
        if text.startswith(sign, at, end):
            fail(text, at, len(sign), *_FOREIGN[sign])
    operator = _OPERATOR.match(text, at, end)
    if operator:
        return Token("operator", operator.group(), at, operator.end())
    message, hint = _FOREIGN.get(first, (f"{first!r} has no meaning in an expression", ""))
    return fail(text, at, 1, message, hint)


def _string(text: str, at: int, end: int) -> Token:
    close = text.find(text[at], at + 1, end)
    if close < 0:
        fail(
            text, at, 1, "this quote is never closed", "a text with a quote in it goes between quotes of the other kind"
        )
    return Token("string", text[at : close + 1], at, close + 1, text[at + 1 : close])


def _word(text: str, word: re.Match[str], end: int) -> Token:
    name, at = word.group(), word.start()
    if name in KEYWORDS:
        return Token("keyword", name, at, word.end())
    keys: list[str | int] = [name]
    position = word.end()
    while position < end:
        match = _SEGMENT.match(text, position, end) or _INDEX.match(text, position, end)
        if match is None:
            break
        keys.append(_key(match))
        position = match.end()
    if text.startswith(".", position, end):
        fail(text, position, 1, "a name is missing after this dot")
    if text.startswith("[", position, end):
        fail(text, position, 1, "an index is a whole number or a quoted key", "write [0], [-1] or ['key']")
    if len(keys) == 1 and name.lower() in CONSTANTS:
        return Token("constant", name, at, position, CONSTANTS[name.lower()])
    return Token("path", text[at:position], at, position, tuple(keys))


def _key(match: re.Match[str]) -> str | int:
    if match.re is _SEGMENT:
        return match.group(1)
    index, single, double = match.groups()
    if index is not None:
        return int(index)
    return str(single if single is not None else double)


def _number(text: str, number: re.Match[str], end: int) -> Token:
    literal, at = number.group(), number.start()
    position = number.end()
    if _AFTER_NUMBER.match(text, position, end):
        fail(text, at, position - at + 1, "this is not a number", "put it in quotes if it is text")
    try:
        value = float(literal) if any(sign in literal for sign in ".eE") else int(literal)
    except ValueError:
        fail(text, at, len(literal), "this is not a number", "put it in quotes if it is text")
    return Token("number", literal, at, position, value)
