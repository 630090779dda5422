"""The facts of a step in plain sentences.

One function a kind of fact, named like it; its values are those that `history` notes. What files, agents and people
said is put on one line and shortened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.sentences_of_ends import ENDS
from plait.views.sentences_of_ways import WAYS, owner
from plait.views.spending import tokens_text, usd_text
from plait.views.text import duration, one_line, plural
from plait.views.values import decided_by, listed, said, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.history.facts import Fact
    from plait.views.clock import Clock

Values = Any


def sentence_of(fact: Fact, clock: Clock) -> str:
    """Return a fact as one or two sentences; a kind that is not known as its values."""
    word = _KINDS.get(fact.kind)
    return word(fact.values, clock) if word is not None else f"{fact.kind}: {shown(dict(fact.values))}."


def _condition(values: Values, _: Clock) -> str:
    why = decided_by(values["expression"], values["read"])
    its = owner(values, "`if`")
    if values.get("error"):
        return f"{its} could not be evaluated{why}: {said(values['error'])}."
    return f"{its} was {'true' if values['holds'] else 'false'}{why}."


def _began(values: Values, _: Clock) -> str:
    if values["attempt"] > 1:
        return "It was walked through again." if values["holds_others"] else f"Try {values['attempt']} began."
    return "It began."


def _went_on(_: Values, __: Clock) -> str:
    return "It went on, as the time that was waited for had come."


def _queued(values: Values, _: Clock) -> str:
    return f"It could not call its agent at once: it {said(values['reason'])}."


def _turn_came(values: Values, _: Clock) -> str:
    return f"Its turn came after {duration(values['seconds'])}."


def _took_over(values: Values, _: Clock) -> str:
    because = f": {said(values['because'])}" if values["because"] else ""
    return f"The agent {one_line(values['agent'])} took over from {one_line(values['instead_of'])}{because}."


def _session_continued(values: Values, _: Clock) -> str:
    return f"{one_line(str(values['agent']))} went on in its session {one_line(str(values['session']))}."


def _try_failed(values: Values, _: Clock) -> str:
    again = f"after {duration(values['delay'])}" if values["delay"] else "at once"
    allowed = f" (`retry` allows {plural(values['allowed'], 'try').replace('trys', 'tries')}{_on(values)})"
    return (
        f"Try {values['attempt']} failed after {duration(values['seconds'])}{_class(values)}: {said(values['error'])}."
        f" It was tried again {again}{allowed if 'allowed' in values else ''}."
    )


def _on(values: Values) -> str:
    return f", on {listed(values['on'])}" if values.get("on") else ""


def _class(values: Values) -> str:
    return f" with `{one_line(values['failure'])}`" if values.get("failure", "error") != "error" else ""


def _limit(values: Values, clock: Clock) -> str:
    return (
        f"Try {values['attempt']} ran into a limit that passes{_class(values)}: {said(values['error'])}."
        f" It waited until {clock.time(values['until'])}."
    )


def _inside_waits(values: Values, clock: Clock) -> str:
    where = f" ({one_line(values['inside'])})" if values.get("inside") else ""
    return f"All that was left inside it{where} waited for a limit to pass, until {clock.time(values['until'])}."


def _asked(values: Values, _: Clock) -> str:
    return f"It asked on the terminal: {said(values['message'])} (options: {listed(values['options'] or ())})."


def _answered(values: Values, _: Clock) -> str:
    comment = f", with the comment {shown(values['comment'])}" if values["comment"] else ""
    return f"{one_line(values['by'] or 'Somebody')} answered {shown(values['choice'])}{comment}."


def _verdict(values: Values, _: Clock) -> str:
    return f"It took its answer from the input `{one_line(values['input'])}`: {shown(values['value'])}."


def _called(values: Values, _: Clock) -> str:
    inputs = f" with {shown(values['inputs'])}" if values["inputs"] else ""
    if values["first"]:
        return f"It called the workflow {one_line(values['workflow'])}{inputs}."
    return f"New values for the run changed the inputs of the call: {listed(values['changed'] or ())}."


def _returned(values: Values, _: Clock) -> str:
    return f"It returned {plural(len(values['steps']), 'step')} to run in its place: {listed(values['steps'])}."


def _decided(values: Values, _: Clock) -> str:
    return f"It decided {one_line(values['key'])}: {shown(values['value'])}."


def _interrupted(values: Values, _: Clock) -> str:
    if values["item"]:
        return f"It was ended because {one_line(values['item'])} beside it had failed."
    by = one_line(values["by"] or "")
    match values["request"]:
        case "cancel":
            return f"It was ended: {by or 'somebody'} cancelled the run."
        case "pause":
            return f"It was ended: {by or 'somebody'} paused the run."
        case None:
            return "It was told to stop before its end."
        case _:
            return f"It was told to stop before its end{f' ({by})' if by else ''}."


def _run_ended(values: Values, _: Clock) -> str:
    if values["by"]:
        return f"{one_line(values['by'])} cancelled the run, so it waits no more."
    where = f" at {one_line(values['step'])}" if values["step"] else ""
    return f"The run was ended{where}, so it waits no more."


def _lost(values: Values, _: Clock) -> str:
    return f"Its process ({values['pid']}) was gone after this, before the step had ended."


def _running(values: Values, clock: Clock) -> str:
    waits = f"; it {said(values['queued'])}" if values["queued"] else ""
    since = clock.time(values["since"])
    return f"It is still running, in process {values['pid']}: try {values['attempt']}, since {since}{waits}."


_AGAIN = {
    "lost": "it had begun and not ended when its process ended",
    "pending": "it had been stopped before its end",
    "failed": "it had failed",
}
_WAITED = {
    "person": "it waited for an answer",
    "budget": "it waited for a larger budget",
    "inside": "a step inside it waited",
}


def _resumed(values: Values, clock: Clock) -> str:
    policy = f" (`on_interrupt: {values['on_interrupt']}`)" if values["on_interrupt"] else ""
    why = _WAITED.get(values["waits_for"] or "") or _AGAIN.get(values["status"], f"it was {values['status']}")
    return f"The resume of {clock.time(values['resume'])} came to it again, because {why}{policy}."


def _reused(values: Values, clock: Clock) -> str:
    times = [clock.time(each) for each in values["resumes"]]
    ended = f" at {clock.time(values['ended'])}" if values["ended"] is not None else ""
    how = "failed, and been continued past" if values["status"] == "failed" else str(values["status"])
    had = "been skipped" if values["status"] == "skipped" else how
    resumes = "resumes" if len(times) > 1 else "resume"
    rule = "what is settled never runs again"
    return f"It was reused at the {resumes} of {listed(times)}: it had {had}{ended}, and {rule}."


def _asked_for(asked: dict[str, str]) -> str:
    option, step = next(iter(asked.items()), ("", ""))
    return f" (`--{option} {one_line(step)}`)" if option else ""


def _forgotten(values: Values, _: Clock) -> str:
    if values["last"] and not values["asked"]:
        return "Its record was forgotten, because the steps of `finally` run at every end of a run."
    return f"A resume forgot its record{_asked_for(values['asked'])}, so that it runs anew."


def _unsettled(values: Values, _: Clock) -> str:
    return f"A resume undid its end{_asked_for(values['asked'])}, because a step inside it was to run again."


def _budget_raised(values: Values, _: Clock) -> str:
    whose = f"of {one_line(values['step'])}" if values["step"] else "of the run"
    return f"A resume raised the budget {whose}: {shown(values['limits'])}."


def _inputs_given(values: Values, _: Clock) -> str:
    return f"A resume gave new values for {listed(values['names'])}."


def _checked(values: Values, _: Clock) -> str:
    calls = values.get("calls") or 1
    repairs = f" after {plural(calls, 'call')} to the agent in this try" if calls > 1 else ""
    if values["passed"]:
        return f"Its checks passed{repairs}, the last of them {shown(values['command'])}."
    return f"Its check {shown(values['command'])} exited with {values['exit_code']}{repairs}."


def _spent(values: Values, _: Clock) -> str:
    parts = [plural(values["calls"], "call") + (f" to {one_line(values['agent'])}" if values["agent"] else "")]
    parts += [f"{tokens_text(values['tokens'])} tokens"] if values["tokens"] else []
    parts += [usd_text(values["usd"])] if values["usd"] else []
    return f"By then it had cost {', '.join(parts)}."


_KINDS: dict[str, Callable[[Values, Clock], str]] = {
    **WAYS,
    **ENDS,
    "condition": _condition,
    "began": _began,
    "went_on": _went_on,
    "queued": _queued,
    "turn_came": _turn_came,
    "took_over": _took_over,
    "session_continued": _session_continued,
    "try_failed": _try_failed,
    "limit": _limit,
    "inside_waits": _inside_waits,
    "asked": _asked,
    "answered": _answered,
    "verdict": _verdict,
    "called": _called,
    "returned": _returned,
    "decided": _decided,
    "interrupted": _interrupted,
    "lost": _lost,
    "running": _running,
    "run_ended": _run_ended,
    "resumed": _resumed,
    "reused": _reused,
    "forgotten": _forgotten,
    "unsettled": _unsettled,
    "budget_raised": _budget_raised,
    "inputs_given": _inputs_given,
    "checked": _checked,
    "spent": _spent,
}
