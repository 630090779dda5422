"""Reads commands: lists, compound commands, redirections and here-documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.steps.shell_text.heredocs import HereDocumentReader
from plait.steps.shell_text.places import Command, DoubtError
from plait.steps.shell_text.words import METACHARACTERS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from plait.steps.shell_text.judge import Judge
    from plait.steps.shell_text.places import Slot, Word

_REDIRECTION = re.compile(r"&>>?|<<<|<<-?|<&|<>|>>|>&|>\||<|>")
_SEPARATOR = re.compile(r";;&|;;|;&|;|&&|&|\|\||\|&|\|")
_LEADING = frozenset({"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "coproc"})
_CLOSING = frozenset({"fi", "done", "}"})
_DECLARING = frozenset({"export", "readonly", "local", "declare", "typeset"})
_NAME_HINT = "name it in the text: an expression can only be a value"


class CommandReader(HereDocumentReader):
    """Reads a whole text; `judge` is told of every simple command."""

    def __init__(self, text: str, mark: str, judge: Judge) -> None:
        super().__init__(text, mark)
        self.command = Command(0)
        self._judge = judge

    def fed(self, command: Command, slots: list[Slot]) -> None:
        """Tell the judge of the expressions in what a command reads."""
        self._judge.fed(command, slots)

    def commands(self, closers: AbstractSet[str], *, substituted: bool = True) -> str:
        """Read commands up to one of `closers`, step over it and return it."""
        outer, pending, waiting = self.command, self.pending, self.outer_pending
        self.command = Command(self.position)
        if substituted:
            self.pending, self.outer_pending = [], waiting + len(pending)
        try:
            closer = self._list(closers, self.position)
            if substituted and closer:
                self.expect_no_pending()
        except DoubtError as doubt:
            doubt.position = min(doubt.position, self.command.start)
            raise
        finally:
            self._end_command()
            self.command = outer
            if substituted:
                self.pending, self.outer_pending = pending, waiting
        return closer

    def _list(self, closers: AbstractSet[str], start: int) -> str:
        while char := self.peek():
            if char in " \t":
                self.position += 1
            elif self.at("\\\n"):
                self.position += 2
            elif char == "#":
                self.comment()
            elif char == "\n":
                self._newline()
            elif char == ")":
                self._close(closers)
                return char
            elif char == "(":
                self._open()
            elif not self._redirection() and (closer := self._separator_or_word(closers)):
                return closer
        if closers:
            raise DoubtError(start, "the commands that begin here are never closed")
        return ""

    def _close(self, closers: AbstractSet[str]) -> None:
        if ")" not in closers:
            raise DoubtError(self.position, "this closing parenthesis has no opening one")
        self.position += 1

    def _newline(self) -> None:
        self._end_command()
        self.position += 1
        self.read_pending()
        self.command.start = self.position

    def _end_command(self) -> None:
        self._judge.ended(self.command)
        self.command = Command(self.position)

    def _separator_or_word(self, closers: AbstractSet[str]) -> str:
        if not (found := _SEPARATOR.match(self.text, self.position, self.end)):
            return self._word(closers)
        self._end_command()
        if found[0] in (";;", ";&", ";;&"):
            if ";;" not in closers:
                raise DoubtError(self.position, f"this {found[0]} belongs to no case")
            self.position = found.end()
            return ";;"
        self.position = found.end()
        self.command.start = self.position
        return ""

    def _open(self) -> None:
        command = self.command
        if command.is_empty and not command.is_closed:
            start, is_double = self.position, self.at("((")
            if not (is_double and self.attempt(lambda: self.arithmetic("))", opening=2))):
                self.position += 1
                self.expect_unbroken()
                self.nested(lambda: self.commands(frozenset(")"), substituted=False))
                if is_double:
                    self.refuse_ambiguous(start)
            self.command.is_closed = True
        elif len(command.words) == 1 and (found := re.compile(r"\([ \t]*\)").match(self.text, self.position, self.end)):
            for slot in command.words[0].slots:
                slot.refuse("an expression cannot be the name of a function", _NAME_HINT)
            self.position = found.end()
            self.command = Command(self.position)
        else:
            raise DoubtError(self.position, "this parenthesis is not expected here")

    def _word(self, closers: AbstractSet[str]) -> str:
        command = self.command
        may_assign = command.is_empty or command.declares
        word = self.word(splits=True, assigns=may_assign)
        if not word.raw:
            raise DoubtError(self.position, "this character is not expected here")
        if command.is_empty and not command.assignments and not command.is_closed:
            if word.raw == "esac" and "esac" in closers:
                return "esac"
            if self._keyword(word):
                return ""
        self._add(word)
        return ""

    def _add(self, word: Word) -> None:
        command = self.command
        if word.is_assignment and command.is_empty:
            command.assignments.append(word)
        elif not (word.raw.isdigit() and self.peek() in ("<", ">")):
            command.words.append(word)
            command.declares = command.declares or (
                word.plain in _DECLARING and all(w.plain in ("command", "builtin") for w in command.words[:-1])
            )

    def _keyword(self, word: Word) -> bool:
        raw = word.raw
        if raw in _LEADING:
            self.command = Command(self.position)
        elif raw in _CLOSING:
            self.command.is_closed = True
        elif raw in ("for", "select"):
            self._for()
        elif raw == "case":
            self.nested(self._case)
        elif raw == "[[":
            self._double_brackets()
        elif raw == "function":
            self._blanks()
            for slot in self.word(splits=False).slots:
                slot.refuse("an expression cannot be the name of a function", _NAME_HINT)
            self._blanks()
            if found := re.compile(r"\([ \t]*\)").match(self.text, self.position, self.end):
                self.position = found.end()
        else:
            return False
        return True

    def _blanks(self, *, lines: bool = False) -> None:
        while char := self.peek():
            if self.at("\\\n"):
                self.position += 2
            elif char in " \t":
                self.position += 1
            elif lines and char == "\n":
                self.position += 1
                self.read_pending()
            elif lines and char == "#":
                self.comment()
            else:
                return

    def _for(self) -> None:
        self._blanks()
        if self.at("((") and self.attempt(lambda: self.arithmetic("))", opening=2)):
            return
        for slot in self.word(splits=False).slots:
            slot.refuse("an expression cannot be the name of a loop variable", _NAME_HINT)
        self._blanks(lines=True)
        if re.compile(r"in(?=[ \t\n;\\]|$)").match(self.text, self.position, self.end):
            self.position += 2
            self.command.is_list = True

    def _case(self) -> None:
        start = self.position
        self._blanks()
        self.word(splits=False)
        self._blanks(lines=True)
        if not self.at("in"):
            raise DoubtError(start, "this case has no `in`")
        self.position += 2
        while not self._case_ends(start):
            self._pattern_list(start)
            if self.commands(frozenset({";;", "esac"}), substituted=False) == "esac":
                break
        self.command = Command(self.position)
        self.command.is_closed = True

    def _case_ends(self, start: int) -> bool:
        self._blanks(lines=True)
        if not self.peek():
            raise DoubtError(start, "this case is never closed by `esac`")
        if not re.compile(r"esac(?![^ \t\n;&|()<>])").match(self.text, self.position, self.end):
            return False
        self.position += 4
        return True

    def _pattern_list(self, start: int) -> None:
        if self.peek() == "(":
            self.position += 1
        while (char := self.peek()) != ")":
            before = self.position
            self._blanks()
            if char == "|":
                self.position += 1
            elif char not in METACHARACTERS:
                self.word(splits=False)
            if not char or self.position == before:
                raise DoubtError(start, "this case is not understood")
        self.position += 1

    def _double_brackets(self) -> None:
        start, words = self.position, []
        while char := self.peek():
            if self.at("\\\n"):
                self.position += 2
            elif char == ";":
                break
            elif char in METACHARACTERS:
                self.position += 1
            else:
                words.append(self.word(splits=False))
                if words[-1].raw == "]]":
                    self._judge.ended(Command(start, words=words, is_double_bracket=True))
                    self.command.is_closed = True
                    return
        raise DoubtError(start, "this [[ is never closed")

    def _redirection(self) -> bool:
        found = _REDIRECTION.match(self.text, self.position, self.end)
        if not found or self.at("<(") or self.at(">("):
            return False
        self.position = found.end()
        if self.at("\\\n"):
            raise DoubtError(found.start(), "this redirection is broken by the end of the line")
        self._blanks()
        if found[0] in ("<<", "<<-"):
            self.pending.append(self.here_end(self.command, strips=found[0] == "<<-"))
        else:
            target = self.word(splits=False)
            if found[0] == "<<<":
                self.command.strings += target.slots
        return True
