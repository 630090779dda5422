"""Puts values into a compiled shell text: as variables, or in files if they are too long for that."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import EvaluationError
from plait.expressions.values import UnsuitableError, to_text
from plait.steps.shell_text.places import Delivery, Quote, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from plait.expressions import Expression

LONGEST_VARIABLE = 100_000
"""The bytes of a value beyond which it goes through a file: Linux refuses strings of 128 KiB."""
LONGEST_ENVIRONMENT = 500_000
"""The bytes of all values of a step beyond which the longest go through files."""
MOST_WORDS = 200
"""The words of a value beyond which words without wildcards share variables, to keep the text short."""

_NUMBER = re.compile(r"([+-]?)0*([0-9]{1,40})")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANKS = re.compile(r"[ \t\n]+")
_WILD = re.compile(r"[*?\[\\]")
_EVALUATING_OPERATORS = ("-v", "-R")


class ShellCommand(NamedTuple):
    """What a shell is to run: `script` for its `-c`, and the variables to add to its environment."""

    script: str
    env: Mapping[str, str]


class Hole(NamedTuple):
    """An expression of the text and where it stands; `slot` is None where its value is spliced.

    `unquotes` says that its value arrives as the words its `shell_quote` filter made.
    """

    expression: Expression
    slot: Slot | None
    unquotes: bool = False


@dataclass(slots=True)
class Binding:
    """One filling of a text's holes; `variables` are named `prefix` and a number."""

    prefix: str
    splits_as_usual: bool
    """The text leaves IFS alone, so that the shell may be asked to split a variable."""
    variables: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def fill(self, hole: Hole, evaluate: Callable[[Expression], object]) -> str:
        """Return what stands in the script for an expression, and note the variables it refers to."""
        slot, expression = hole.slot, hole.expression
        if slot is not None and slot.delivery is Delivery.NOTHING:
            return ""
        text = _text_of(expression, evaluate)
        if slot is None:
            if len(text) > LONGEST_VARIABLE:
                raise _unfit(expression, f"is {len(text):,} characters long, too long to be put into a shell text")
            return text
        self._count += 1
        words, before, after = _split(text)
        if hole.unquotes:
            words, before, after = _unquoted(expression, text), False, False
            text = " ".join(words)
        delivery = _admit(expression, slot, text, words)
        name = f"{self.prefix}{self._count}"
        if delivery is Delivery.NUMBER:
            return _number(expression, text, in_parentheses=slot.quote is Quote.ARITHMETIC)
        if delivery is not Delivery.WORDS:
            return self._whole(name, slot.quote, text)
        # Two quotes keep the author's text from becoming a comment, a keyword or an assignment of its own.
        left, right = '""' * slot.left, '""' * slot.right
        if not words:
            return f"{left} {right}" if before else left or right
        return f"{left} " * before + self._words(expression, name, words) + f" {right}" * after

    def pass_over(self, hole: Hole) -> None:
        """Leave out a hole whose value is not known yet; the next ones have the names that they will have."""
        if hole.slot is not None and hole.slot.delivery is not Delivery.NOTHING:
            self._count += 1

    def _whole(self, name: str, quote: Quote, text: str) -> str:
        self.variables[name] = text
        reference = f"${{{name}}}"
        if quote is Quote.BARE:
            return f'"{reference}"'
        return f"'\"{reference}\"'" if quote is Quote.SINGLE else reference

    def _words(self, expression: Expression, name: str, words: Sequence[str]) -> str:
        parts = [(word, True) for word in words]
        if len(words) > MOST_WORDS:
            parts = _chunks(words, separately=not self.splits_as_usual)
            if len(parts) > MOST_WORDS:
                raise _unfit(expression, f"has {len(words):,} words, too many", "write it to a file and use xargs")
        references = []
        for place, (part, is_word) in enumerate(parts, 1):
            self.variables[f"{name}_{place}"] = part
            references.append(f'"${{{name}_{place}}}"' if is_word else f"${{{name}_{place}}}")
        return " ".join(references)

    def finish(self, script: str, files: Callable[[], Path]) -> ShellCommand:
        """Return the command, with the values that are too long for an environment in files."""
        sizes = {name: len(os.fsencode(text)) for name, text in self.variables.items()}
        total, long = sum(sizes.values()), []
        for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
            if sizes[name] <= LONGEST_VARIABLE and total <= LONGEST_ENVIRONMENT:
                break
            total -= sizes[name]
            long.append(name)
        env = {name: text for name, text in self.variables.items() if name not in long}
        if not long:
            return ShellCommand(script, env)
        folder = files()
        return ShellCommand("".join(_read_back(name, self.variables[name], folder) for name in long) + script, env)


