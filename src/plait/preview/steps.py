"""What is told of a step by its type: what it does, what decides in it, and what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plait.agents import STEP_TYPES
from plait.expressions import LazyText
from plait.expressions.partial import Part, Resolved, Verdict, decide
from plait.expressions.values import kind, to_text
from plait.preview.blocks import tests_at_the_end
from plait.preview.plan import Count
from plait.preview.values import resolve_command, resolve_fields, resolve_value
from plait.steps.fan_in import FanInConfig
from plait.steps.fan_out import FanOutConfig
from plait.steps.gate import GateConfig
from plait.steps.if_step import IfConfig
from plait.steps.loops import LoopConfig, most_passes
from plait.steps.parallel import ParallelConfig
from plait.steps.policies import width_of
from plait.steps.shell import ShellConfig
from plait.steps.shell_text import ShellText
from plait.steps.switch import SwitchConfig, matching_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.model.workflow import Step
    from plait.preview.around import Around

_AGENT_FIELDS = ("integration", "model", "permissions", "session", "fallback")


@dataclass(frozen=True, slots=True)
class Told:
    """What a step's own fields say: what it does, what decides in it and how often; `case` is the block chosen."""

    fields: Mapping[str, Resolved] = field(default_factory=dict)
    env: Mapping[str, Resolved] = field(default_factory=dict)
    decision: Verdict | None = None
    count: Count | None = None
    case: str | None = None
    notes: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()


def tell(step: Step, around: Around) -> Told:  # noqa: PLR0911 - one return a type of step
    """Return what is known of a step before it runs."""
    config, scope = step.config, around.scope
    if isinstance(config, ShellConfig):
        return _shell(config, scope)
    if isinstance(config, IfConfig):
        verdict = decide(config.condition, scope)
        return Told(decision=verdict, troubles=_of(verdict))
    if isinstance(config, SwitchConfig):
        return _switch(config, scope)
    if isinstance(config, LoopConfig):
        return _loop(step, config, scope)
    if isinstance(config, FanOutConfig):
        return _fan_out(config, scope)
    if isinstance(config, ParallelConfig):
        return _parallel(config, scope)
    if isinstance(config, GateConfig):
        return _gate(config, around)
    if isinstance(config, FanInConfig):
        scope = around.gathering()
    left_out = _AGENT_FIELDS if step.type.type_key in STEP_TYPES else ("id", "type")
    fields = resolve_fields(config, scope, left_out)
    if step.type.type_key in STEP_TYPES and "verify" in fields:
        checks = [resolve_value(check.written, scope) for check in config.verify]  # type: ignore[attr-defined]
        fields["verify"] = Resolved(tuple(part for check in checks for part in (*check.parts, Part("\n"))))
    return Told(fields=fields)


def _shell(config: ShellConfig, scope: Mapping[str, object]) -> Told:
    fields = resolve_fields(config, scope, ("run",))
    if isinstance(config.run, ShellText):
        command, env = resolve_command(config.run, scope)
    else:
        command, env = resolve_value(config.run, scope), {}
    return Told(fields={"run": command, **fields}, env=env)


def _switch(config: SwitchConfig, scope: Mapping[str, object]) -> Told:
    value = resolve_value(config.expression, scope)
    text = value.text
    if not value.is_known:
        troubles = (f"`expression`: {value.error}",) if value.error else ()
        return Told(decision=Verdict(text, None, value.unknown, value.error), troubles=troubles)
    case = matching_case(config.cases, value.value, to_text(value.value))
    return Told(decision=Verdict(text, case is not None), case="default" if case is None else case)


def _loop(step: Step, config: LoopConfig, scope: Mapping[str, object]) -> Told:
    verdict = decide(config.condition, scope)
    limit = resolve_value(config.max_iterations, scope)
    most = most_passes(limit.value) if limit.is_known else None
    first = 1 if tests_at_the_end(step) else 0
    number = None if verdict.holds is None else most if verdict.holds else first
    if not config.steps:
        number = first
    waits = () if number is not None else (*verdict.unknown, *limit.unknown)
    least = first if number is None else number
    count = Count("pass", number, least, most if number is None else number, 1, tuple(dict.fromkeys(waits)))
    return Told(fields={"max_iterations": limit}, decision=verdict, count=count, troubles=_of(verdict))


def _fan_out(config: FanOutConfig, scope: Mapping[str, object]) -> Told:
    items = resolve_value(config.items, scope) if not isinstance(config.items, list) else _plain(config.items)
    width = resolve_value(config.max_concurrency, scope)
    fields = resolve_fields(config, scope, ("items", "max_concurrency", "outputs", "step", "steps"))
    troubles: tuple[str, ...] = ()
    number: int | None = None
    if items.is_known:
        if isinstance(items.value, (list, tuple)):
            number = len(items.value)
        else:
            troubles = (f"`items` must be a list, but it is {kind(items.value)}",)
    elif items.error:
        troubles = (f"`items`: {items.error}",)
    at_once = width_of(width.value) if width.is_known else None
    waits = tuple(dict.fromkeys((*items.unknown, *width.unknown)))
    count = Count("item", number, number or 0, number, at_once, waits)
    return Told({"items": items, "max_concurrency": width, **fields}, count=count, troubles=troubles)


def _plain(items: list[object]) -> Resolved:
    return resolve_value([each for each in items if not isinstance(each, LazyText)], {})


def _parallel(config: ParallelConfig, scope: Mapping[str, object]) -> Told:
    fields = resolve_fields(config, scope, ("branches", "max_concurrency"))
    number = len(config.branches)
    width = resolve_value(config.max_concurrency, scope)
    at_once = width_of(width.value, default=number) if width.is_known else None
    return Told(fields=fields, count=Count("branch", number, number, number, at_once, width.unknown))


def _gate(config: GateConfig, around: Around) -> Told:
    fields = resolve_fields(config, around.scope)
    options = ", ".join(config.options)
    note = f"waits for a person: {options}"
    if config.verdict_input is not None:
        given = around.input(config.verdict_input)
        if given not in (None, ""):
            note = f"the input `{config.verdict_input}` answers it: {to_text(given)}"
        else:
            note += f"; the input `{config.verdict_input}` may answer it"
    return Told(fields=fields, notes=(note,))


def _of(verdict: Verdict) -> tuple[str, ...]:
    return (f"`condition`: {verdict.error}",) if verdict.error else ()


def limits_of(step: Step, scope: Mapping[str, object]) -> dict[str, object]:
    """Return what the author has set: time limits in seconds, and what is done about a failure."""
    settings = step.settings
    found: dict[str, object] = {}
    for name, value in (("timeout", settings.timeout), ("idle_timeout", settings.idle_timeout)):
        if value is not None:
            limit = resolve_value(value, scope)
            found[name] = limit.value if limit.is_known else limit.text
    if settings.retry is not None:
        found["retry"] = {**settings.retry._asdict(), "on": list(settings.retry.on)}
    if settings.continue_on_error:
        found["continue_on_error"] = True
    if settings.on_interrupt != "rerun":
        found["on_interrupt"] = settings.on_interrupt
    return found


def usual_limits(step: Step) -> dict[str, float]:
    """Return the time limits in seconds that a step has because of its type, where the author has set none."""
    settings, of_type = step.settings, step.type
    limits = {
        "timeout": (settings.timeout, of_type.default_timeout),
        "idle_timeout": (settings.idle_timeout, of_type.default_idle_timeout),
    }
    return {name: usual for name, (own, usual) in limits.items() if own is None and usual is not None}
