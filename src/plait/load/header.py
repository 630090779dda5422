"""Everything in a workflow file that is not a step or an input (DEF-01..10, REQ-01..03)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, StrictInt, StrictStr, ValidationError, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from plait.errors import ExpressionError
from plait.expressions import Template
from plait.load.config_facts import facts_of
from plait.load.file_fields import ID, REQUIRES_FIELDS, SCHEMA_VERSION, TOP_FIELDS, VERSION, WORKFLOW_FIELDS
from plait.load.messages import Subject, report
from plait.load.nodes import Mapping, Node, Scalar
from plait.load.notify_fields import Notify
from plait.load.settings import Environment, Outputs
from plait.load.steps import plain
from plait.model.budget_fields import BudgetFields
from plait.model.fields import EXPRESSION, StepConfig, Text
from plait.model.problems import Severity
from plait.model.workflow import AgentLimits, Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from collections.abc import Mapping as MappingABC
    from typing import Self

    from plait.load.findings import Findings, Path

_WORKFLOW_KEYS = tuple(WORKFLOW_FIELDS)
_REQUIRES_KEYS = tuple(REQUIRES_FIELDS)
_ID = re.compile(ID)
_VERSION = re.compile(VERSION)


class LimitsFields(StepConfig):
    """What `agents:` says of one agent: how much of it may be used at once."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    max_concurrency: Annotated[StrictInt, Field(ge=1)] | None = Field(
        None, description="How many calls of the agent may be under way at once.", examples=[3]
    )
    per_minute: Annotated[StrictInt, Field(ge=1)] | None = Field(
        None, description="How many calls of the agent may begin in a minute.", examples=[20]
    )

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.max_concurrency is None and self.per_minute is None:
            raise PydanticCustomError("limits", "needs `max_concurrency` or `per_minute`")
        return self


_MaxParallel = Annotated[
    Annotated[StrictInt, Field(ge=1)] | Text,
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "minimum": 1,
            "pattern": EXPRESSION,
            "errorMessage": "must be a whole number of at least 1, or an expression",
        }
    ),
]


class TopFields(StepConfig):
    """The fields of a whole workflow that are like those of a step."""

    outputs: Outputs | None = Field(
        None,
        description="What the workflow comes to: values by name, evaluated when all steps have completed.",
        examples=[{"files": "{{ steps.count.output.data }}"}],
    )
    env: Environment | None = Field(
        None,
        description="Environment variables for every command. A value is text, a number, a boolean, or "
        "`{secret: NAME}`; expressions are evaluated.",
        examples=[{"TOKEN": {"secret": "RELEASE_TOKEN"}}],
    )
    max_parallel: _MaxParallel | None = Field(
        None,
        description="How many steps may execute at once in the whole run: a whole number, or an expression.",
        examples=[4],
    )
    permissions: Permission | None = Field(
        None,
        description="What agents may do in steps that say nothing of their own: `read`, `edit` or `full`. Without it "
        "that of the settings, else `edit`.",
    )
    agents: dict[StrictStr, LimitsFields] | None = Field(
        None,
        description="By agent, how much of it may be used at once, over all runs on the machine.",
        examples=[{"claude": {"max_concurrency": 3}}],
    )
    budget: BudgetFields | None = Field(
        None,
        description="The most that a run may spend on agents; then it pauses, and a resume may raise it.",
        examples=[{"usd": 5, "minutes": 90}],
    )
    notify: Notify | None = Field(
        None,
        description="Whom to tell when the run pauses, fails or ends: one entry, or a list of them. Told are the run's"
        " id, its status, what waits and its error; not its inputs, and its outputs only if an entry asks for them.",
        examples=[[{"on": ["paused", "failed"], "desktop": True}]],
    )


TOP_KEYS = (*TOP_FIELDS, *TopFields.model_fields)


def read_top(root: Mapping, findings: Findings) -> dict[str, Any]:
    """Return the fields of `Workflow` that stand at the top of the file or under `workflow:`."""
    findings.check_keys(root, TOP_KEYS, "a workflow file")
    _check_schema_version(root, findings)
    values = _read_header(root, findings)
    values["requires"] = _read_requires(root, findings)
    values.update(_read_expressions(root, findings))
    return values


def _check_schema_version(root: Mapping, findings: Findings) -> None:
    node = root.get("schema_version")
    if node is not None and not (isinstance(node, Scalar) and node.text == SCHEMA_VERSION):
        target = node if isinstance(node, Scalar) else root.key("schema_version") or node
        findings.add(target, f'`schema_version` must be "{SCHEMA_VERSION}"', ("schema_version",))


def _read_header(root: Mapping, findings: Findings) -> dict[str, Any]:
    node = root.get("workflow")
    if not isinstance(node, Mapping):
        target = root.key("workflow") or root
        text = "`workflow` is required" if node is None else "`workflow` must be a mapping"
        findings.add(target, text, ("workflow",), hint="it holds the workflow's `id` and `name`")
        return {}
    findings.check_keys(node, _WORKFLOW_KEYS, "`workflow`", ("workflow",))
    header = _Header(node, findings)
    return {
        "id": header.text("id", required=True, pattern=_ID, words="lower-case letters, digits and inner hyphens"),
        "name": header.text("name", required=True),
        "version": header.text("version", pattern=_VERSION, words='text such as "1.2.0"') or "0.0.0",
        "author": header.free("author"),
        "description": header.free("description"),
        "default_integration": header.text("integration"),
        "default_model": header.text("model"),
        "default_options": header.mapping("options"),
    }


