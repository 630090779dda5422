"""`state.json`: the state as Spec Kit's own tools and viewers read it (RST-05, REAL-8)."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from plait.errors import StorageError
from plait.journal.encode import encode_text, line_encoder
from plait.journal.folder import describe
from plait.journal.values import StoredText

if TYPE_CHECKING:
    from plait.journal.record import StepRecord
    from plait.journal.state import RunState

_LONGEST_TEXT = 2048
"""Characters of one text that `state.json` shows whole: viewers read files of at most 256 KiB."""
_SHARE_OF_TIME = 50
_SHORTEST_PAUSE = 0.5
_encode = line_encoder((", ", ": "))


class View(NamedTuple):
    """What one `state.json` says: the keys before `step_results`, the records, and the keys after them."""

    head: dict[str, Any]
    records: list[tuple[str, StepRecord | dict[str, Any]]]
    tail: dict[str, Any]


class Snapshot:
    """Writes the projection, and knows when it is worth the time."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._written = 0.0
        self._cost = 0.0
        self._content = ""
        self.lock = threading.Lock()
        """Held from `take` to the end of `write`, so that an older view never replaces a newer one."""

    def is_due(self) -> bool:
        """Say whether something changed since the last one and it was long enough ago."""
        pause = max(_SHORTEST_PAUSE, self._cost * _SHARE_OF_TIME)
        return self._state.updated_at != self._content and time.monotonic() - self._written >= pause

    def take(self) -> View:
        """Copy what is to be written; the caller holds the state still meanwhile."""
        state = self._state
        head = {
            "run_id": state.run_id,
            "workflow_id": state.workflow_id,
            "installed_workflow_id": state.installed_workflow_id,
            "installed_registry_root": state.installed_registry_root,
            "status": state.status.value,
            "current_step_index": state.current_step_index,
            "current_step_id": state.current_step_id,
        }
        tail = {
            "workflow_dir": state.workflow_dir,
            "created_at": state.created_at,
            "updated_at": state.updated_at,
            "error": state.error,
            "inputs": state.inputs,
            "outputs": _shortened(state.outputs),
            "owner": state.owner,
        }
        if state.expenses:
            tail["spent"] = state.spent._asdict()
        latest, records = state.latest, state.records
        shown = {step_id: records[latest.get(step_id, step_id)] for step_id in records}
        shown |= {alias: records[step_id] for alias, step_id in latest.items()}
        # A settled record stays as it is; the others are copied, so that the view is of one moment.
        return View(head, [(key, record if record.settled else record.facts()) for key, record in shown.items()], tail)

    def write(self, view: View) -> None:
        """Write what `take` returned, atomically and without ever holding all of it as one text."""
        begun = time.monotonic()
        path = self._state.folder.state
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                _write_parts(file, view)
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise StorageError(f"cannot write {path}: {describe(error)}") from error
        self._content = view.tail["updated_at"]
        self._written = time.monotonic()
        self._cost = self._written - begun


def _write_parts(file: IO[str], view: View) -> None:
    file.write("{\n")
    for key, value in view.head.items():
        file.write(f'  "{key}": {_json(value)},\n')
    file.write('  "step_results": {')
    separator = "\n"
    texts = _RecordTexts()
    for step_id, record in view.records:
        file.write(f"{separator}    {_json(step_id)}: {texts.of(record)}")
        separator = ",\n"
    file.write("\n  },\n")
    file.write(",\n".join(f'  "{key}": {_json(value)}' for key, value in view.tail.items()))
    file.write("\n}\n")


class _RecordTexts:
    """Writes records as JSON; what surrounds the output is the same for most of them and made once."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, str, int], tuple[str, str]] = {}

    def of(self, record: StepRecord | dict[str, Any]) -> str:
        """Return the JSON of a record, or of the facts copied from one."""
        if isinstance(record, dict):
            return _json({**record, "output": _shortened(record["output"])})
        output = record.output
        text = _json(_shortened(output)) if output else "{}"
        if record.error is not None or not _SAID_BY_OUTPUT.isdisjoint(output):
            before, after = _frame(record)
        else:
            key = (record.type, record.status, id(record.recorded))
            before, after = self._frames.get(key) or self._frames.setdefault(key, _frame(record))
        return f"{before}{text}{after}"


_SAID_BY_OUTPUT = frozenset({"integration", "model", "options", "input"})
_PLACEHOLDER = "\N{OBJECT REPLACEMENT CHARACTER}output"


def _frame(record: StepRecord) -> tuple[str, str]:
    """Return what stands before and after the output in the JSON of a record."""
    text = _json({**record.facts(), "output": _PLACEHOLDER})
    before, _, after = text.partition(f'"{_PLACEHOLDER}"')
    return before, after


def _json(value: object) -> str:
    try:
        return _encode(value)
    except (ValueError, RecursionError):
        return encode_text(value).decode()


def _shortened(value: object) -> object:
    """Return a value with its long texts abridged."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= _LONGEST_TEXT else _abridged(value)  # type: ignore[arg-type]
    if kind is int or kind is bool or value is None:
        return value
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(inner) for inner in value]
    if isinstance(value, StoredText):
        return _abridged(value.abridged)
    return value


def _abridged(text: str) -> str:
    half = _LONGEST_TEXT // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n[… {left_out} characters left out; log.jsonl and steps/ have them …]\n{text[-half:]}"
