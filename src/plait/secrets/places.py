"""The places that hold the values of secrets: the secrets files and the system's keyring."""

from __future__ import annotations

import importlib
import os
import stat
from typing import TYPE_CHECKING, Any

from plait.errors import PlaitError
from plait.user_folders import config_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SERVICE = "plait"
"""The name under which the keyring holds Plait's secrets."""
_OF_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
_SHORTEST_QUOTED = 2


def project_file(project_root: Path) -> Path:
    """Return the path of a project's own secrets file."""
    return project_root / ".specify" / "secrets.env"


def user_file(environment: Mapping[str, str]) -> Path:
    """Return the path of the secrets file of the person who runs this."""
    return config_folder(environment) / "secrets.env"


def read_secrets_file(path: Path) -> dict[str, str]:
    """Return the values in a file of lines `NAME=VALUE`; none if there is no such file.

    Raises `PlaitError` for a file that others may read or write, and for a line of another form.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & _OF_OTHERS:
                raise PlaitError(
                    f"the secrets file {path} is open to others (its mode is {mode:04o}); run `chmod 600 {path}`"
                )
            return dict(_entries(path, file.read()))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise PlaitError(f"the secrets file {path} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError:
        raise PlaitError(f"the secrets file {path} is not UTF-8 text") from None


def _entries(path: Path, text: str) -> list[tuple[str, str]]:
    entries = []
    for number, line in enumerate(text.split("\n"), 1):
        written = line.strip().removeprefix("export ").strip()
        if not written or written.startswith("#"):
            continue
        name, separator, value = (part.strip() for part in written.partition("="))
        if not separator or not name:
            raise PlaitError(f"line {number} of the secrets file {path} is not NAME=VALUE")
        if len(value) >= _SHORTEST_QUOTED and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        entries.append((name, value))
    return entries


def read_whole_file(path: Path) -> str:
    """Return the text of a file without the newline at its end; raise `PlaitError` if there is none to read."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise PlaitError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError:
        raise PlaitError(f"{path} is not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


class Keyring:
    """The system's keyring, through the package `keyring` if that is installed."""

    def __init__(self) -> None:
        self.trouble = ""
        """Why the latest look into it gave nothing, if there is a reason besides the name not being there."""

    def get(self, name: str) -> str | None:
        """Return the password stored for the service `plait` under this name, or None."""
        try:
            module: Any = importlib.import_module("keyring")
        except ImportError:
            self.trouble = "the package `keyring` is not installed: `pip install plait[keyring]`"
            return None
        try:
            found = module.get_password(SERVICE, name)
        except Exception as error:  # noqa: BLE001 - backends are other people's code, and raise what they like
            self.trouble = " ".join(str(error).split()) or type(error).__name__
            return None
        self.trouble = ""
        return None if found is None else str(found)
