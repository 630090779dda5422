"""The notices that a person and a project want of every run: `notify.yml` in their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.user_folders import config_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plait.model.notification import Notification

NAME = "notify.yml"


class Wanted(NamedTuple):
    """A notice, and the file that asks for it; None for the workflow itself."""

    notification: Notification
    file: Path | None = None


def project_file(project_root: Path) -> Path:
    """Return where the settings of a project may be."""
    return project_root / ".specify" / NAME


def wanted_by_settings(project_root: Path, environ: Mapping[str, str]) -> list[Wanted]:
    """Return what the settings ask for, the person's own first; raises `InvalidSettingsError` for a wrong file."""
    own = config_folder(environ) / NAME
    return [each for path in (own, project_file(project_root)) if path.exists() for each in wanted_by(path)]


def wanted_by(path: Path) -> list[Wanted]:
    """Return what one file asks for; raises `InvalidSettingsError` if it is wrong."""
    from plait.notify.settings_file import read_settings  # noqa: PLC0415 - few have such a file

    return [Wanted(each, path) for each in read_settings(path)]
