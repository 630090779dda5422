"""Where a person's own settings and state are: the folders of the XDG Base Directory specification."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the person's settings; it need not exist."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config")


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of what is kept for the person between runs; it need not exist."""
    return _folder(environ, "XDG_STATE_HOME", ".local/state")


def _folder(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    configured = Path(environ.get(variable, ""))
    # A relative path is to be taken for none, the specification says.
    folder = configured if configured.is_absolute() else home_folder(environ) / usual
    return folder / "plait"


def home_folder(environ: Mapping[str, str]) -> Path:
    """Return the person's home; somebody without one is no error here."""
    return Path(environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
