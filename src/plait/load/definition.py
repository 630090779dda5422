"""A workflow file as it was written, before anything but its YAML has been checked."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.load.compose import compose
from plait.load.nodes import Scalar
from plait.load.source import Source, read_source
from plait.load.yaml_text import to_yaml

if TYPE_CHECKING:
    from plait.load.nodes import Mapping
    from plait.model.problems import Problem

DEFAULT_SCHEMA_VERSION = "1.0"
DEFAULT_VERSION = "0.0.0"


class WorkflowDefinition:
    """A workflow file: its text and the plain data it stands for (API-01).

    The attributes never raise: a value of the wrong shape reads as its default, and `load_workflow` reports it.
    `root` is the tree, each of whose nodes knows its own source; `source` is that of the file. `notes` are complaints
    about other files that have a part in it, none of which refuses it.
    """

    def __init__(self, source: Source, source_path: Path | None = None, root: Mapping | None = None) -> None:
        self.notes: tuple[Problem, ...] = ()
        self.source = source
        self.source_path = source_path
        self._is_changed = root is not None
        self.root: Mapping = compose(source) if root is None else root

    @classmethod
    def from_yaml(cls, path: Path | str) -> WorkflowDefinition:
        """Read a file.

        Raises `InvalidWorkflowError` if it is not YAML, not UTF-8 or not a mapping, `OSError` if it cannot be read.
        """
        path = Path(path)
        return cls(read_source(path), path)

    @classmethod
    def from_string(cls, text: str, *, source: str = "<string>") -> WorkflowDefinition:
        """Read a text, which problems call `source`; raises `InvalidWorkflowError` as `from_yaml` does."""
        return cls(Source(text, source))

    def changed_to(self, root: Mapping, notes: tuple[Problem, ...] = ()) -> WorkflowDefinition:
        """Return the same file with another tree, which may have nodes of other files."""
        changed = WorkflowDefinition(self.source, self.source_path, root)
        changed.notes = notes
        return changed

    @cached_property
    def text(self) -> str:
        """The YAML text itself; for a tree that is in no file, the text written for it."""
        return self.to_yaml() if self._is_changed else self.source.text

    @property
    def data(self) -> dict[Any, Any]:
        """Everything the file says, as plain data; not to be changed."""
        return self.root.value

    @property
    def schema_version(self) -> str:
        """The version of the format, as text, so that an unquoted 1.0 is right too (DEF-02)."""
        node = self.root.get("schema_version")
        return node.text if isinstance(node, Scalar) else DEFAULT_SCHEMA_VERSION

    @cached_property
    def _header(self) -> dict[Any, Any]:
        return self._mapping("workflow")

    @property
    def id(self) -> str:
        """The workflow's id."""
        return _text(self._header.get("id"))

    @property
    def name(self) -> str:
        """The name shown to people."""
        return _text(self._header.get("name"))

    @property
    def version(self) -> str:
        """The workflow's own version, `X.Y.Z`."""
        return _text(self._header.get("version", DEFAULT_VERSION))

    @property
    def author(self) -> str:
        """Who wrote it."""
        return _text(self._header.get("author"))

    @property
    def description(self) -> str:
        """What it is for."""
        return _text(self._header.get("description"))

    @property
    def default_integration(self) -> str | None:
        """The agent of steps that name none."""
        value = self._header.get("integration")
        return value if isinstance(value, str) else None

    @property
    def default_model(self) -> str | None:
        """The model of steps that name none."""
        value = self._header.get("model")
        return value if isinstance(value, str) else None

    @property
    def default_options(self) -> dict[Any, Any]:
        """Options of every command step."""
        value = self._header.get("options")
        return value if isinstance(value, dict) else {}

    @property
    def requires(self) -> dict[Any, Any]:
        """What the workflow says it needs (REQ-04: never enforced)."""
        return self._mapping("requires")

    @property
    def inputs(self) -> dict[Any, Any]:
        """The declarations of inputs as written."""
        return self._mapping("inputs")

    @property
    def steps(self) -> list[Any]:
        """The steps as written."""
        value = self.data.get("steps")
        return value if isinstance(value, list) else []

    def to_yaml(self) -> str:
        """Return the same data as tidy YAML, keys in their order, that reads alike under YAML 1.1 and 1.2."""
        return to_yaml(self.data)

    def _mapping(self, key: str) -> dict[Any, Any]:
        value = self.data.get(key)
        return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return "" if value is None else str(value)
