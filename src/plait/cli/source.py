"""Reading what the user named as a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.errors import UsageError
from plait.journal.folder import describe

if TYPE_CHECKING:
    from plait.api import WorkflowEngine
    from plait.load import WorkflowDefinition


def is_address(source: str) -> bool:
    """Whether a source is to be downloaded."""
    return source.lower().startswith(("http://", "https://"))


def read_local_workflow(engine: WorkflowEngine, source: str) -> WorkflowDefinition:
    """Read a workflow as `read_workflow` does, for a command that downloads nothing."""
    if is_address(source):
        raise UsageError(
            "this reads files and installed workflows, not addresses", hint=f"`plait add {source}` installs it"
        )
    return read_workflow(engine, source)


def read_workflow(engine: WorkflowEngine, source: str) -> WorkflowDefinition:
    """Read a workflow file or an installed workflow; a file that cannot be read is the user's to mend."""
    try:
        return engine.load_workflow(source)
    except OSError as error:
        raise UsageError(f"cannot read the workflow: {describe(error)}") from error
