"""Which agent a project works with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

INTEGRATION = ".specify/integration.json"


def default_agent(project_root: Path) -> str | None:
    """Return the project's default agent as `.specify/integration.json` names it; None where it is not known."""
    try:
        data = json.loads((project_root / INTEGRATION).read_bytes())
    except (OSError, ValueError):
        return None
    value = data.get("default_integration") or data.get("integration") if isinstance(data, dict) else None
    return value if isinstance(value, str) and value else None
