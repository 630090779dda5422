"""A secret as a workflow file names it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is looked up when a step begins, by its name; with `file` it is the content of that file.

    It never holds the value itself, so it may be shown, compared and copied like anything else in a workflow.
    """

    name: str
    file: str | None = None
