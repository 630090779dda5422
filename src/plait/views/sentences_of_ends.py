"""Sentences about how a step ended, and about why one never began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.text import duration, one_line, plural
from plait.views.values import listed, said, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.views.clock import Clock

Values = Any


def _completed(values: Values, _: Clock) -> str:
    return f"It completed{_after(values)}{_outcome(values)}."


def _after(values: Values) -> str:
    return "" if values.get("seconds") is None else f" after {duration(values['seconds'])}"


def _outcome(values: Values) -> str:
    told = []
    if values.get("exit_code"):
        told.append(f"exit code {values['exit_code']}")
    if values.get("choice"):
        told.append(f"with {shown(values['choice'])}")
    if values.get("iterations") is not None:
        ended = {"condition": "its condition ended it", "max_iterations": "as many as `max_iterations` allows"}
        passes = f"{values['iterations']} pass{'es' * (values['iterations'] != 1)}"
        told.append(f"{passes}, {ended.get(values.get('ended_by'), 'stopped inside')}")
    if isinstance(values.get("items"), dict):
        items = values["items"]
        told.append(f"{items['completed']:,} of {plural(items['count'], 'item')}")
    if values.get("changes"):
        told.append(f"{plural(values['changes'], 'file')} changed")
    return f" ({', '.join(told)})" if told else ""


def _failed(values: Values, _: Clock) -> str:
    if values.get("unstarted"):
        return f"It failed before it began: {said(values['error'])}."
    parts = [_how_it_failed(values), *_why_no_more(values)]
    if values.get("continued"):
        parts.append("The run went on past it, because of `continue_on_error`.")
    elif values.get("aborted"):
        parts.append("That ended the run.")
    return " ".join(parts)


def _how_it_failed(values: Values) -> str:
    if values.get("inside"):
        inside = one_line(values["inside"])
        stopped = f"It stopped{_after(values)}, because {inside} inside it failed: {said(values['error'])}."
        return stopped + _rest_of_items(values)
    kind = values.get("failure", "error")
    named = f" with `{one_line(kind)}`" if kind != "error" else ""
    code = (
        f" (exit code {values['exit_code']})" if values.get("exit_code") and "exit" not in str(values["error"]) else ""
    )
    return f"It failed{_after(values)}{named}{code}: {said(values['error'])}.{_time_limit(values)}"


def _time_limit(values: Values) -> str:
    if "limit_of" not in values:
        return ""
    return f" The time limit was the `timeout` of {one_line(values['limit_of'])}: {one_line(str(values['timeout']))} s."


def _rest_of_items(values: Values) -> str:
    items = values.get("items")
    if not isinstance(items, dict) or items["begun"] >= items["count"]:
        return ""
    policy = values.get("on_item_failure", "stop")
    left = items["count"] - items["begun"]
    return f" With `on_item_failure: {policy}` no other item was begun then: {left:,} of {items['count']:,} never were."


def _why_no_more(values: Values) -> list[str]:
    match values.get("no_more"):
        case "tries" if values["allowed"] > 1:
            return [f"That was the last of the {values['allowed']} tries that `retry` allows."]
        case "class":
            return [f"`retry.on` has {listed(values['on'])}, which this is none of, so it was not tried again."]
        case "time":
            return ["There was no time left for another try, or the run was stopped."]
    return []


def _skipped(values: Values, _: Clock) -> str:
    match values["because"]:
        case "condition":
            return "So it was skipped."
        case "answer":
            return "It was skipped, as the answer said."
    return "It skipped itself."


def _paused(values: Values, _: Clock) -> str:
    if values["waits_for"] == "inside":
        return f"It stopped there, because {one_line(values['inside'])} inside it waits."
    if values["waits_for"] == "budget":
        return f"It paused: {said(values['message'])}."
    if values.get("rejected"):
        return "It was rejected; with `on_reject: retry` it asks again."
    options = f" (options: {listed(values['options'])})" if isinstance(values["options"], list) else ""
    message = f": {said(values['message'])}" if values["message"] else ""
    return f"It paused for a person{message}{options}."


_STATUS = {
    "failed": "failed",
    "paused": "waits for a person",
    "running": "has not ended",
    "pending": "was stopped before its end",
}


def _stopped_before(values: Values, _: Clock) -> str:
    step, status = one_line(values["step"]), values["status"]
    how = "waits for a larger budget" if values["waits_for"] == "budget" else _STATUS.get(status, status)
    error = f": {said(values['error'])}" if values["error"] and status == "failed" else ""
    if values["run"] == "running":
        return f"The run has not come to it yet: {step}, which comes before it, {how}{error}."
    return f"The run did not come to it: {step}, which comes before it, {how}{error}."


def _holder_skipped(values: Values, _: Clock) -> str:
    return f"It never began: {one_line(values['step'])}, which it is in, was skipped."


def _other_branch(values: Values, _: Clock) -> str:
    names = ("the case ", "`default`") if values["type"] == "switch" else ("", "`default`")

    def name(block: object) -> str:
        return names[1] if block == "default" else f"{names[0]}`{one_line(str(block))}`"

    step = one_line(values["step"])
    return f"It never began: it is in {name(values['wanted'])} of {step}."


def _no_pass(values: Values, _: Clock) -> str:
    return f"It never began: {one_line(values['step'])}, which it is in, made no pass."


def _no_items(values: Values, _: Clock) -> str:
    return f"It never began: {one_line(values['step'])}, which it is in, had no items."


def _item_not_begun(values: Values, _: Clock) -> str:
    step = one_line(values["step"])
    item = f"It is item {values['index']} of {values['count']} of {step}"
    value = f" ({shown(values['item'])})" if "item" in values else ""
    if "halted" not in values:
        return f"{item}{value}, and has not begun; the run is {values['run']}."
    halted, error = one_line(values["halted"]), f": {said(values['error'])}" if values["error"] else ""
    how = _STATUS.get(values["status"], values["status"])
    if values["run"] == "running":
        return f"{item}{value}, and has not begun: the run goes on, and {halted} {how}."
    key = "on_item_pause" if values["status"] == "paused" else "on_item_failure"
    policy = f"; with `{key}: {values[key]}` no other item is begun then" if key in values else ""
    return f"{item}{value}, and never began: {halted} {how}{error}{policy}."


def _pass_not_begun(values: Values, _: Clock) -> str:
    step, passes = one_line(values["step"]), values["passes"]
    if passes is None:
        return f"There is no pass {values['pass']} of {step} yet; the run is {values['run']}."
    match values["ended_by"]:
        case "max_iterations":
            why = f"`max_iterations` allows {values['most']}"
        case "condition":
            why = "its condition did not hold any more"
        case _:
            why = "it was stopped inside"
    return f"{step} made {passes} pass{'es' * (passes != 1)}, and no pass {values['pass']}: {why}."


def _finally_later(values: Values, _: Clock) -> str:
    return f"It is a step of `finally`, which runs when the run ends; the run is {values['run']}."


def _run_stands(values: Values, _: Clock) -> str:
    step = f" at {one_line(values['step'])}" if values["step"] else ""
    error = f": {said(values['error'])}" if values["error"] else ""
    verb = "is" if values["run"] in ("running", "paused", "interrupted") else "ended as"
    return f"The run did not come to it; it {verb} {values['run']}{step}{error}."


ENDS: dict[str, Callable[[Values, Clock], str]] = {
    "completed": _completed,
    "failed": _failed,
    "skipped": _skipped,
    "paused": _paused,
    "stopped_before": _stopped_before,
    "holder_skipped": _holder_skipped,
    "other_branch": _other_branch,
    "no_pass": _no_pass,
    "no_items": _no_items,
    "item_not_begun": _item_not_begun,
    "pass_not_begun": _pass_not_begun,
    "finally_later": _finally_later,
    "run_stands": _run_stands,
}
