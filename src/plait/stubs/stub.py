"""What answers for steps, and which of several answers counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from plait.load.nodes import Mapping as MappingNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.load.nodes import Node, Scalar
    from plait.model.spending import Spending

_WILD = "*?["


@dataclass(frozen=True, slots=True, eq=False)
class Stub:
    """The answer of a step: an output, a failure, or the choice at a gate.

    `delay` is in seconds; `failure` is a `plait.model.workflow.Failure`. `on_attempt` has other answers for single
    attempts, counted from 1. `key` is the word it stands under in its file, None for the answer for all others, and
    `node` its mapping there. `has_choice` tells a `choice` of null, which leaves a gate waiting, from none.
    """

    node: Node
    key: Scalar | None = None
    output: Mapping[str, object] = field(default_factory=dict)
    delay: float = 0.0
    error: str | None = None
    failure: str | None = None
    exit_code: int | None = None
    has_choice: bool = False
    choice: str | None = None
    comment: str | None = None
    spent: Spending | None = None
    on_attempt: Mapping[int, Stub] = field(default_factory=dict)

    def at(self, attempt: int) -> Stub:
        """Return the answer of an attempt."""
        return self.on_attempt.get(attempt, self)

    def place(self, name: str) -> Node:
        """Return the key of one of its fields in the file, or the nearest thing to it."""
        found = self.node.key(name) if isinstance(self.node, MappingNode) else None
        return found or self.key or self.node


class Recorded(NamedTuple):
    """What a recording says of its run: the workflow's id, a digest of all its text, and where that stands."""

    workflow: str
    digest: str
    place: Node


@dataclass(frozen=True)
class Stubs:
    """Answers by the ids of steps, or patterns of ids; `default` answers for all others.

    The id of an occurrence beats a pattern, a longer pattern a shorter one, and any pattern the plain id of a step,
    which stands for all its occurrences.
    """

    by_key: Mapping[str, Stub] = field(default_factory=dict)
    default: Stub | None = None
    recorded: Recorded | None = None

    def find(self, step_id: str) -> Stub | None:
        """Return what answers for an occurrence of a step; None if nothing does."""
        found = self.by_key.get(step_id)
        if found is not None:
            return found
        for pattern in self._patterns:
            if fnmatchcase(step_id, pattern):
                return self.by_key[pattern]
        return self.by_key.get(written_id(step_id), self.default)

    @cached_property
    def _patterns(self) -> list[str]:
        return sorted((key for key in self.by_key if is_pattern(key)), key=len, reverse=True)


def is_pattern(key: str) -> bool:
    """Whether a key may stand for several ids."""
    return any(character in key for character in _WILD)


def written_id(step_id: str) -> str:
    """Return the id that a step has in its file, of the id of one occurrence: `impl` of `fan:impl:3`."""
    parts = step_id.split(":")
    return next((part for part in reversed(parts) if not part.isdecimal()), step_id)
