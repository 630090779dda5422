"""How many cases a property is tried with: a few hundred, or 10,000 with `HYPOTHESIS_PROFILE=nightly`."""

from __future__ import annotations

import os

NIGHTLY = 10_000


def cases(usual: int) -> int:
    """Return how many cases to try where `usual` is enough for every day."""
    return max(usual, NIGHTLY) if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else usual
