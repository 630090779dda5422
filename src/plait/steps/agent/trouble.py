"""What keeps an agent from finishing a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from plait.agents.reply import Failure
    from plait.errors import PlaitError

PASSING = frozenset({"quota", "rate_limit", "overloaded"})
"""Classes of failures that pass with time."""
FOR_ANOTHER = PASSING | {"authentication", "crashed", "not_installed"}
"""Classes of failures that another agent may not have."""
KEEPS_ANSWER = PASSING | {"budget", "stopped"}
"""What says nothing against the last answer: the next attempt goes on from it."""
_NOT_SENT = frozenset({"not_installed", "refused", "late"})
_OWN = frozenset({"not_installed", "refused", "late", "budget", "stopped"})


class Trouble(NamedTuple):
    """Why the work came to nothing: a class of failures, or a word of our own, and a sentence.

    The own words: `not_installed`, `refused` (it cannot be handed to this agent as it is), `late` (its turn did not
    come in time), `budget` (a person must raise it) and `stopped`. `exit_code` is what the record says
    where no agent has told one.
    """

    kind: str
    message: str
    failure: Failure | None = None
    exit_code: int = 1

    @classmethod
    def of(cls, kind: str, error: PlaitError) -> Trouble:
        """Return the trouble that an error tells of."""
        return cls(kind, f"{error.message}; {error.hint}" if error.hint else error.message)

    @property
    def was_sent(self) -> bool:
        """Whether an agent could be handed the work at all."""
        return self.kind not in _NOT_SENT

    @property
    def was_called(self) -> bool:
        """Whether an agent was started, so that there is something it printed."""
        return self.was_sent and self.kind != "budget"

    @property
    def failure_class(self) -> str:
        """The class that `retry.on` matches."""
        return "error" if self.kind in _OWN else self.kind
