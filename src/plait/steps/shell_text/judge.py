"""Judges what a command does with the values among its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.steps.shell_text.builtins import BUILTINS, require
from plait.steps.shell_text.interpreters import find_code, find_interpreter
from plait.steps.shell_text.places import UNKNOWN, Delivery
from plait.steps.shell_text.prefixes import find_program, program_name
from plait.steps.shell_text.programs import PROGRAMS, warn_of_remote_shell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.steps.shell_text.places import Command, Slot, Word

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INTEGER_VARIABLES = frozenset(
    {"RANDOM", "SRANDOM", "SECONDS", "OPTIND", "LINENO", "HISTCMD", "BASHPID", "EPOCHSECONDS", "BASH_SUBSHELL"}
)
_EXPANDED_VARIABLES = frozenset({"PS0", "PS1", "PS2", "PS4", "PROMPT_COMMAND", "ENV", "BASH_ENV"})
_NUMERIC = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_DECLARING = frozenset({"export", "readonly", "local", "declare", "typeset"})
_CODE_OPTION = re.compile(r"-[A-Za-z]{0,3}[ceE]")


class Judge:
    """Is told of every command once it has been read, and sets or refuses the values in it."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._assigned: list[tuple[str, list[Slot]]] = []
        self._integers: set[str] = set()

    def ended(self, command: Command) -> None:
        """Judge the assignments, the words and the here-strings of a command."""
        for word in command.assignments:
            self._assignment(word)
        if command.is_double_bracket:
            _double_brackets(command.words)
        elif command.words and not command.is_list:
            self._words(command.words)
        self.fed(command, command.strings)

    def fed(self, command: Command, slots: Sequence[Slot]) -> None:
        """Judge the expressions in the here-document or here-string that a command reads."""
        words = command.words[find_program(command.words) :]
        if not slots or not words or command.is_list:
            return
        name = program_name(words[0])
        interpreter = find_interpreter(name)
        for slot in slots:
            if interpreter and find_code(interpreter, words[1:]).from_input:
                slot.refuse(f"{name} would run the value as part of its code", interpreter.advice)
            elif name == "ssh":
                warn_of_remote_shell(slot)

    def conclude(self) -> None:
        """Judge what depends on the whole text: assignments to variables declared as integers."""
        for name, slots in self._assigned:
            if name in self._integers or UNKNOWN in self._integers:
                require(slots, Delivery.NUMBER)

    def _assignment(self, word: Word) -> None:
        found = _VARIABLE.match(word.raw)
        name = found[0] if found else ""
        if not word.slots:
            return
        self._assigned.append((name, word.slots))
        if name in _INTEGER_VARIABLES:
            require(word.slots, Delivery.NUMBER)
        elif name in _EXPANDED_VARIABLES:
            for slot in word.slots:
                slot.refuse(f"the shell would evaluate what {name} holds", "choose another variable")

    def _words(self, words: list[Word]) -> None:
        words = words[1:] if words[0].plain == "-p" and len(words) > 1 else words
        place = find_program(words)
        if place >= len(words):
            return
        program, arguments = words[place], words[place + 1 :]
        name = program_name(program)
        if program.raw.lstrip("\"'").startswith(self._mark):
            _chosen(program.slots[0])
        if name in _DECLARING:
            self._declaration(name, arguments)
        elif judge := BUILTINS.get(name) or PROGRAMS.get(name):
            judge(arguments)
        _code(words, place)

    def _declaration(self, name: str, arguments: Sequence[Word]) -> None:
        options = "".join(word.plain for word in arguments if word.plain[:1] in ("-", "+"))
        is_integer = name in ("declare", "typeset", "local") and any(flag in options for flag in "in")
        for word in arguments:
            if is_integer:
                found = _VARIABLE.match(word.plain)
                self._integers.add(UNKNOWN if UNKNOWN in word.plain.partition("=")[0] else found[0] if found else "")
                require(word.slots, Delivery.NUMBER)
            elif word.is_assignment:
                self._assignment(word)
            else:
                _named(word)


def _named(word: Word) -> None:
    """Judge a word of a declaration whose name a value is part of: `export {{ name }}={{ value }}`."""
    name, _, _ = word.plain.partition("=")
    before = name.count(UNKNOWN)
    if before != len(word.slots) and before and word.slots and UNKNOWN * before != name[:before]:
        before = len(word.slots)
    for place, slot in enumerate(word.slots):
        require([slot], Delivery.NAME if place < before else Delivery.WHOLE)


def _chosen(slot: Slot) -> None:
    slot.chooses_program = True
    slot.warn(
        "the value of this expression chooses the program that runs",
        "write the program's name, or declare the input with an `enum` of the allowed ones",
    )


def _double_brackets(words: Sequence[Word]) -> None:
    for place, word in enumerate(words):
        if word.plain in _NUMERIC:
            for operand in (*words[max(place - 1, 0) : place], *words[place + 1 : place + 2]):
                require(operand.slots, Delivery.NUMBER)
        elif word.plain in ("-v", "-R"):
            for operand in words[place + 1 : place + 2]:
                require(operand.slots, Delivery.NAME)


def _code(words: Sequence[Word], place: int) -> None:
    """Refuse or warn of values in the code that a command, whose program is at `place`, hands to an interpreter."""
    name = program_name(words[place])
    for index, word in enumerate(words):
        inner, arguments = program_name(word), words[index + 1 :]
        if interpreter := find_interpreter(inner):
            for code in find_code(interpreter, arguments).words:
                _found_inside(code, inner, interpreter.advice, refuses=index <= place or place > 0)
        elif index > place and UNKNOWN in name and _CODE_OPTION.fullmatch(word.plain):
            for code in arguments[:1]:
                _found_inside(code, "the program", "pass it as an argument of its own or through `env:`", refuses=False)


def _found_inside(code: Word, name: str, advice: str, *, refuses: bool) -> None:
    for slot in code.slots:
        say = slot.refuse if refuses else slot.warn
        verb = "would" if refuses else "may"
        say(f"{name} {verb} run the value as part of its code", advice)
