"""What the `step.yml` of a step package says."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import InvalidWorkflowError, UsageError
from plait.load.compose import compose_any
from plait.load.nodes import Mapping
from plait.load.source import read_source

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "step.yml"
CODE = "__init__.py"
_LONGEST_ID = 255
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029<>:"/\\|?*]')
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
_RESERVED = frozenset({".cache", "step-registry.json"})


class StepPackageError(UsageError):
    """A folder is not a step package; `path` is the file at fault and `line` the line in it, from 1."""

    def __init__(self, path: Path, reason: str, *, line: int = 1, type_key: str = "", hint: str = "") -> None:
        super().__init__(f"{path}:{line}: {reason}", hint=hint)
        self.path = path
        self.reason = reason
        self.line = line
        self.type_key = type_key


class StepManifest(NamedTuple):
    """What a package says of itself (CUS-01)."""

    type_key: str
    name: str
    version: str
    description: str
    author: str


def read_manifest(folder: Path) -> StepManifest:
    """Read the `step.yml` of a package; raises `StepPackageError` unless it and the code beside it are plain files."""
    path = require_file(folder, MANIFEST)
    try:
        source = read_source(path)
        root = compose_any(source)
    except InvalidWorkflowError as error:
        problem = error.problems[0]
        raise StepPackageError(path, problem.message, line=problem.mark.line) from None
    except OSError as error:
        raise StepPackageError(path, f"it cannot be read: {error.strerror}") from None
    node = root.get("step") if isinstance(root, Mapping) else None
    step = None if node is None else node.value
    line = 1 if node is None else source.mark(node.start).line
    if not isinstance(step, dict):
        raise StepPackageError(path, "it must have a mapping `step`", line=line)
    type_key = step.get("type_key")
    if not isinstance(type_key, str) or not type_key:
        raise StepPackageError(path, "`step.type_key` must be a text, the word after `type:`", line=line)
    if not type_key.isprintable() or type_key != type_key.strip():
        raise StepPackageError(path, f"`step.type_key` is {type_key!r}, which is no word", line=line)
    require_file(folder, CODE, type_key)
    texts = {key: _text(step.get(key)) for key in ("name", "version", "description", "author")}
    return StepManifest(type_key, texts["name"] or type_key, texts["version"], texts["description"], texts["author"])


def require_file(folder: Path, name: str, type_key: str = "") -> Path:
    """Return the path of a file of a package, which must be a file itself and no link (CUS-07)."""
    path = folder / name
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        reason = f"a step package has a file {name}" if missing else f"it cannot be read: {error.strerror}"
        raise StepPackageError(path, reason, type_key=type_key) from None
    if stat.S_ISLNK(mode):
        raise StepPackageError(path, "it is a symbolic link, which step packages must not be", type_key=type_key)
    if not stat.S_ISREG(mode):
        raise StepPackageError(path, "it is not a file", type_key=type_key)
    return path


def flaw_of_id(step_id: str) -> str:
    """Return why a text cannot be the name of a package's folder, on any system; empty if it can (STP-10)."""
    if not step_id or len(step_id.encode(errors="surrogatepass")) > _LONGEST_ID:
        return "it must have 1 to 255 bytes"
    if step_id.startswith(".") or step_id.casefold() in _RESERVED:
        return "it is a name that the folder of step types keeps for itself"
    if step_id.endswith((".", " ")) or step_id != step_id.strip():
        return "it must not begin or end with white space, or end with a dot"
    if _FORBIDDEN.search(step_id) or not step_id.isprintable():
        return "it has characters that the name of a folder must not have"
    if _DEVICE.fullmatch(step_id):
        return "Windows keeps this name for a device"
    return ""


def _text(value: object) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
