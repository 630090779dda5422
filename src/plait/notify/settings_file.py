"""Reading a `notify.yml`: the same block as in a workflow, in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from plait.errors import InvalidWorkflowError, PlaitError, UsageError
from plait.load.config_facts import facts_of
from plait.load.definition import WorkflowDefinition
from plait.load.findings import Findings
from plait.load.messages import Subject, report
from plait.load.notify_fields import Notify
from plait.load.steps import plain
from plait.model.fields import StepConfig

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plait.load.config_facts import FieldFacts
    from plait.load.nodes import Node
    from plait.model.notification import Notification
    from plait.model.problems import Problem


class InvalidSettingsError(InvalidWorkflowError):
    """A file of notices that cannot be used; `problems` say where and why."""

    def __init__(self, problems: Sequence[Problem], path: Path) -> None:
        super().__init__(problems)
        errors = sum(1 for problem in problems if problem.is_error)
        PlaitError.__init__(self, f"the notices in {path} cannot be used: {errors} error{'s' * (errors != 1)}")


class _SettingsFields(StepConfig):
    notify: Notify


def read_settings(path: Path) -> tuple[Notification, ...]:
    """Return the notices that a file asks for.

    Raises `InvalidSettingsError` with all that is wrong with it, `UsageError` if it cannot be read.
    """
    try:
        definition = WorkflowDefinition.from_yaml(path)
    except InvalidWorkflowError as error:
        raise InvalidSettingsError(error.problems, path) from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    findings = Findings(definition.source)
    facts, root = facts_of(_SettingsFields), definition.root
    found, settings = root.by_name().items(), None
    try:
        settings = _SettingsFields.model_validate({key: _plain(node, facts.fields.get(key)) for key, node in found})
    except ValidationError as error:
        report(error, Subject(facts, root), findings)
    if settings is None or findings.has_errors:
        raise InvalidSettingsError(findings.problems, path)
    return tuple(entry.as_notification() for entry in settings.notify)


def _plain(node: Node, facts: FieldFacts | None) -> object:
    return node.value if facts is None else plain(node, facts)
