"""What a run of a workflow would do, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.views.estimate import cost_text, estimate_lines
from plait.views.resolved_text import Piece, painted, resolved_lines
from plait.views.spending import budget_text
from plait.views.table import columns
from plait.views.text import clip, duration, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plait.expressions.partial import Resolved
    from plait.preview.estimate import Estimate
    from plait.preview.plan import AgentPlan, BlockPlan, Count, InputPlan, Plan, StepPlan
    from plait.views.palette import Palette

_SIGNS = {"runs": "•", "maybe": "?", "skipped": "-", "not taken": "-"}
_STYLES = {"runs": "cyan", "maybe": "yellow", "skipped": "dim", "not taken": "dim"}
_SPECIAL = {"run": "$", "prompt": ">"}
_HIDDEN = ("max_concurrency", "max_iterations")
_FEW_LINES = 4
_ALL_LINES = 100_000
_VARIABLES_A_LINE = 3
_LEAST_WIDTH = 40


class Look(NamedTuple):
    """How a plan is drawn: in `width` columns, with `lines` lines of a text at most."""

    palette: Palette
    width: int
    lines: int

    @classmethod
    def of(cls, palette: Palette, width: int, *, full: bool = False) -> Look:
        """Return the look for a terminal of a width; `full` shows texts whole."""
        return cls(palette, max(width, _LEAST_WIDTH), _ALL_LINES if full else _FEW_LINES)


def workflow_plan_lines(plan: Plan, estimate: Estimate | None, look: Look) -> Iterator[str]:
    """Yield the inputs, every step with what is known of it, the outputs, and what it is likely to take."""
    workflow, palette = plan.workflow, look.palette
    title = palette.paint(one_line(workflow.name or workflow.id), "bold")
    yield f"{title} {palette.paint(f'({one_line(workflow.id)} {one_line(workflow.version)})', 'dim')}"
    facts = [f"at most {plan.max_parallel.text} steps at once"] if plan.max_parallel is not None else []
    if workflow.budget is not None:
        facts.append(f"budget {budget_text(workflow.budget)}")
    if facts:
        yield palette.paint(", ".join(map(one_line, facts)), "dim")
    if plan.inputs:
        yield from ("", "Inputs", *_input_lines(plan.inputs, palette))
    yield from ("", "Steps")
    yield from _step_list(plan.steps, "  ", estimate, look)
    if plan.finally_steps:
        yield from ("", "Finally")
        yield from _step_list(plan.finally_steps, "  ", estimate, look)
    if plan.outputs:
        yield from ("", "Outputs")
        for name, value in plan.outputs.items():
            yield from _field_lines(name, value, "  ", look)
    if plan.left_out:
        yield f"{plural(plan.left_out, 'call')} of workflows not looked into: there are too many steps"
    yield ""
    yield from estimate_lines(plan, estimate, palette)


def _input_lines(inputs: Sequence[InputPlan], palette: Palette) -> Iterator[str]:
    rows = []
    for each in inputs:
        if each.source == "missing":
            told = f"missing: {one_line(each.question)}" if each.question else "missing"
            rows.append([(f"  {one_line(each.name)}", ""), ("?", "yellow"), (told, "yellow")])
            continue
        value = "" if each.value is None else clip(one_line(str(each.value)), 60)
        note = {"given": "", "default": "default", "none": "has no value"}[each.source]
        rows.append([(f"  {one_line(each.name)}", ""), (value, ""), (note, "dim")])
    return columns(rows, palette)


def _step_list(steps: Sequence[StepPlan], indent: str, estimate: Estimate | None, look: Look) -> Iterator[str]:
    for step in steps:
        yield _head(step, indent, estimate, look)
        if step.outcome in ("skipped", "not taken"):
            continue
        yield from _details(step, indent + "    ", look)
        for block in step.blocks:
            yield from _block_lines(block, indent + "  ", estimate, look)


def _head(step: StepPlan, indent: str, estimate: Estimate | None, look: Look) -> str:
    palette = look.palette
    sign = palette.paint("✗", "red") if step.troubles else palette.paint(_SIGNS[step.outcome], _STYLES[step.outcome])
    parts = [f"{indent}{sign}", palette.paint(one_line(step.id), "bold" if step.outcome == "runs" else "dim")]
    if step.name:
        parts.append(f"“{one_line(step.name)}”")
    parts.append(palette.paint(one_line(step.type), "dim"))
    if step.count is not None and step.outcome in ("runs", "maybe"):
        parts.append(_count_text(step.count))
    if step.decision is not None and step.decision.holds is not None and step.count is None:
        taken = next((block.label for block in step.blocks if block.outcome != "not taken"), "")
        parts.append(palette.paint(f"→ {one_line(taken)}" if taken else "", "magenta"))
    if step.outcome == "skipped":
        parts.append(palette.paint("skipped: its `if` is false", "dim"))
    if estimate is not None and (cost := estimate.by_path.get(step.path)) is not None and step.outcome != "not taken":
        parts.append(palette.paint(f"≈ {text}" if (text := cost_text(cost)) else "", "dim"))
    return " ".join(part for part in parts if part)


def _count_text(count: Count) -> str:
    """Return how many items or passes there are: `12 items, 4 at once`."""
    nouns = {"item": "item", "pass": "pass", "branch": "branch"}
    if count.number is not None:
        said = plural(count.number, nouns[count.what]).replace("passs", "passes").replace("branchs", "branches")
    elif count.most is not None:
        said = f"up to {count.most:,} passes"
    else:
        said = f"a number of {'items' if count.what == 'item' else 'passes'} that is not known yet"
    if count.what == "pass":
        return said
    if count.width is None:
        return f"{said}, a number at once that is not known yet"
    all_at_once = count.what == "branch" and count.number is not None and count.width >= count.number
    return f"{said}, {'all' if all_at_once else f'{count.width:,}'} at once"


def _details(step: StepPlan, indent: str, look: Look) -> Iterator[str]:
    palette = look.palette
    for trouble in step.troubles:
        yield indent + palette.paint(f"fails: {clip(one_line(trouble), look.width)}", "red")
    if step.verdict is not None and step.verdict.holds is None and not step.verdict.error:
        yield _depends("if", step.verdict.text, step.verdict.unknown, indent, look)
    if step.agent is not None:
        yield from _agent_lines(step.agent, indent, palette)
    if step.decision is not None and step.decision.holds is None and not step.decision.error:
        yield _depends("decided by", step.decision.text, step.decision.unknown, indent, look)
    for name, value in step.fields.items():
        if name not in _HIDDEN:
            yield from _field_lines(name, value, indent, look)
    yield from _variable_lines(step.env, indent, look)
    if limits := _limits_text(step):
        yield indent + palette.paint(limits, "dim")
    for note in step.notes:
        yield indent + palette.paint(one_line(note), "dim")


def _depends(title: str, text: str, unknown: Sequence[str], indent: str, look: Look) -> str:
    shown = clip(one_line(text), look.width)
    names = ", ".join(map(one_line, unknown))
    told = f"  (depends on {names})" if names and shown != f"{{{{ {names} }}}}" else ""
    return f"{indent}{title} {look.palette.paint(shown, 'yellow')}{look.palette.paint(told, 'dim')}"


def _agent_lines(agent: AgentPlan, indent: str, palette: Palette) -> Iterator[str]:
    who = painted([Piece(one_line(agent.agent.text) or "nobody", not agent.agent.is_known)], palette)
    parts = [f"by {who}"]
    if agent.model is not None:
        parts.append("model " + painted([Piece(one_line(agent.model.text), not agent.model.is_known)], palette))
    parts.append(
        "permission " + painted([Piece(one_line(agent.permissions.text), not agent.permissions.is_known)], palette)
    )
    if agent.session is not None:
        parts.append(f"goes on with the session of {one_line(agent.session)}")
    if agent.fallback:
        parts.append("else " + ", ".join(one_line(each.text) for each in agent.fallback))
    if agent.limits is not None:
        limits = [f"{agent.limits.max_concurrency} at once" if agent.limits.max_concurrency else ""]
        limits.append(f"{agent.limits.per_minute} a minute" if agent.limits.per_minute else "")
        parts.append("at most " + ", ".join(filter(None, limits)))
    yield indent + ", ".join(parts)
    if agent.note:
        yield indent + palette.paint(f"note: {one_line(agent.note)}", "yellow")


def _limits_text(step: StepPlan) -> str:
    parts = []
    for name, title in (("timeout", "time limit"), ("idle_timeout", "idle limit")):
        value = step.limits.get(name)
        if value is not None:
            parts.append(f"{title} {duration(value) if isinstance(value, (int, float)) else one_line(str(value))}")
    retry = step.limits.get("retry")
    if isinstance(retry, dict):
        parts.append(f"up to {retry['attempts']} tries")
    if step.budget is not None:
        parts.append(f"budget {budget_text(step.budget)}")
    if step.limits.get("continue_on_error"):
        parts.append("goes on past a failure")
    if (told := step.limits.get("on_interrupt")) is not None:
        parts.append(f"if interrupted: {told}")
    return ", ".join(parts)


def _field_lines(name: str, value: Resolved, indent: str, look: Look) -> Iterator[str]:
    title = _SPECIAL.get(name, f"{one_line(name)}" if name.endswith("=") else f"{one_line(name)}:")
    lines = resolved_lines(value, look.width - len(indent) - len(title) - 1, look.lines)
    first = True
    for line in lines:
        lead = look.palette.paint(title, "dim") if first else " " * len(title)
        yield f"{indent}{lead} {painted(line, look.palette)}".rstrip()
        first = False


def _variable_lines(env: Mapping[str, Resolved], indent: str, look: Look) -> Iterator[str]:
    most = look.lines * _VARIABLES_A_LINE
    for name, value in list(env.items())[:most]:
        yield from _field_lines(f"{name} =", value, indent, look)
    if len(env) > most:
        yield indent + look.palette.paint(f"… {plural(len(env) - most, 'more variable')}", "dim")


def _block_lines(block: BlockPlan, indent: str, estimate: Estimate | None, look: Look) -> Iterator[str]:
    if not block.steps and block.outcome != "maybe":
        return
    label = one_line(block.label)
    if block.role in ("case", "otherwise", "branch") or block.label == "finally":
        label = f"{label}:"
    if block.role == "inside":
        yield from _step_list(block.steps, indent + "  ", estimate, look)
        return
    if block.outcome == "not taken":
        count = sum(1 for step in block.steps for _ in step.walk())
        yield indent + look.palette.paint(f"{label} not taken ({plural(count, 'step')})", "dim")
        return
    told = " perhaps" if block.role in ("case", "otherwise") and block.outcome == "maybe" else ""
    yield f"{indent}{look.palette.paint(label + told, 'magenta')}"
    yield from _step_list(block.steps, indent + "  ", estimate, look)
