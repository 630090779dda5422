"""Sentences about how a run came to a step: what the steps around it decided, and what a step decided itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.text import one_line, plural
from plait.views.values import decided_by, listed, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.views.clock import Clock

Values = Any


def owner(values: Values, what: str) -> str:
    """Return whose condition or value it is: that of the step asked about, or of the one `of` around it."""
    return f"The {what} of {one_line(values['of'])}" if "of" in values else f"Its {what}"


def _reached(values: Values, _: Clock) -> str:
    if values["last"]:
        return "It is a step of `finally`, which runs when a run ends, however it does."
    place = f"step {values['place']} of {values['count']}" if values["place"] else "a step at the top"
    decides = "" if values["has_condition"] else ", and no condition decides whether it runs"
    return f"The run came to it: it is {place} of the workflow{decides}."


def _in_branch(values: Values, _: Clock) -> str:
    why = decided_by(values["expression"], values["read"])
    word = "true" if values["holds"] else "false"
    return f"The condition of {one_line(values['step'])} was {word}{why}, so `{values['branch']}` was taken."


def _in_case(values: Values, _: Clock) -> str:
    why = decided_by(values["expression"], values["read"])
    case = "`default`" if values["case"] == "default" else f"the case {shown(values['case'])}"
    return f"The value of {one_line(values['step'])} was {shown(values['value'])}{why}, so {case} was taken."


def _in_pass(values: Values, _: Clock) -> str:
    why = decided_by(values["expression"], values["read"])
    return f"The condition of {one_line(values['step'])} held{why}, so pass {values['pass']} was made."


def _in_item(values: Values, _: Clock) -> str:
    at_once = values.get("at_once")
    width = f", {shown(at_once)} at once" if at_once is not None else ""
    return (
        f"{one_line(values['step'])} had {plural(values['count'], 'item')}{width}"
        f"{_policies(values)}; this is item {values['index']}: {shown(values['item'])}."
    )


def _policies(values: Values) -> str:
    told = [
        f"`{key}: {values[key]}`" for key in ("on_item_failure", "on_item_pause") if values.get(key, "stop") != "stop"
    ]
    return f" ({listed(told)})" if told else ""


def _in_parallel(values: Values, _: Clock) -> str:
    branch = f"branch {one_line(values['branch'])} of " if values["branch"] else ""
    return f"It is in {branch}{one_line(values['step'])}, whose branches run side by side{_policies(values)}."


def _in_called(values: Values, _: Clock) -> str:
    inputs = f" with {shown(values['inputs'])}" if values["inputs"] else ""
    return f"{one_line(values['step'])} called the workflow {one_line(values['workflow'])}, which it is in{inputs}."


def _in_first_pass(values: Values, _: Clock) -> str:
    return f"It is in {one_line(values['step'])}, a `do-while`, whose first pass needs no test."


def _in_returned(values: Values, _: Clock) -> str:
    return f"{one_line(values['step'])} returned it, to run in its place."


def _condition_decided(values: Values, _: Clock) -> str:
    word, why = "true" if values["holds"] else "false", decided_by(values["expression"], values["read"])
    return f"{owner(values, 'condition')} was {word}{why}, so `{values['branch']}` was taken."


def _case(values: Values, _: Clock) -> str:
    why = decided_by(values["expression"], values["read"])
    case = "no case fits: `default`" if values["case"] == "default" else f"the case {shown(values['case'])}"
    return f"{owner(values, 'value')} was {shown(values['value'])}{why}, so {case} was taken."


def _test(values: Values, _: Clock) -> str:
    why = decided_by(values["expression"], values["read"])
    if values["holds"]:
        return f"{owner(values, 'condition')} held{why}: pass {values['pass']}."
    return f"{owner(values, 'condition')} did not hold{why}: there was no pass {values['pass']}."


def _items(values: Values, _: Clock) -> str:
    why = decided_by(values["expression"], values["read"])
    at_once = values.get("at_once")
    width = f", {shown(at_once)} at once" if at_once is not None else ""
    return f"It had {plural(values['count'], 'item')}{why}{width}{_policies(values)}."


WAYS: dict[str, Callable[[Values, Clock], str]] = {
    "reached": _reached,
    "in_branch": _in_branch,
    "in_case": _in_case,
    "in_pass": _in_pass,
    "in_item": _in_item,
    "in_parallel": _in_parallel,
    "in_called": _in_called,
    "in_first_pass": _in_first_pass,
    "in_returned": _in_returned,
    "condition_decided": _condition_decided,
    "case": _case,
    "test": _test,
    "items": _items,
}
