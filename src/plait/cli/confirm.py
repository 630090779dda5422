"""Asking before something is installed or run."""

from __future__ import annotations

import click

from plait.errors import UsageError


def agreed(question: str, *, yes: bool) -> bool:
    """Return whether somebody agrees; `--yes` does. Raises `UsageError` if nobody is there to be asked."""
    if yes:
        return True
    try:
        return click.confirm(question, err=True)
    except click.Abort as stop:
        if isinstance(stop.__context__, EOFError):
            raise UsageError("nobody is there to be asked", hint="`--yes` agrees beforehand") from None
        raise