class _Header:
    """Reads the values under `workflow:`."""

    def __init__(self, node: Mapping, findings: Findings) -> None:
        self.node = node
        self.findings = findings

    def free(self, key: str) -> str:
        node = self.node.get(key)
        if isinstance(node, Scalar):
            return "" if node.value is None else node.text
        return "" if node is None else str(node.value)

    def text(
        self, key: str, *, required: bool = False, pattern: re.Pattern[str] | None = None, words: str = "text"
    ) -> str | None:
        node = self.node.get(key)
        path: Path = ("workflow", key)
        if node is None or (isinstance(node, Scalar) and (node.value is None or (required and not node.text))):
            if required:
                self.findings.add(self.node.key(key) or self.node, f"`{key}` is required", path)
            elif node is not None and pattern is not None:
                self.findings.add(self.node.key(key) or node, f"`{key}` must be {words}", path)
            return None
        if not isinstance(node, Scalar):
            self.findings.add(self.node.key(key) or node, f"`{key}` must be {words}", path)
            return None
        if not isinstance(node.value, str):
            hint = f'put quotes around it: "{node.text}"'
            self.findings.add(node, f"`{key}` must be {words}", path, hint=hint if words == "text" else "")
        elif pattern is not None and not pattern.fullmatch(node.text):
            self.findings.add(node, f"`{key}` must be {words}", path)
        return node.text

    def mapping(self, key: str) -> MappingABC[str, object]:
        node = self.node.get(key)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Mapping):
            target = node if isinstance(node, Scalar) else self.node.key(key) or node
            self.findings.add(target, f"`{key}` must be a mapping", ("workflow", key))
            return {}
        return {str(name): value for name, value in node.value.items()}


def _read_requires(root: Mapping, findings: Findings) -> MappingABC[str, object]:
    node = root.get("requires")
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        findings.add(root.key("requires") or node, "`requires` must be a mapping", ("requires",))
        return {}
    for key, _ in node.entries:
        path: Path = ("requires", key.text)
        if key.text == "permissions":
            message = "`permissions` cannot be required: steps run with the rights of whoever runs the workflow"
            findings.add(
                key, message, path, hint="remove it; `permissions` at the top of the file says what agents may do"
            )
        elif key.text not in _REQUIRES_KEYS:
            known = " and ".join(f"`{each}`" for each in _REQUIRES_KEYS)
            findings.add(key, f"unknown key `{key.text}` in `requires`, which knows {known}", path)
    return {str(name): value for name, value in node.value.items()}


def _read_expressions(root: Mapping, findings: Findings) -> dict[str, Any]:
    facts = facts_of(TopFields)
    found: dict[str, Any] = {}
    for key, node in root.by_name().items():
        if key not in facts.fields:
            continue
        try:
            found[key] = getattr(TopFields.model_validate({key: plain(node, facts.fields[key])}), key)
        except ValidationError as error:
            report(error, Subject(facts, root), findings)
    limit = found.get("max_parallel")
    if isinstance(limit, Template) and limit.single is None:
        node = root.get("max_parallel") or root
        findings.add(node, f"`max_parallel` must be {facts.fields['max_parallel'].phrase}", ("max_parallel",))
    return {
        "outputs": found.get("outputs") or {},
        "env": found.get("env") or {},
        "max_parallel": limit,
        "permissions": found.get("permissions"),
        "limits": {
            name: AgentLimits(limits.max_concurrency, limits.per_minute)
            for name, limits in (found.get("agents") or {}).items()
        },
        "budget": budget.as_budget() if (budget := found.get("budget")) else None,
        "notify": tuple(entry.as_notification() for entry in found.get("notify") or ()),
    }


def check_agent_names(root: Mapping, known: Callable[[], Collection[str]], findings: Findings) -> None:
    """Warn of limits for agents that are not `known`: they limit nothing."""
    node = root.get("agents")
    if not isinstance(node, Mapping):
        return
    names = known()
    for key, _ in node.entries:
        if key.text not in names:
            message = f"there is no agent `{key.text}`, so this limits nothing"
            hint = findings.guess(key.text, names) or "`plait agents list` shows them"
            findings.add(key, message, ("agents", key.text), hint=hint, severity=Severity.WARNING)


def default_templates(values: MappingABC[str, Any], root: Mapping, findings: Findings) -> dict[Path, Template]:
    """Compile the expressions among the defaults under `workflow:`, which steps evaluate when they use them."""
    found: dict[Path, Template] = {}
    for field, key in (("default_integration", "integration"), ("default_model", "model")):
        text = values.get(field)
        header = root.get("workflow")
        node: Node | None = header.get(key) if isinstance(header, Mapping) else None
        if isinstance(text, str) and "{{" in text and node is not None:
            try:
                found["workflow", key] = Template.parse(text)
            except ExpressionError as error:
                findings.add_expression_error(node, error, ("workflow", key))
    return found
