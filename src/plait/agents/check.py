"""What is wrong with the agents that a workflow wants, told before anything runs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from plait.agents import STEP_TYPES
from plait.agents.default_agent import default_agent
from plait.agents.invocation import (
    cannot_honour,
    find_executable,
    missing_executable,
    permission_used,
    permissions_hint,
)
from plait.agents.streams import UNPRICED
from plait.errors import EvaluationError
from plait.expressions import Template
from plait.model.inputs import AUTO
from plait.model.problems import Mark, Problem, Severity
from plait.model.workflow import PERMISSIONS
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from plait.agents.catalogue import Agents
    from plait.model.workflow import Permission, Step, Workflow

_ACP = "acp"


class AgentProblem(NamedTuple):
    """Something that keeps an agent from being used; `missing` tells that something only has to be put there.

    `field` is the key that the problem is about.
    """

    message: str
    hint: str = ""
    missing: bool = False
    field: str = "integration"


def agent_problems(
    agents: Agents,
    key: str,
    environ: Mapping[str, str],
    *,
    permission: Permission | None = None,
    speaks_acp: bool = False,
) -> list[AgentProblem]:
    """Return what is wrong with using an agent: unknown, without a command line, not installed, too free."""
    agent = agents.get(key)
    if agent is None:
        return [AgentProblem(f"there is no agent `{key}`", agents.hint_for(key))]
    found: list[AgentProblem] = []
    if find_executable(agent, environ) is None:
        message, hint = missing_executable(agent, environ)
        found.append(AgentProblem(message, hint, missing=agent.executable is not None))
    if agent.executable is None:
        return found
    if speaks_acp and not agent.acp:
        found.append(AgentProblem(f"agent `{key}` does not speak the Agent Client Protocol", "leave out `via: acp`"))
    if permission is not None and not speaks_acp:
        used = permission_used(agent, permission, environ)
        if used not in agent.permissions:
            found.append(AgentProblem(cannot_honour(agent, used), permissions_hint(agent)))
    return found


def check_workflow_agents(
    workflow: Workflow,
    agents: Agents,
    environ: Mapping[str, str],
    project_root: Path,
    inputs: Mapping[str, object] | None = None,
    *,
    forgive_missing: bool = False,
) -> list[Problem]:
    """Return what is wrong with the agents of a workflow's steps, each problem once, at the first step that has it.

    Agents are those named by steps and by the workflow, as text or as an expression of inputs alone; `inputs` are the
    run's, by default those declared. What only has to be installed is a warning where another agent may take over, or
    where a choice stands before the step; with `forgive_missing`, everywhere.
    """
    values = _declared(workflow) if inputs is None else dict(inputs)
    check = _Check(workflow, agents, environ, project_root, values)
    wanted: dict[AgentProblem, list[_Wanted]] = {}
    for step, chosen in _agent_steps(workflow):
        for problem, severity in check.of_step(step, chosen=chosen or forgive_missing):
            wanted.setdefault(problem, []).append(_Wanted(step, severity))
    return [_told(problem, steps) for problem, steps in wanted.items()]


class _Wanted(NamedTuple):
    """A step that has a problem, and how much it matters there."""

    step: Step
    severity: Severity


class _Check:
    """The agents of one workflow, looked at with what is known of the run."""

    def __init__(
        self,
        workflow: Workflow,
        agents: Agents,
        environ: Mapping[str, str],
        project_root: Path,
        inputs: Mapping[str, object],
    ) -> None:
        self._workflow = workflow
        self._agents = agents
        self._environ = environ
        self._project_root = project_root
        self._inputs = inputs
        self._steps = {step.order: step for step in workflow.walk()}

    def of_step(self, step: Step, *, chosen: bool) -> Iterator[tuple[AgentProblem, Severity]]:
        """Yield a step's problems and how much they matter; `chosen` tells that it may be left out."""
        config = step.config
        for found in self._of_fields(config):
            yield found, Severity.WARNING if found.missing and chosen else Severity.ERROR
        key = self._known(getattr(config, "integration", None)) or self._known(self._workflow.default_integration)
        if key is None and self._is_open(getattr(config, "integration", None)):
            return
        if key in (None, AUTO):
            key = default_agent(self._project_root)
        others = [name for name in self._fallback(step, key) if name is not None]
        if key is None:
            return
        speaks_acp = getattr(config, "via", "cli") == _ACP
        level = self._level(getattr(config, "permissions", None))
        has_path = "PATH" in step.settings.env or "PATH" in self._workflow.env
        stand_in = any(self._is_ready(name) for name in others)
        for name in (key, *others):
            for found in agent_problems(self._agents, name, self._environ, permission=level, speaks_acp=speaks_acp):
                if found.missing and has_path:
                    continue
                lenient = found.missing and (chosen or stand_in or name != key)
                yield found, Severity.WARNING if lenient else Severity.ERROR
            if not speaks_acp and self._is_unpriced(name) and self._has_dollars(step):
                message = f"agent `{name}` does not tell what a call costs, so it does not count for a budget in `usd`"
                yield AgentProblem(message, "limit its `tokens` or `minutes`, too"), Severity.WARNING

    def _of_fields(self, config: object) -> Iterator[AgentProblem]:
        """Yield what is wrong with fields, as far as the inputs and the project tell."""
        level = self._known(getattr(config, "permissions", None))
        if level is not None and level not in PERMISSIONS:
            message = f"`permissions` must be read, edit or full, not {level!r}"
            yield AgentProblem(message, suggestion(level, PERMISSIONS), field="permissions")
        written = getattr(config, "output_schema", None)
        if isinstance(written, str):
            folders = [self._workflow.path.parent] if self._workflow.path is not None else []
            places = list(dict.fromkeys(str(folder / written) for folder in (*folders, self._project_root)))
            if not any(map(os.path.isfile, places)):
                hint = f"looked for {' and '.join(places)}"
                message = f"`output_schema` names a file that does not exist: {written}"
                yield AgentProblem(message, hint, missing=True, field="output_schema")

    def _is_unpriced(self, key: str) -> bool:
        agent = self._agents.get(key)
        return agent is not None and agent.executable is not None and agent.format in UNPRICED

    def _has_dollars(self, step: Step) -> bool:
        """Whether a budget around a step counts dollars."""
        budgets: list[object] = [self._workflow.budget]
        here: Step | None = step
        while here is not None:
            budgets += [here.settings.budget, getattr(here.config, "item_budget", None)]
            here = None if here.parent is None else self._steps.get(here.parent)
        return any(getattr(budget, "usd", None) is not None for budget in budgets)

    def _fallback(self, step: Step, key: str | None) -> list[str | None]:
        written = getattr(step.config, "fallback", None)
        if written is not None:
            return [self._known(entry.agent) for entry in written]
        agent = self._agents.get(key or "")
        return list(agent.fallback) if agent else []

    def _is_ready(self, key: str) -> bool:
        agent = self._agents.get(key)
        return agent is not None and find_executable(agent, self._environ) is not None

    def _level(self, written: object) -> Permission | None:
        """Return the level a step asks for; None if only the run knows it."""
        if self._is_open(written) and self._known(written) is None:
            return None
        level = self._known(written) or self._workflow.permissions or self._agents.permissions or "edit"
        return level if level in PERMISSIONS else None

    def _known(self, value: object) -> str | None:
        """Return a field's text, if it can be told before the run."""
        if isinstance(value, str) and "{{" in value:
            value = Template.parse(value)
        if isinstance(value, Template):
            if any(reference.path[:1] != ("inputs",) for reference in value.references):
                return None
            try:
                value = value.evaluate({"inputs": self._inputs})
            except EvaluationError:
                return None
        return value if isinstance(value, str) and value else None

    @staticmethod
    def _is_open(value: object) -> bool:
        """Whether a field holds an expression, whose value may be known only while the workflow runs."""
        return isinstance(value, Template) and not value.is_literal


