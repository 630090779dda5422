"""The options of a dry run, and the folder that it keeps its run in."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import UsageError
from plait.journal.folder import describe, write_atomically
from plait.views.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.api import WorkflowEngine
    from plait.journal import RunState
    from plait.load import WorkflowDefinition
    from plait.stubs import Rehearsal, Stub


class DryRun(NamedTuple):
    """What was asked for: whether to run dry, the stub file, the answer for all others, and the file to record to."""

    wanted: bool = False
    stubs: Path | None = None
    default: str | None = None
    record: Path | None = None

    def check(self) -> None:
        """Refuse options that do not fit together, and a recording that could not be written."""
        if not self.wanted and (self.stubs is not None or self.default is not None):
            name = "--stubs" if self.stubs is not None else "--default-stub"
            raise UsageError(f"{name} is for a dry run", hint="add --dry-run")
        if self.record is not None and (self.record.is_dir() or not self.record.parent.is_dir()):
            problem = "it is a folder" if self.record.is_dir() else f"there is no folder {self.record.parent}"
            raise UsageError(f"cannot record to {self.record}: {problem}")

    @contextmanager
    def rehearsal(self) -> Iterator[Rehearsal | None]:
        """Yield what makes a run a dry one, None for a real run; its folder goes when it is over."""
        if not self.wanted:
            yield None
            return
        import tempfile  # noqa: PLC0415 - only for a dry run

        from plait.stubs import Rehearsal, Stubs, merged, read_stubs  # noqa: PLC0415 - only for a dry run

        layers = [] if self.stubs is None else [read_stubs(self.stubs)]
        if self.default is not None:
            layers.append(Stubs(default=_default(self.default)))
        with tempfile.TemporaryDirectory(prefix="plait-dry-run-", ignore_cleanup_errors=True) as folder:
            yield Rehearsal(merged(layers), Path(folder), tells=True)

    def keep(self, engine: WorkflowEngine, definition: WorkflowDefinition, state: RunState) -> str:
        """Write the stubs that repeat a run; return a line that says so, empty if nothing was asked for."""
        if self.record is None:
            return ""
        text, count = engine.recorded_stubs(definition, state)
        write_atomically(self.record, text.encode())
        return f"recorded {plural(count, 'stub')} in {self.record}"


def _default(text: str) -> Stub:
    """Return the answer that an option means: the word `ok`, a stub as a mapping, or the path of such a file."""
    from plait.stubs import plain_answer  # noqa: PLC0415 - only for a dry run

    path = Path(text)
    if not text.lstrip().startswith("{") and path.suffix.lower() in (".yml", ".yaml", ".json"):
        try:
            return plain_answer(path.read_text(encoding="utf-8"), text)
        except OSError as error:
            raise UsageError(f"cannot read the default stub: {describe(error)}") from error
        except UnicodeDecodeError:
            raise UsageError(f"cannot read the default stub: {text} is not UTF-8") from None
    return plain_answer(text, "--default-stub")
