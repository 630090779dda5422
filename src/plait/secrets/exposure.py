"""Whether a project's secrets could be committed by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.secrets.places import project_file

if TYPE_CHECKING:
    from pathlib import Path

_NOT_IGNORED = 1
_PATIENCE = 5.0


def exposed_file(project_root: Path) -> Path | None:
    """Return the project's secrets file if it is in a git repository that does not ignore it."""
    path = project_file(project_root)
    if not path.is_file():
        return None
    import subprocess  # noqa: PLC0415 - few projects have such a file

    try:
        asked = subprocess.run(
            ["git", "check-ignore", "--quiet", str(path)],  # noqa: S607 - whichever git the person uses
            cwd=project_root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return path if asked.returncode == _NOT_IGNORED else None
