"""Commands of the shell itself that evaluate some of their arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.steps.shell_text.places import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plait.steps.shell_text.places import Slot, Word

_READ_VALUED = re.compile(r"-[A-Za-z]*[pditnNu]")
_BINARY = frozenset({"=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"})
_UNARY = frozenset({f"-{letter}" for letter in "abcdefghknoprstuwxzGLNOS"})
_CLOSED = frozenset({"]", "-a", "-o", ")"})


def require(slots: Sequence[Slot], delivery: Delivery) -> None:
    """Let in only what is safe here; a number that is required already stays so."""
    for slot in slots:
        if slot.delivery is not Delivery.NUMBER:
            slot.delivery = delivery


def _names(arguments: Sequence[Word]) -> None:
    for word in arguments:
        subscript = word.plain.find("[")
        for place, slot in enumerate(word.slots):
            is_subscript = subscript >= 0 and (place > 0 or word.plain[:1] != "\0")
            require([slot], Delivery.NUMBER if is_subscript else Delivery.NAME)


def _read(arguments: Sequence[Word]) -> None:
    names, is_value = [], False
    for word in arguments:
        if not is_value:
            names.append(word)
        is_value = not is_value and bool(_READ_VALUED.fullmatch(word.plain))
    _names(names)


def _printf(arguments: Sequence[Word]) -> None:
    rest = list(arguments)
    if rest and rest[0].plain.startswith("-v"):
        _names(rest[:2] if rest[0].plain == "-v" else rest[:1])
        rest = rest[2:] if rest[0].plain == "-v" else rest[1:]
    for word in rest[:1]:
        if word.plain.startswith(("\0", "-")):
            _guard(word.slots, Delivery.FORMAT)


def _wait(arguments: Sequence[Word]) -> None:
    for place, word in enumerate(arguments):
        if place and arguments[place - 1].plain == "-p":
            _names([word])
        elif word.plain.startswith(("\0", "-")):
            _guard(word.slots, Delivery.FORMAT)


def _guard(slots: Sequence[Slot], delivery: Delivery) -> None:
    for slot in slots:
        if slot.delivery in (Delivery.WORDS, Delivery.WHOLE):
            slot.guarded = slot.delivery
            slot.delivery = delivery


def _test(arguments: Sequence[Word]) -> None:
    for place, word in enumerate(arguments):
        before = arguments[place - 1].plain if place else ""
        after = arguments[place + 1].plain if place + 1 < len(arguments) else "]"
        if before in ("-v", "-R"):
            _names([word])
        elif word.plain.startswith(("\0", "-")) and not _is_operand(word, before, after):
            _guard(word.slots, Delivery.TEST_OPERAND)


def _is_operand(word: Word, before: str, after: str) -> bool:
    """Whether a word arrives as one and stands where `test` expects an operand, not an operator."""
    if any(slot.delivery is Delivery.WORDS for slot in word.slots):
        return False
    return before in _BINARY or before in _UNARY or after in _BINARY or after in _CLOSED


def _let(arguments: Sequence[Word]) -> None:
    for word in arguments:
        require(word.slots, Delivery.NUMBER)


def _refused(message: str, hint: str) -> Callable[[Sequence[Word]], None]:
    def refuse(arguments: Sequence[Word]) -> None:
        for word in arguments:
            for slot in word.slots:
                slot.refuse(message, hint)

    return refuse


def _trap(arguments: Sequence[Word]) -> None:
    _refused("trap would run the value as part of its code", "set a variable from it, and use that in the trap")(
        arguments
    )


def _source(arguments: Sequence[Word]) -> None:
    for word in arguments[:1]:
        if not word.plain.strip("\0"):
            for slot in word.slots:
                slot.refuse("the value chooses the file whose commands run", "write at least the file's name")
        for slot in word.slots:
            slot.warn("the value chooses the file whose commands run")


BUILTINS: dict[str, Callable[[Sequence[Word]], None]] = {
    "eval": _refused("eval would run the value as part of its code", "write the command itself, without eval"),
    "trap": _trap,
    "alias": _refused("the value would become part of an alias's code", "write a function instead"),
    "compgen": _refused("compgen would expand the value", "use `case` or grep instead"),
    "complete": _refused("complete would expand the value", "leave it out: a step is not interactive"),
    "let": _let,
    "unset": _names,
    "getopts": _names,
    "mapfile": _names,
    "readarray": _names,
    "read": _read,
    "printf": _printf,
    "wait": _wait,
    "test": _test,
    "[": _test,
    "source": _source,
    ".": _source,
}
