"""The page itself: what is in it for readers without a script, and how the other files are put into it."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from plait._version import __version__
from plait.views.exits import was_interrupted
from plait.views.graph_style import style_of
from plait.views.palette import STATUS_SIGNS
from plait.views.report.rows import agent_of
from plait.views.report.script_data import script_bytes
from plait.views.shortage import raising_command
from plait.views.spending import tokens_text, usd_text
from plait.views.text import clean, clip, duration, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.history.walks import Walk
    from plait.journal import RunState
    from plait.views.report.rows import Row

_SCRIPTS = ("format.js", "steps.js", "axis.js", "list.js", "details.js", "filter.js", "panes.js", "main.js")
_MOST_IN_SUMMARY = 200
_MOST_WAITING = 5
_LONGEST = 600


class Head(NamedTuple):
    """What the page says of the run as a whole; `now` is when it is made, in seconds since the epoch."""

    state: RunState
    name: str
    status: str
    walks: Sequence[Walk]
    rows: Sequence[Row]
    now: float


def page_of(head: Head, data: str, details: str, graph: str) -> bytes:
    """Return the page; `data` and `details` are made by `script_json`, `graph` is an SVG element or empty."""
    style, script = style_text(), script_text()
    title = one_line(head.name) or one_line(head.state.workflow_id) or "a workflow"
    text = Template(_file("page.html")).substitute(
        policy=_policy([style, style_of()], script),
        title=_text(f"{title} · {head.status} · run {head.state.run_id}"),
        style=style,
        script=script,
        heading=_text(title),
        badge=_badge(head.status),
        status=head.status,
        origin=_text(f"{head.state.workflow_id} · run {head.state.run_id}"),
        facts="".join(f"<div><dt>{_text(key)}</dt><dd>{value}</dd></div>" for key, value in _facts(head)),
        notices="".join(_notices(head)),
        summary="".join(_summary(head)),
        footer=f"Made by Plait {_text(__version__)} on {_time(head.now)}",
        data=data,
        details=details,
        graph=graph,
        has_graph="" if graph else "hidden",
    )
    return script_bytes(text)


def style_text() -> str:
    """Return the page's style."""
    return _file("report.css")


def script_text() -> str:
    """Return the page's script: its files one after the other, in a scope of their own."""
    return '"use strict";\n{\n' + "\n".join(_file(name) for name in _SCRIPTS) + "\n}\n"


@cache
def _file(name: str) -> str:
    return (files("plait.views.report") / "assets" / name).read_text(encoding="utf-8")


def _policy(styles: Sequence[str], script: str) -> str:
    """Return a policy under which nothing is loaded, and nothing runs but the page's own styles and script."""
    allowed = " ".join(f"'{_digest(style)}'" for style in styles)
    return (
        f"default-src 'none'; style-src {allowed}; script-src '{_digest(script)}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(value: object) -> str:
    """Return a value as HTML that shows it, on one line and without characters that steer or reorder."""
    return escape(one_line(str(value)))


def _time(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return f'<time datetime="{at.isoformat(timespec="milliseconds")}">{at:%Y-%m-%d %H:%M:%S} UTC</time>'


def _badge(status: str) -> str:
    return f'<span class="badge" data-status="{_text(status)}">{_sign(status)}{_text(status)}</span>'


def _sign(status: str) -> str:
    return f'<span aria-hidden="true" class="sign" data-status="{status}">{STATUS_SIGNS.get(status, "?")}</span>'


def _facts(head: Head) -> Iterator[tuple[str, str]]:
    state, walks = head.state, head.walks
    if walks:
        yield "Started", _time(walks[0].start)
        yield "Took" if head.status != "running" else "So far", _text(duration(walks[-1].end - walks[0].start))
        if len(walks) > 1:
            at_work = duration(sum(walk.end - walk.start for walk in walks))
            yield "At work", _text(f"{at_work}, in {len(walks)} sessions")
    yield "Steps", _text(f"{len(head.rows):,}")
    if state.spent.tokens:
        yield "Tokens", _text(tokens_text(state.spent.tokens))
    if state.spent.usd:
        yield "Cost", _text(usd_text(state.spent.usd))


def _notices(head: Head) -> Iterator[str]:
    """Yield what a reader should know first: what failed, what waits for whom, and how to go on."""
    state, run_id = head.state, head.state.run_id
    if head.status in ("failed", "aborted"):
        step = state.current_step_id or ""
        where = f'<a href="#{_text(step)}">{_text(step)}</a>: ' if step in state.records else ""
        yield _notice(head.status, where + _long(state.error or head.status))
    if head.status == "interrupted":
        yield _notice("interrupted", "The process that walked it is gone.")
    if state.interruption is not None:
        by = "stopped" if was_interrupted(state.interruption) else "paused"
        yield _notice("paused", f"It was {by} by {_text(state.interruption)}.")
    waiting = state.waiting if head.status != "running" or state.asked else []
    for record in waiting[:_MOST_WAITING]:
        message = record.output.get("message") or record.error or "waits for a larger budget"
        yield _notice("paused", f'<a href="#{_text(record.id)}">{_text(record.id)}</a> waits: {_long(message)}')
    if len(waiting) > _MOST_WAITING:
        yield _notice("paused", f"{len(waiting) - _MOST_WAITING:,} more steps wait.")
    if head.status in ("failed", "paused", "interrupted"):
        command = raising_command(run_id, waiting) or f"plait resume {run_id}"
        yield f'<p class="next">To go on: <code>{_text(command)}</code></p>'


def _notice(status: str, html: str) -> str:
    return f'<p class="notice" data-status="{status}">{_sign(status)}<span>{html}</span></p>'


def _long(value: object) -> str:
    return escape(clip(clean(str(value)).strip(), _LONGEST))


def _summary(head: Head) -> Iterator[str]:
    """Yield a table of the steps at the top, and of those that failed, for readers without a script and for paper."""
    chosen = [row for row in head.rows if row.span.parent is None or row.is_failed]
    for row in chosen[:_MOST_IN_SUMMARY]:
        record = row.record
        agent = agent_of(record)[0] if record is not None else ""
        error = clip(one_line(record.error or ""), _LONGEST) if record is not None else ""
        cells = (
            f"<td>{_sign(row.status)} {_text(row.status)}</td>"
            f"<th scope=row>{_text(row.span.name or row.span.step_id)}</th>"
            f"<td>{_text(row.span.step_id)}</td><td>{_text(agent or row.span.type)}</td>"
            f"<td>{_text(duration(row.span.end - row.span.start)) if row.span.attempts else ''}</td>"
            f"<td>{escape(error)}</td>"
        )
        yield f'<tr data-status="{_text(row.status)}">{cells}</tr>\n'
    if len(chosen) > _MOST_IN_SUMMARY:
        yield f"<tr><td colspan=6>{len(chosen) - _MOST_IN_SUMMARY:,} more steps are not in this table.</td></tr>"
