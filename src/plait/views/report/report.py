"""A report: what is read of a run, how much of it fits, and the page made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.history.timeline import timeline_of
from plait.history.walks import walks_of
from plait.preview.graph import graph_of
from plait.preview.run_states import states_by_path
from plait.views.graph_svg import graph_svg
from plait.views.report.excerpts import of_text
from plait.views.report.logs import ShownLogs, log_files, shown_logs
from plait.views.report.page import Head, page_of
from plait.views.report.parts import Part, parts_of, value_text
from plait.views.report.rows import columns, rows_of
from plait.views.report.script_data import bytes_in_script, script_json
from plait.views.report.shares import Want, shares
from plait.views.report.story import story_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.history.recorded import RecordedRun
    from plait.history.walks import Walk
    from plait.journal import RunState
    from plait.views.report.logs import LogFile
    from plait.views.report.rows import Row
    from plait.views.report.story import Moment

_MEGABYTE = 1_000_000
_LOGS_TOTAL = 6 * _MEGABYTE
_TEXTS_TOTAL = 4 * _MEGABYTE
_LONGEST_TEXT = 128 * 1024
_LARGEST_GRAPH = 2 * _MEGABYTE
_NO_LOGS = ShownLogs({}, 0, 0)


class LeftOut(NamedTuple):
    """How many logs and other texts are not shown whole, and the bytes that are missing."""

    logs: int
    log_bytes: int
    texts: int
    text_bytes: int


class Report(NamedTuple):
    """The page, as UTF-8, and what did not fit into it."""

    page: bytes
    steps: int
    left_out: LeftOut


def report_of(run: RecordedRun, *, name: str, now: float, with_logs: bool = True) -> Report:
    """Make the page of a run.

    `name` is that of the workflow, `now` the time in seconds since the epoch. The graph is there if the
    run's workflow is.
    """
    state, events = run.state, run.events
    walks = walks_of(events, run.now)
    rows = rows_of(state, timeline_of(state, events, run.now), run.status)
    files = log_files(state.folder, rows) if with_logs else []
    logs = shown_logs(state.folder, rows, files, _LOGS_TOTAL) if files else _NO_LOGS
    details, texts, text_bytes = _details(state, rows, files, logs)
    story = story_of(events)
    base = min([*(walk.start for walk in walks), *(row.span.start for row in rows)], default=now)
    head = Head(state, name, run.status, walks, rows, now)
    data = {"run": _run_data(state, walks, base, head), "steps": columns(rows, base), "story": _told(story, rows, base)}
    page = page_of(head, script_json(data), script_json(details), _graph(run))
    return Report(page, len(rows), LeftOut(logs.shortened, logs.bytes_left_out, texts, text_bytes))


def _graph(run: RecordedRun) -> str:
    """Return the graph of the run as an SVG element; empty where there is none, or it is too large to be of use."""
    if run.workflow is None:
        return ""
    state = run.state
    states = states_by_path(state, run.status)
    picture = graph_svg(graph_of(run.workflow, states, run_id=state.run_id, status=run.status))
    return picture if len(picture) <= _LARGEST_GRAPH else ""


def _run_data(state: RunState, walks: Sequence[Walk], base: float, head: Head) -> dict[str, Any]:
    return {
        "id": state.run_id,
        "status": head.status,
        "folder": f".specify/workflows/runs/{state.run_id}",
        "base": round(base * 1000),
        "walks": [[round((walk.start - base) * 1000), round((walk.end - base) * 1000)] for walk in walks],
        "inputs": _named_texts(state.inputs),
        "outputs": _named_texts(state.outputs),
    }


def _named_texts(values: Mapping[str, object]) -> list[list[object]]:
    room = _LONGEST_TEXT // max(len(values), 1)
    return [
        [of_text(str(name), 200).head, of_text(value_text(value), room).as_data()] for name, value in values.items()
    ]


def _told(story: Sequence[Moment], rows: Sequence[Row], base: float) -> list[list[object]]:
    place = {row.span.step_id: number for number, row in enumerate(rows)}
    return [
        [round((each.at - base) * 1000), each.status, each.text, place.get(each.step_id or "", -1)] for each in story
    ]


def _details(
    state: RunState, rows: Sequence[Row], files: Sequence[LogFile], logs: ShownLogs
) -> tuple[dict[int, list[list[object]]], int, int]:
    """Return what there is to read of each step, by row; the number of shortened texts, and the bytes left out."""
    has_last_log = {(file.row, file.attempt) for file in files}
    parts: list[tuple[int, Part]] = []
    for number, row in enumerate(rows):
        record = row.record
        if record is not None:
            has_log = (number, record.attempt) in has_last_log
            parts += [(number, part) for part in parts_of(state, record, has_log=has_log)]
    wants = [Want(not rows[number].is_failed, min(bytes_in_script(part.text), _LONGEST_TEXT)) for number, part in parts]
    details: dict[int, list[list[object]]] = {}
    shortened = left_out = 0
    for (number, part), share in zip(parts, shares(wants, _TEXTS_TOTAL), strict=True):
        excerpt = of_text(part.text, share)
        if excerpt.left_out:
            shortened += 1
            left_out += excerpt.left_out
        details.setdefault(number, []).append([part.kind, part.title, excerpt.as_data(), part.data])
    for number, shown in logs.by_row.items():
        details.setdefault(number, []).append(["logs", "Log", "", shown])
    return details, shortened, left_out
