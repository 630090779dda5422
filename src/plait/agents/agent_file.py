"""A file of agents: the package's own, the user's or the project's; read and checked."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from plait.agents.fields import AGENT, Misfit, read_table
from plait.errors import UsageError
from plait.model.workflow import PERMISSIONS
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST = 1 << 20
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class AgentFile(NamedTuple):
    """What a file says: the fields it gives by agent, and the permissions of steps that say nothing of their own."""

    agents: Mapping[str, Mapping[str, object]] = {}
    permissions: str | None = None


class FileStamp(NamedTuple):
    """Tells one state of a file from another."""

    inode: int
    size: int
    changed: int


def stamp_of(path: Path) -> FileStamp | None:
    """Return the state a file is in, or None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return FileStamp(status.st_ino, status.st_size, status.st_mtime_ns)


def read_agent_file(path: Path) -> AgentFile:
    """Read a file of agents; one that is not there says nothing. Raises `UsageError` for what is wrong in it."""
    stamp = stamp_of(path)
    return AgentFile() if stamp is None else _read(path, stamp)


@lru_cache(maxsize=64)
def _read(path: Path, stamp: FileStamp) -> AgentFile:
    if not path.is_file() or stamp.size > _LARGEST:
        raise UsageError(f"{path} is no file of agents", hint="it must be a plain file of at most 1 MiB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_toml_message(path, str(error), text)) from error
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply") from error
    try:
        return _checked(document)
    except Misfit as misfit:
        raise UsageError(f"{path}:{line_of(text, misfit.keys)}: {misfit}", hint=misfit.hint) from misfit


def _checked(document: Mapping[str, object]) -> AgentFile:
    agents: dict[str, Mapping[str, object]] = {}
    permissions = None
    for key, value in document.items():
        if key == "permissions":
            if value not in PERMISSIONS:
                raise Misfit("`permissions` is `read`, `edit` or `full`", (key,), suggestion(str(value), PERMISSIONS))
            permissions = str(value)
        elif not isinstance(value, dict):
            hint = suggestion(key, ("permissions",)) or f"settings of an agent stand in a table, [{key}]"
            raise Misfit(f"`{key}` is not a setting", (key,), hint)
        elif not _KEY.fullmatch(key):
            raise Misfit(f"`{key}` is no name for an agent", (key,), "letters, digits and `-` make one")
        else:
            agents[key] = read_table(value, AGENT, (key,))
    return AgentFile(agents, permissions)


def _toml_message(path: Path, message: str, text: str) -> str:
    """Say where TOML went wrong, as other messages do."""
    found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    what = message[: found.start()] if found else message
    line, column = (found[1], found[2]) if found and found[1] else (text.count("\n") + 1, 1)
    return f"{path}:{line}:{column}: {what[:1].lower()}{what[1:]}"


def place_of(path: Path, keys: tuple[str, ...]) -> str:
    """Return a file and the line in it that sets a key, as messages name them."""
    return f"{path}:{line_of(path.read_text(encoding='utf-8-sig'), keys)}"


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """Return the line on which a key is set, as near as can be told without positions from the parser."""
    best, depth = 1, 0
    table: tuple[str, ...] = ()
    here: tuple[str, ...]
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header:
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            here = table
        else:
            name, equals, _ = line.partition("=")
            here = (*table, *(part.strip().strip("\"'") for part in name.split("."))) if equals else ()
        if here and len(here) > depth and keys[: len(here)] == here:
            best, depth = number, len(here)
    return best
