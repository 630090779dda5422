"""Which folder is the project."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from plait.errors import UsageError
from plait.user_folders import home_folder

_OVERRIDE = "SPECIFY_INIT_DIR"


def project_root(given: Path | None) -> Path:
    """Return the project's folder: the one given, `SPECIFY_INIT_DIR`, or the nearest upwards that holds `.specify`.

    Without one it is the current folder (ENV-01, FIL-20).
    """
    if given is not None:
        folder = given.expanduser()
        if not folder.is_dir():
            raise UsageError(f"the project folder {folder} does not exist")
        return folder.resolve()
    override = os.environ.get(_OVERRIDE, "").strip()
    if override:
        folder = Path(override).expanduser()
        if not (folder / ".specify").is_dir():
            raise UsageError(
                f"{_OVERRIDE} is {override!r}, which is not a project: it has no .specify folder",
                hint=f"unset {_OVERRIDE}, or set it to a folder that contains .specify",
            )
        return folder.resolve()
    return _nearest(Path.cwd())


def _nearest(here: Path) -> Path:
    """Return the folder of the project around `here`; what a user has in `~/.specify` does not make one of the home."""
    home = home_folder(os.environ)
    return next((folder for folder in (here, *here.parents) if (folder / ".specify").is_dir() and folder != home), here)


def recorded_project(given: Path | None) -> Path:
    """Return the project's folder, which must hold `.specify` (RES-01)."""
    root = project_root(given)
    if not (root / ".specify").is_dir():
        raise UsageError(
            f"{root} is not a project: it has no .specify folder",
            hint="go to the folder in which the workflow was run, or name it with --project",
        )
    return root


def command_suffix(given: Path | None) -> str:
    """Return what commands shown to the user need to find the same project."""
    return "" if given is None else f" --project {shlex.quote(str(given))}"
