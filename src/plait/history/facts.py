"""What can be said of a step of a run, one fact at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fact(NamedTuple):
    """One thing that is known of a step: its `kind`, when it was so, and the values that go with it.

    `at` is in seconds since the epoch, None for what has no time of its own. Which values a kind has is said in
    `views/sentences.py`, which words them.
    """

    kind: str
    at: float | None
    values: Mapping[str, Any]


class Explanation(NamedTuple):
    """Why one occurrence of a step came to be as it is; `facts` are in the order of time.

    `status` is the step's, `forgotten`, or `not begun`. `others` are the other occurrences of the same step that the
    name asked for could mean.
    """

    step_id: str
    type: str | None
    name: str | None
    status: str
    facts: tuple[Fact, ...]
    others: tuple[str, ...] = ()
