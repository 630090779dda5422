"""Every error that Plait shows to a person.

    PlaitError                      exit 1
    ├── UsageError                  exit 2   the call or the file is wrong; nothing ran
    │   ├── InvalidWorkflowError             carries every problem found
    │   ├── InputError                       a value given with --input does not fit
    │   └── RunNotFoundError
    ├── ExpressionError                      knows the text and the character at fault
    │   └── EvaluationError                  the expression is well formed, its values are not
    ├── RunOwnedError                        another living process runs it
    ├── RunNotResumableError
    ├── JournalDamagedError                  knows the line at fault
    └── StorageError                         a full disk, an unwritable folder

An error's `str` is what the user reads; `hint` says what to do. One place prints them (`cli/errors.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.model.problems import Problem


class PlaitError(Exception):
    """Something a user can understand and act on.

    `exit_code` is the process's exit code when the error ends a command.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PlaitError):
    """The call, or the file it names, is wrong; nothing ran."""

    exit_code = 2


class InvalidWorkflowError(UsageError):
    """A workflow that cannot run; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem], *, source: str = "workflow") -> None:
        errors = sum(1 for problem in problems if problem.is_error)
        super().__init__(f"{source} is not a valid workflow: {errors} error{'s' * (errors != 1)}")
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {problem}" for problem in self.problems if problem.is_error)])


class InputError(UsageError):
    """An input is missing, unknown, or has a value that does not fit its declaration."""


class RunNotFoundError(UsageError):
    """No run has this id."""


class ExpressionError(PlaitError):
    """A template that cannot be parsed; `offset` and `length` count characters of `text`."""

    def __init__(self, message: str, *, text: str = "", offset: int = 0, length: int = 1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.offset = offset
        self.length = length


class EvaluationError(ExpressionError):
    """A well-formed expression whose values do not fit, such as `from_json` of text that is not JSON."""


class RunOwnedError(PlaitError):
    """Another living process owns the run."""


class RunNotResumableError(PlaitError):
    """The run has ended in a way that leaves nothing to resume."""


class JournalDamagedError(PlaitError):
    """A journal is gone, or has a line, other than a torn last one, that is not an event."""


class StorageError(PlaitError):
    """What must be recorded cannot be: a full disk, a folder that may not be written."""
