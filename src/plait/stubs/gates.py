"""Answers of gates from stubs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.step_type import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.engine.run import Prompter
    from plait.model.step_type import Question
    from plait.stubs.stub import Stubs

BY = "stub"
_REJECTIONS = ("reject", "abort")


class StubPrompter:
    """Answers gates as their stubs say, else as the default stub does: with the first option that is no rejection.

    A gate that neither answers is left to `otherwise`, a person at the terminal, if there is one. `note` is told the
    id and the question of each.
    """

    def __init__(self, stubs: Stubs, otherwise: Prompter | None, note: Callable[[str, str], None]) -> None:
        self._stubs = stubs
        self._otherwise = otherwise
        self._note = note

    def ask(self, question: Question) -> Answer | None:
        """Return the answer; None leaves the gate waiting."""
        self._note(question.step_id, question.message)
        stub = self._stubs.find(question.step_id)
        if stub is not None and stub.has_choice:
            return None if stub.choice is None else Answer(stub.choice, stub.comment, BY)
        if stub is not None and stub is self._stubs.default:
            return Answer(_usual(question), stub.comment, BY)
        return None if self._otherwise is None else self._otherwise.ask(question)

    def interrupt(self) -> None:
        """Let a person's question end."""
        if self._otherwise is not None:
            self._otherwise.interrupt()


def _usual(question: Question) -> str:
    return next((each for each in question.options if each.lower() not in _REJECTIONS), question.options[0])
