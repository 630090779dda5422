"""Everything that is recorded of one step: what it was given, what it gave back, and where its files are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.journal.values import StoredText
from plait.load.yaml_text import to_yaml
from plait.views.json_text import as_json
from plait.views.payload import record_payload
from plait.views.step_outcome import outcome_text
from plait.views.text import clean, clip, moment, one_line
from plait.views.tree import step_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from plait.history.recorded import RecordedRun
    from plait.journal import StepRecord
    from plait.model.workflow import Step
    from plait.views.palette import Palette

_LONGEST_LINE = 400
_MOST_LINES = 40
_SHOWN_APART = ("stdout", "stderr", "text", "prompt", "changes", "verification", "session", "usage", "results", "items")


def detail_lines(
    run: RecordedRun, record: StepRecord, step: Step | None, palette: Palette, *, now: float, everything: bool = False
) -> Iterator[str]:
    """Yield what is known of one step; `step` is it as written, if known. Long texts are cut unless `everything`."""
    state = run.state
    more = outcome_text(record, state)
    yield step_line(record, palette, now, holds_others=record.id in state.tally, more=more)
    for name, value in _facts(record):
        yield f"  {palette.paint(f'{name:<9}', 'dim')} {value}"
    most = None if everything else _MOST_LINES
    for title, text in _texts(record, step):
        yield ""
        yield palette.paint(title, "bold")
        yield from _block(text, most)
    files = files_of(run, record)
    if files:
        yield ""
        yield palette.paint("files", "bold")
        yield from (f"  {one_line(str(path))}" for path in files)


def _facts(record: StepRecord) -> Iterator[tuple[str, str]]:
    for name, at in (("began", record.started), ("ended", record.ended)):
        if at:
            yield name, moment(_iso(at))
    if record.parent:
        yield "inside", one_line(record.parent)
    for name in ("integration", "model", "session"):
        value = record.output.get(name) or (record[name] if name != "session" else None)
        if value:
            yield name[:9], one_line(str(value))
    usage = record.output.get("usage")
    if isinstance(usage, dict):
        yield "usage", one_line(as_json(usage, indent=None))
    for finding in _checks(record):
        yield "check", f"{one_line(str(finding.get('command')))}: exit {finding.get('exit_code')}"


def _iso(at: float) -> str:
    from plait.journal.record import timestamp  # noqa: PLC0415 - of two lines of one view

    return timestamp(at)


def _checks(record: StepRecord) -> list[dict[str, Any]]:
    found = record.output.get("verification")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(record: StepRecord, step: Step | None) -> Iterator[tuple[str, str]]:
    output = record.output
    if step is not None and step.written:
        yield "as written", to_yaml(dict(step.written))
    given = {key: record[key] for key in ("input", "options") if record[key]}
    if given:
        yield "input", as_json(given)
    if record.error:
        yield "error", record.error
    for name in ("prompt", "text", "stdout", "stderr"):
        value = output.get(name)
        if name == "stdout" and value == output.get("text"):
            continue
        if value:
            yield name, value.abridged if isinstance(value, StoredText) else str(value)
    changes = output.get("changes")
    if isinstance(changes, list) and changes:
        yield "changed files", "\n".join(_change(each) for each in changes)
    rest = {key: value for key, value in output.items() if key not in _SHOWN_APART and value not in (None, "", [], {})}
    if rest:
        yield "output", as_json(rest)


def _change(change: object) -> str:
    if not isinstance(change, dict):
        return str(change)
    return " ".join(str(value) for value in change.values() if value is not None)


def _block(text: str, most: int | None) -> Iterator[str]:
    lines = clean(text).rstrip("\n").splitlines()
    shown = lines if most is None else lines[:most]
    for line in shown:
        yield f"  {line if most is None else clip(line, _LONGEST_LINE)}"
    if len(shown) < len(lines):
        yield f"  … {len(lines) - len(shown):,} more lines (--all shows them)"


def files_of(run: RecordedRun, record: StepRecord) -> list[Path]:
    """Return the files that the tries of a step have left, in order."""
    folder = run.state.folder.step(record.id)
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def detail_payload(run: RecordedRun, record: StepRecord, step: Step | None) -> dict[str, Any]:
    """Return the same as an object: the record, the step as `written`, its `files`."""
    written: Mapping[str, object] | None = None if step is None else step.written
    return {
        "run_id": run.state.run_id,
        "step_id": record.id,
        **record_payload(record),
        "written": None if written is None else dict(written),
        "files": [str(path) for path in files_of(run, record)],
    }
