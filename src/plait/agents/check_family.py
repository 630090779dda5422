"""What is wrong with the agents of a workflow and of those that it calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plait.agents.check import check_workflow_agents
from plait.model.fields import StepConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from plait.agents.catalogue import Agents
    from plait.model.problems import Problem
    from plait.model.workflow import Workflow


def check_family_agents(
    workflow: Workflow,
    agents: Agents,
    environ: Mapping[str, str],
    project_root: Path,
    inputs: Mapping[str, object],
    *,
    forgive_missing: bool = False,
) -> list[Problem]:
    """Return what `check_workflow_agents` finds in a workflow, run with these inputs, and in all that it calls.

    Of a called workflow only those inputs are known that no step gives a value to.
    """
    family = workflow.family()
    found: list[Problem] = []
    for each in family:
        own = each.default_integration or workflow.default_integration
        agent = own if each is workflow or own is None or "{{" not in own or each.default_integration else None
        found += check_workflow_agents(
            replace(each, default_integration=agent, permissions=each.permissions or workflow.permissions),
            agents,
            environ,
            project_root,
            inputs if each is workflow else _settled_inputs(each, family),
            forgive_missing=forgive_missing,
        )
    return found


def _settled_inputs(called: Workflow, family: Sequence[Workflow]) -> dict[str, object]:
    """Return the inputs of a called workflow that have their default wherever it is called."""
    given: set[str] = set()
    for each in family:
        for step in each.walk():
            named = step.config.calls() if isinstance(step.config, StepConfig) else None
            if named is not None and each.calls.get(named[1]) is called:
                given.update(getattr(step.config, "input", ()))
    return {
        name: declared.default for name, declared in called.inputs.items() if declared.has_default and name not in given
    }
