"""What a later attempt of the same occurrence needs to know, also after a crash."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.model.step_type import StepContext

_KEY = "agent"


@dataclass(slots=True)
class Memory:
    """Which agent is at work in which session, and how far the occurrence has come.

    `place` is the agent's place among the candidates; `ended` says why the latest attempt ended, and is empty while
    one is under way; `waits` counts the calls that ran into a limit that passes, `waited` the seconds that limits
    were waited for; `before` names the file that describes the repository before the first attempt; `used` are the
    tokens of the session so far, where the CLI counts these. `answer` is the latest answer of the attempt under way,
    which is paid for and must not be asked for again.
    """

    place: int = 0
    agent: str = ""
    session: str = ""
    ended: str = ""
    waits: int = 0
    waited: float = 0.0
    before: str = ""
    used: tuple[int, ...] = ()
    answer: dict[str, Any] | None = None

    @classmethod
    def of(cls, context: StepContext) -> Memory:
        """Return what an earlier attempt left, or an empty memory."""
        known = context.remembered(_KEY)
        if not isinstance(known, dict):
            return cls()
        names = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in known.items() if key in names})

    def keep(self, context: StepContext) -> None:
        """Journal it."""
        context.remember(_KEY, asdict(self))
