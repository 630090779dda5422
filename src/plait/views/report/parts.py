"""What there is to read of a step besides its row: what it was asked, what it answered and put out, what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.journal.values import JournaledList, JournaledOutput, StoredText
from plait.views.gates import is_gate, options_of
from plait.views.json_text import as_json
from plait.views.report.diffs import diff_text
from plait.views.report.rows import AGENT_TYPES, LONGEST_ITEM
from plait.views.spending import tokens_text, usd_text
from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plait.journal import RunState, StepRecord

_LONGEST_FACT = 80
_MOST_FILES = 500
_LONGEST_PATH = 300
_NOT_SHOWN = frozenset(("step_template", "results", "max_concurrency", "waits_for", "budget", "aborted"))


class Part(NamedTuple):
    """Something to read: a long `text`, or `data` in the form that the page's script knows for its `kind`."""

    kind: str
    title: str
    text: str = ""
    data: Any = None


def parts_of(state: RunState, record: StepRecord, *, has_log: bool) -> list[Part]:
    """Return what to show of a step; what a command printed is left to its log, if `has_log`."""
    parts: list[Part] = []
    facts: list[tuple[str, str]] = []
    output = dict(record.output)
    if record.error:
        parts.append(Part("error", "Error", record.error))
    item = _item_of(state, record)
    if len(item) > LONGEST_ITEM or "\n" in item:
        parts.append(Part("text", "Item", item))
    if record.type in AGENT_TYPES or "agent" in output:
        diff = diff_text(state.folder, record) if output.get("changes") else ""
        parts += _agent_parts(output, facts, diff)
    elif is_gate(record):
        parts.append(_gate_part(record, output))
    if has_log:
        output.pop("stdout", None)
        output.pop("stderr", None)
    parts += _other_parts(output, facts)
    if facts:
        parts.append(Part("facts", "Recorded", data=facts))
    return parts


def _item_of(state: RunState, record: StepRecord) -> str:
    """Return the item of a fan-out that a step is for; empty for a step that is for none."""
    holder = state.records.get(record.parent or "")
    items = None if holder is None or record.index is None else holder.output.get("items")
    if not isinstance(items, list) or record.index is None or record.index >= len(items):
        return ""
    return value_text(items[record.index])


def value_text(value: object) -> str:
    """Return a value as text: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, StoredText):
        return value.abridged
    try:
        return as_json(dict(value) if isinstance(value, JournaledOutput) else value)
    except (ValueError, RecursionError):
        return "(nested too deeply to be shown)"


def _agent_parts(output: dict[str, object], facts: list[tuple[str, str]], diff: str) -> Iterator[Part]:
    for key, title in (("prompt", "Prompt"), ("input", "Input"), ("text", "Answer"), ("data", "Data of the answer")):
        value = output.pop(key, None)
        if value not in (None, "", {}):
            yield Part("answer" if key == "text" else "text", title, value_text(value))
    # What an agent put out is its answer once more.
    for key in ("stdout", "integration", "model", "agent", "dispatched", "session_usage", "verified"):
        output.pop(key, None)
    yield from _changes_part(output, diff)
    yield from _checks_part(output)
    usage = output.pop("usage", None)
    if isinstance(usage, dict):
        facts.append(("tokens of the last try", _usage_text(usage)))
    calls = output.pop("attempts", None)
    if isinstance(calls, int) and calls > 1:
        facts.append(("calls", str(calls)))
    for key in ("denied", "options", "integration_args", "integration_options"):
        if not output.get(key):
            output.pop(key, None)


def _usage_text(usage: Mapping[str, object]) -> str:
    words = (("input", "in"), ("cached", "of them cached"), ("output", "out"))
    parts = [f"{tokens_text(count)} {word}" for key, word in words if isinstance(count := usage.get(key), int)]
    cost = usage.get("cost_usd")
    return ", ".join([*parts, *([usd_text(cost)] if isinstance(cost, (int, float)) else [])])


def _changes_part(output: dict[str, object], diff: str) -> Iterator[Part]:
    changes, stat = output.pop("changes", None), output.pop("diffstat", None)
    if not isinstance(changes, list):
        return
    entries = [each for each in changes if isinstance(each, dict)]
    files = [[_path(each, "change"), _path(each, "path"), _path(each, "from")] for each in entries[:_MOST_FILES]]
    title = plural(len(changes), "changed file")
    if isinstance(stat, dict) and changes:
        title += f": {_count(stat, 'insertions')} lines added, {_count(stat, 'deletions')} removed"
    yield Part("files", title, diff, {"files": files, "more": max(len(entries) - _MOST_FILES, 0)})


def _path(entry: Mapping[str, object], key: str) -> str:
    return clip(one_line(str(entry.get(key) or "")), _LONGEST_PATH)


def _count(stat: Mapping[str, object], key: str) -> str:
    count = stat.get(key)
    return f"{count:,}" if isinstance(count, int) else "?"


def _checks_part(output: dict[str, object]) -> Iterator[Part]:
    checks = output.pop("verification", None)
    if isinstance(checks, list):
        for each in checks:
            if isinstance(each, dict):
                ended = "passed" if each.get("exit_code") == 0 else f"failed, exit code {each.get('exit_code')}"
                text = value_text(each.get("output") or "")
                yield Part("check", f"Check {ended}", f"$ {value_text(each.get('command'))}\n{text}".rstrip())


def _gate_part(record: StepRecord, output: dict[str, object]) -> Part:
    message = output.pop("message", None)
    data = {
        "options": [one_line(option) for option in options_of(record) or ()],
        "choice": _said(output.pop("choice", None)),
        "comment": _said(output.pop("comment", None)),
        "by": _said(output.pop("answered_by", None)),
    }
    output.pop("options", None)
    return Part("gate", "Question", "" if message is None else value_text(message), data)


def _said(value: object) -> str | None:
    return None if value is None else clip(one_line(str(value)), 2000)


def _other_parts(output: Mapping[str, object], facts: list[tuple[str, str]]) -> Iterator[Part]:
    for key, value in output.items():
        if key in _NOT_SHOWN or value is None or value == "" or (key == "items" and isinstance(value, list)):
            continue
        if isinstance(value, JournaledList):
            facts.append((one_line(key), f"list of {len(value):,}"))
            continue
        text = value_text(value)
        if len(text) <= _LONGEST_FACT and "\n" not in text:
            facts.append((one_line(key).replace("_", " "), one_line(text)))
        else:
            yield Part("text", one_line(key), text)
