"""Judges what a command does with the values among its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.steps.shell_text.builtins import BUILTINS, require
from plait.steps.shell_text.interpreters import find_code, find_interpreter
from plait.steps.shell_text.places import UNKNOWN, Delivery
from plait.steps.shell_text.prefixes import find_program, program_name
from plait.steps.shell_text.programs import PROGRAMS, warn_of_remote_shell
from plait.steps.shell_text.words import ASSIGNMENT

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

    def __init__(self, text: str, mark: str) -> None:
        self._text = text
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
        if command.is_list:
            return
        words = command.words
        place = find_program(words)
        for slot in slots if place < len(words) else ():
            for index, word in enumerate(words):
                name = program_name(word)
                interpreter = find_interpreter(name)
                if interpreter and find_code(interpreter, words[index + 1 :]).from_input:
                    program = program_name(words[place])
                    refuses = index <= place or program == "eval" or find_interpreter(program) is not None
                    _say(slot, name, interpreter.advice, refuses=refuses)
                elif name == "ssh":
                    warn_of_remote_shell(slot)

    def conclude(self) -> None:
        """Judge what depends on the whole text: assignments to variables declared as integers."""
        for name, slots in self._assigned:
            if name in self._integers or UNKNOWN in self._integers:
                require(slots, Delivery.NUMBER)

    def _assignment(self, word: Word) -> None:
        found = _VARIABLE.match(word.plain)
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
        options = "".join(word.plain for word in arguments if word.plain[:1] in ("-", "+", UNKNOWN) and not word.slots)
        evaluates = name != "export"
        is_integer = evaluates and any(flag in options for flag in ("i", "n", UNKNOWN))
        for word in arguments:
            variable, _, _ = word.plain.partition("=")
            variable = UNKNOWN if UNKNOWN in variable else variable.partition("[")[0].rstrip("+")
            if is_integer:
                self._integers.add(variable)
                require(word.slots, Delivery.NUMBER)
            elif evaluates and not word.is_array and ("a" in options or "A" in options or self._is_array(variable)):
                for slot in word.slots:
                    slot.refuse(f"bash may evaluate the value given to an array by {name}", "write NAME=( … )")
            elif word.is_assignment or ASSIGNMENT.match(word.plain):
                self._assignment(word)
            else:
                _named(word)

    def _is_array(self, variable: str) -> bool:
        """Whether the text uses a variable as an array, or may."""
        name = re.escape(variable)
        filled = rf"(?:(?:mapfile|readarray)\b[^\n;|&]*|read\s[^\n;|&]*-[a-zA-Z]*a\s*)\b{name}\b"
        return variable != UNKNOWN and bool(re.search(rf"\b{name}(?:\+?=\(|\[)|\b{filled}", self._text))


def _named(word: Word) -> None:
    """Judge a word of a declaration whose name a value is part of: `export {{ name }}={{ value }}`."""
    before, equals, _ = word.raw.partition("=")
    for slot in word.slots:
        is_value = bool(equals) and slot.position - word.start > len(before)
        require([slot], Delivery.WHOLE if is_value else Delivery.NAME)


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
        _say(slot, name, advice, refuses=refuses)


def _say(slot: Slot, name: str, advice: str, *, refuses: bool) -> None:
    if refuses:
        slot.refuse(f"{name} would run the value as part of its code", advice)
    else:
        slot.warn(f"{name} may run the value as part of its code", advice)
