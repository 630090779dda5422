"""Why a notice did not arrive."""

from __future__ import annotations

from plait.errors import PlaitError


class UndeliveredError(PlaitError):
    """A notice could not be delivered; the message says why, and is safe to show."""


class NoDesktopError(UndeliveredError):
    """There is no desktop here to show a notice on."""
