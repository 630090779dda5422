"""What befell a run as a whole: who started, stopped, answered and resumed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.history.walks import seconds_of
from plait.model.spending import Budget
from plait.views.exits import was_interrupted
from plait.views.spending import budget_text
from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plait.journal.facts import Event

_MOST = 1000
_LONGEST = 400


class Moment(NamedTuple):
    """Something that happened, at a time in seconds since the epoch; `status` gives its sign and colour."""

    at: float
    status: str
    text: str
    step_id: str | None = None


def story_of(events: Iterable[Event]) -> list[Moment]:
    """Return what happened to the run, in order; of very many things the last ones."""
    found = []
    for event in events:
        tell = _TELL.get(event["event"])
        if tell is not None:
            status, text = tell(event)
            found.append(Moment(seconds_of(event), status, text, event.get("step_id")))
    return found[-_MOST:]


def _process(event: Event) -> str:
    pid, host = event.get("pid"), event.get("host")
    return f" by process {pid} on {_short(host)}" if pid is not None else ""


def _answered(event: Event) -> tuple[str, str]:
    by = f"{_short(event['by'])} answered" if event.get("by") else "answered:"
    comment = f": “{_short(event['comment'])}”" if event.get("comment") else ""
    return "completed", f"{by} “{_short(event.get('choice'))}”{comment}"


def _stop_requested(event: Event) -> tuple[str, str]:
    verb = {"pause": "asked to pause it", "cancel": "cancelled it"}.get(str(event.get("kind")), "interrupted it")
    return "paused", f"{_short(event.get('by') or 'somebody')} {verb}"


def _budget(event: Event) -> tuple[str, str]:
    limits = budget_text(Budget(event.get("usd"), event.get("tokens"), event.get("minutes")))
    return "running", f"the budget was raised to {limits}"


def _inputs(event: Event) -> tuple[str, str]:
    names = event.get("given") or ()
    return "running", f"new values were given for {_short(', '.join(map(str, names)))}" if names else "inputs were read"


def _interrupted(event: Event) -> tuple[str, str]:
    reason = event.get("reason")
    why = f" by {_short(reason)}" if reason else ""
    return ("interrupted", f"stopped{why}") if was_interrupted(reason) else ("paused", f"paused{why}")


def _finished(event: Event) -> tuple[str, str]:
    status = str(event.get("status"))
    words = {"paused": "stopped to wait"}.get(status, status)
    return status, words + (f": {_short(event['error'])}" if event.get("error") else "")


def _failed(event: Event) -> tuple[str, str]:
    return "failed", f"ended by an unexpected {_short(event.get('error') or 'error')}"


def _forgotten(event: Event) -> tuple[str, str]:
    count = len(event.get("step_ids") or ()) + len(event.get("unsettled") or ())
    return "running", f"{plural(count, 'step')} to be run again"


def _short(value: Any) -> str:
    return clip(one_line(str(value)), _LONGEST)


_TELL: dict[str, Callable[[Event], tuple[str, str]]] = {
    "run_started": lambda event: ("running", f"started{_process(event)}"),
    "run_resumed": lambda event: ("running", f"resumed{_process(event)}"),
    "inputs_resolved": _inputs,
    "stop_requested": _stop_requested,
    "budget_raised": _budget,
    "records_forgotten": _forgotten,
    "gate_asked": lambda event: ("paused", f"asks: {_short(event.get('message'))}"),
    "gate_answered": _answered,
    "workflow_interrupted": _interrupted,
    "workflow_failed": _failed,
    "resume_failed": _failed,
    "workflow_finished": _finished,
}