def _told(found: AgentProblem, wanted: list[_Wanted]) -> Problem:
    """Return a problem at the first of the steps that it matters most to."""
    first = next((each for each in wanted if each.severity is Severity.ERROR), wanted[0])
    more = f" and {len(wanted) - 1} more" if len(wanted) > 1 else ""
    lines = first.step.document.text.splitlines()
    mark = _place_of(first.step, lines, found.field)
    line = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
    value = re.match(r"""(["'])(?:(?!\1).)*\1|[^\s,}]+""", line[mark.column - 1 :])
    return Problem(
        f"step `{first.step.id}`{more}: {found.message}",
        first.step.document.name,
        mark,
        line,
        len(value[0]) if value else 1,
        found.hint,
        first.severity,
    )


def _agent_steps(workflow: Workflow) -> Iterator[tuple[Step, bool]]:
    """Yield the steps that an agent does, each with whether a choice stands before it."""
    doubtful = workflow.doubtful()
    for step in workflow.walk():
        if step.type.type_key in STEP_TYPES:
            yield step, step.order in doubtful


def _declared(workflow: Workflow) -> dict[str, object]:
    return {name: declared.default for name, declared in workflow.inputs.items() if declared.has_default}


def _place_of(step: Step, lines: list[str], field: str) -> Mark:
    """Return where a field of a step has its value, else where the step begins."""
    written = re.compile(rf"(?<![\w-]){field}:\s+(?=\S)")
    indent = step.mark.column - 1
    for number in range(step.mark.line, len(lines) + 1):
        line = lines[number - 1]
        body = line.strip()
        begun = number == step.mark.line
        if not begun and body and len(line) - len(line.lstrip()) < indent:
            break
        found = written.search(line, indent if begun else 0)
        if found:
            return Mark(number, found.end() + 1)
    return step.mark
