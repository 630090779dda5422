"""What the steps of a workflow see before it runs, and what the workflow says for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from plait.errors import InputError
from plait.expressions.partial import NOTHING_KNOWN, PartlyKnown, UnknownValueError
from plait.journal.values import as_json
from plait.model.fields import parse_value
from plait.model.inputs import resolve_inputs
from plait.model.workflow import AgentLimits
from plait.preview.plan import InputPlan
from plait.preview.values import resolve_value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from plait.expressions.partial import Resolved
    from plait.model.workflow import Input, Permission, Workflow

_NOT_IN_ITEMS: Mapping[str, object] = {"item": None, "item_index": None}
_ITEM = tuple(_NOT_IN_ITEMS)


@dataclass(frozen=True, slots=True)
class Around:
    """A workflow at work: what the expressions of its steps can see, and the agent and model that it names.

    `limits` are those of the workflow and of all around it, the strictest of each agent.
    """

    workflow: Workflow
    scope: Mapping[str, object]
    integration: Resolved
    model: Resolved
    permissions: Permission | None
    limits: Mapping[str, AgentLimits]

    def inside_item(self) -> Around:
        """Return the same for the steps of a fan-out's body, which the item is known to only when it runs."""
        return replace(self, scope=_with(self.scope, {}, _ITEM))

    def at_the_end(self) -> Around:
        """Return the same for the steps of `finally`, which see how the run ended."""
        return replace(self, scope=_with(self.scope, {}, ("run",)))

    def input(self, name: str) -> object:
        """Return the value of an input, null for one that is not known."""
        inputs: Any = self.scope["inputs"]
        try:
            return inputs.get(name)
        except UnknownValueError:
            return None

    def gathering(self) -> Mapping[str, object]:
        """Return the scope of the `output` of a fan-in."""
        return _with(self.scope, {}, ("fan_in",))


def outermost(workflow: Workflow, inputs: Mapping[str, object], missing: Collection[str]) -> Around:
    """Return what the steps of the workflow that is run see; `missing` are inputs whose values are not known."""
    scope = _scope(workflow, inputs, missing)
    return Around(
        workflow,
        scope,
        resolve_value(parse_value(workflow.default_integration), scope),
        resolve_value(parse_value(workflow.default_model), scope),
        workflow.permissions,
        workflow.limits,
    )


def calling(
    outer: Around, called: Workflow, given: Mapping[str, Resolved], auto: str | None
) -> tuple[Around, tuple[InputPlan, ...], str | None]:
    """Return what the steps of a called workflow see, its inputs, and what is wrong with them."""
    missing = {name for name, value in given.items() if not value.is_known}
    plain = {name: as_json(value.value) for name, value in given.items() if name not in missing}
    values, plans, trouble = known_inputs(
        called.inputs, {name: value for name, value in plain.items() if value is not None}, missing, auto
    )
    scope = _scope(called, values, {each.name for each in plans if each.source == "missing"} | missing)
    around = Around(
        called,
        scope,
        resolve_value(parse_value(called.default_integration), scope)
        if called.default_integration
        else outer.integration,
        resolve_value(parse_value(called.default_model), scope) if called.default_model else outer.model,
        called.permissions or outer.permissions,
        strictest(outer.limits, called.limits),
    )
    return around, plans, trouble


def known_inputs(
    declared: Mapping[str, Input], given: Mapping[str, object], unknown: Collection[str], auto: str | None
) -> tuple[dict[str, object], tuple[InputPlan, ...], str | None]:
    """Return the values of inputs, what is told of each, and what is wrong with the values that are given.

    `unknown` names inputs that get a value only while the workflow runs.
    """
    optional = {name: replace(each, required=False) for name, each in declared.items()}
    trouble: str | None = None
    values: dict[str, object] = {}
    try:
        values = resolve_inputs(optional, given, auto_integration=auto)
    except InputError as error:
        trouble = error.message
    plans = []
    for name, each in declared.items():
        question = each.prompt or each.description or ""
        if name in unknown:
            values.pop(name, None)
            continue
        plans.append(InputPlan(name, values.get(name), _source(each, given), each.type, question))
    return values, tuple(plans), trouble


def _source(declared: Input, given: Collection[str]) -> Literal["given", "default", "missing", "none"]:
    if declared.name in given:
        return "given"
    if declared.has_default:
        return "default"
    return "missing" if declared.required else "none"


def strictest(one: Mapping[str, AgentLimits], other: Mapping[str, AgentLimits]) -> Mapping[str, AgentLimits]:
    """Return the limits of both, of each agent the stricter ones."""
    names = {**one, **other}
    nothing = AgentLimits()
    return {name: AgentLimits(*map(_least, one.get(name, nothing), other.get(name, nothing))) for name in names}


def _least(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


def _scope(workflow: Workflow, inputs: Mapping[str, object], missing: Collection[str]) -> Mapping[str, object]:
    folder = "" if workflow.path is None else str(Path(workflow.path).parent.resolve())
    return {
        "inputs": PartlyKnown(inputs, missing) if missing else dict(inputs),
        "steps": NOTHING_KNOWN,
        **_NOT_IN_ITEMS,
        "fan_in": None,
        "context": PartlyKnown({"workflow_dir": folder}),
        "run": None,
    }


def _with(scope: Mapping[str, object], known: Mapping[str, object], unknown: Collection[str]) -> Mapping[str, object]:
    """Return a scope with other values, and with roots that are not known as a whole."""
    if isinstance(scope, _Scope):
        unknown = (*scope.unknown, *unknown)
        scope = scope.known
    return _Scope({name: value for name, value in {**scope, **known}.items() if name not in unknown}, tuple(unknown))


class _Scope(PartlyKnown):
    """A scope some of whose roots are not known at all."""

    def __init__(self, known: Mapping[str, object], unknown: tuple[str, ...]) -> None:
        super().__init__(known, unknown)
        self.known = known
        self.unknown = unknown