def _split(text: str) -> tuple[list[str], bool, bool]:
    """Return a value's words, and whether white space stands before and behind them."""
    words = [word for word in _BLANKS.split(text) if word]
    return words, text[:1] in tuple(" \t\n"), text[-1:] in tuple(" \t\n")


def _text_of(expression: Expression, evaluate: Callable[[Expression], object]) -> str:
    try:
        text = to_text(evaluate(expression))
    except UnsuitableError as error:
        raise _unfit(expression, f"cannot be written as text: {error}") from error
    if "\0" in text:
        raise _unfit(expression, "holds a NUL character, which no shell can take")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise _unfit(expression, "holds characters that cannot be encoded") from None
    return text


def _unquoted(expression: Expression, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise _unfit(expression, f"is not quoted as shell_quote does it: {error}") from None


def _admit(expression: Expression, slot: Slot, text: str, words: Sequence[str]) -> Delivery:
    """Return how a value arrives, or raise if the shell would evaluate it."""
    delivery = slot.delivery
    if delivery is Delivery.NAME and not _NAME.fullmatch(text):
        raise _unfit(expression, "must be the name of a variable here, because the shell evaluates anything else")
    if delivery is Delivery.FORMAT and text.lstrip(" \t\n").startswith(("-v", "-p")):
        raise _unfit(expression, "may not be an option here", "put fixed text before it, such as printf '%s'")
    if delivery is Delivery.TEST_OPERAND and any(word in _EVALUATING_OPERATORS for word in (text, *words)):
        raise _unfit(expression, "may not be an operator of `test`")
    return slot.guarded or delivery


def _number(expression: Expression, text: str, *, in_parentheses: bool) -> str:
    found = _NUMBER.fullmatch(text.strip(" \t\n"))
    if found is None:
        raise _unfit(expression, "must be a whole number here, because the shell evaluates anything else")
    if found[1] != "-":
        return found[2]
    return f"(-{found[2]})" if in_parentheses else f"-{found[2]}"


def _chunks(words: Sequence[str], *, separately: bool) -> list[tuple[str, bool]]:
    """Join words that the shell may split again because they hold no wildcards."""
    parts: list[tuple[str, bool]] = []
    for word in words:
        is_word = separately or bool(_WILD.search(word))
        if not is_word and parts and not parts[-1][1] and len(parts[-1][0]) < LONGEST_VARIABLE // 4:
            parts[-1] = (f"{parts[-1][0]} {word}", False)
        else:
            parts.append((word, is_word))
    return parts


def _read_back(name: str, text: str, folder: Path) -> str:
    """Write a value to a file; return the commands, on one line, that set the variable from it."""
    path = folder / name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(os.fsencode(text))
    # The shell drops line breaks at the end of what it reads, so that an x stands behind them.
    return f"{name}=$(cat {shlex.quote(str(path))} && printf x) || exit; {name}=${{{name}%x}}; "


def _unfit(expression: Expression, problem: str, hint: str = "") -> EvaluationError:
    return EvaluationError(
        f"{{{{ {expression.source} }}}} {problem}",
        text=expression.text,
        offset=expression.offset,
        length=len(expression.source),
        hint=hint,
    )
