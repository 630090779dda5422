"""The steps of a run as the page's script reads them: one list for each property, one entry for each step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.model.status import StepStatus
from plait.views.text import clip, one_line
from plait.views.waits import waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plait.history.spans import Attempt, Span
    from plait.journal import RunState, StepRecord

AGENT_TYPES = ("command", "prompt")
LONGEST_ITEM = 80
_LONGEST_NAME = 200
_LONGEST_ERROR = 300
_NAMING = ("name", "title", "id", "path", "file")
"""What an item that is a mapping is called by."""
_CUT_OFF = ("lost", "interrupted")
_UNSETTLED = (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.PAUSED)


class Row(NamedTuple):
    """One occurrence of a step: when it ran, its record (None if a resume forgot it), and the status to show."""

    span: Span
    record: StepRecord | None
    status: str

    @property
    def is_failed(self) -> bool:
        """Whether it failed, for good or not."""
        return self.status == "failed"


def rows_of(state: RunState, spans: Iterable[Span], status: str) -> list[Row]:
    """Return the rows, in the order in which the steps began; `status` is the run's as it is shown."""
    return [
        Row(span, record, _status(span, record, status))
        for span in spans
        for record in (None if span.status == "forgotten" else state.records.get(span.step_id),)
    ]


def _status(span: Span, record: StepRecord | None, run_status: str) -> str:
    if record is None:
        return "forgotten"
    if run_status == "aborted" and record.status in _UNSETTLED:
        return "aborted"
    if waits(record):
        return "paused"
    is_cut_off = bool(span.attempts) and span.attempts[-1].ended_as in _CUT_OFF
    if record.status is StepStatus.RUNNING and run_status not in ("running", "created"):
        return "interrupted"
    return "interrupted" if record.status is StepStatus.PENDING and is_cut_off else record.status.value


class _Names:
    """Gives each text a number, from 0 in the order in which they are first met."""

    def __init__(self, *known: str) -> None:
        self.numbers = {name: number for number, name in enumerate(known)}

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))

    def all(self) -> list[str]:
        return list(self.numbers)


def columns(rows: Sequence[Row], base: float) -> dict[str, Any]:
    """Return the columns; times are milliseconds after `base`.

    An id that begins with that of its holder has only the rest, which begins with a colon. Texts that many steps
    share stand once in a list of their own, and 0 there is none. `attempts` has, where it is not simply one try that
    took the whole time, number, start, end and outcome of each; `waits` start, end and reason.
    """
    place = {row.span.step_id: index for index, row in enumerate(rows)}
    items = item_labels(rows)
    names = {name: _Names("") for name in _TEXTS} | {name: _Names() for name in _CODES}
    found: dict[str, list[Any]] = {}
    attempts: dict[int, list[list[int]]] = {}
    waits_of: dict[int, list[list[int]]] = {}

    def milliseconds(at: float) -> int:
        return round((at - base) * 1000)

    for number, row in enumerate(rows):
        span, start = row.span, milliseconds(row.span.start)
        cells = _span_cells(span, place) | _record_cells(row.record)
        cells |= {"status": row.status, "item": items.get(number, "")}
        cells |= {"start": start, "took": milliseconds(span.end) - start}
        for name, value in cells.items():
            found.setdefault(name, []).append(names[name].number(value) if name in names else value)
        if not _is_plain(span):
            attempts[number] = [
                [each.number, milliseconds(each.start), milliseconds(each.end), _outcome(each, names["outcome"])]
                for each in span.attempts
            ]
        if span.waits:
            waits_of[number] = [
                [milliseconds(each.start), milliseconds(each.end), names["outcome"].number(each.reason)]
                for each in span.waits
            ]
    texts = {name: each.all() for name, each in names.items()}
    return {"columns": found or _NO_STEPS, "names": texts, "attempts": attempts, "waits": waits_of}


_TEXTS = ("name", "item", "error", "agent", "model")
_CODES = ("type", "status", "outcome")
_NO_STEPS: dict[str, list[Any]] = {"id": []}


def _span_cells(span: Span, place: Mapping[str, int]) -> dict[str, Any]:
    parent = span.parent if span.parent in place else None
    is_short = parent is not None and span.step_id.startswith(f"{parent}:")
    return {
        "id": one_line(span.step_id[len(parent) if is_short and parent else 0 :]),
        "parent": -1 if parent is None else place[parent],
        "type": one_line(span.type),
        "name": clip(one_line(span.name or ""), _LONGEST_NAME),
        "index": -1 if span.item_index is None else span.item_index,
        "pass": span.iteration,
    }


def item_labels(rows: Sequence[Row]) -> dict[int, str]:
    """Return a few words that tell the items of a fan-out apart, by the place of their rows."""
    records = {row.span.step_id: row.record for row in rows}
    found = {}
    for number, row in enumerate(rows):
        holder = records.get(row.span.parent or "")
        items = None if holder is None or row.span.item_index is None else holder.output.get("items")
        if isinstance(items, list) and row.span.item_index is not None and row.span.item_index < len(items):
            found[number] = clip(one_line(_label(items[row.span.item_index])), LONGEST_ITEM)
    return found


def _label(item: object) -> str:
    if isinstance(item, dict):
        item = next((item[key] for key in _NAMING if isinstance(item.get(key), str)), item)
    return item[: 2 * LONGEST_ITEM] if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)


def _record_cells(record: StepRecord | None) -> dict[str, Any]:
    if record is None:
        return {"error": "", "agent": "", "model": "", "tokens": 0, "usd": 0, "tries": 0, "continued": 0}
    agent, model = agent_of(record)
    spent = record.spent
    return {
        "error": clip(one_line(record.error or ""), _LONGEST_ERROR),
        "agent": agent,
        "model": model,
        "tokens": 0 if spent is None else spent.tokens,
        "usd": 0 if spent is None else round(spent.usd, 6),
        "tries": record.attempt,
        "continued": int(record.status is StepStatus.FAILED and record.continued),
    }


def agent_of(record: StepRecord) -> tuple[str, str]:
    """Return the agent that did a step and its model, as far as they are known; empty for other steps."""
    if record.type not in AGENT_TYPES and "agent" not in record.output:
        return "", ""
    agent = record.output.get("agent") or record["integration"]
    model = record["model"]
    return (one_line(agent) if isinstance(agent, str) else ""), (one_line(model) if isinstance(model, str) else "")


def _is_plain(span: Span) -> bool:
    if len(span.attempts) != 1:
        return not span.attempts
    one = span.attempts[0]
    return one.number == 1 and one.ended_as in ("completed", "failed") and not span.waits and not one.forgotten


def _outcome(attempt: Attempt, codes: _Names) -> int:
    return codes.number("forgotten" if attempt.forgotten else attempt.ended_as)
