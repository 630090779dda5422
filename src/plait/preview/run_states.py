"""How the written steps of a run stand, each of them summed up over its items and passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.status import StepStatus
from plait.preview.graph import NodeState
from plait.preview.history import written_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.journal import RunState, StepRecord
    from plait.preview.blocks import Path

_WORST_FIRST = ("failed", "aborted", "paused", "running", "interrupted", "pending", "completed", "skipped")
_DONE = ("completed", "skipped")
_OPEN = (StepStatus.RUNNING, StepStatus.PENDING)


def states_by_path(state: RunState, shown: str) -> dict[Path, NodeState]:
    """Return the state of every written step that a run has come to; `shown` is the run's status as it is shown."""
    paths: dict[str, Path] = {}
    groups: dict[Path, list[StepRecord]] = {}
    for record in state.records.values():
        around = paths.get(record.parent, ()) if record.parent is not None else ()
        path = paths[record.id] = (*around, written_id(record.id, record.index, record.iteration))
        groups.setdefault(path, []).append(record)
    expected = _expected(state, paths)
    return {
        path: _summed(records, shown, expected.get(path, 0), in_items=_in_items(path, expected))
        for path, records in groups.items()
    }


def _expected(state: RunState, paths: Mapping[str, Path]) -> dict[Path, int]:
    """Return how many items there are in all, by the path of the fan-out."""
    found: dict[Path, int] = {}
    for (step_id, key), decision in state.decisions.items():
        if key == "items" and step_id in paths and isinstance(decision.value, list):
            found[paths[step_id]] = found.get(paths[step_id], 0) + len(decision.value)
    return found


def _in_items(path: Path, expected: Mapping[Path, int]) -> int:
    """Return how many items the fan-out nearest around a step has, 0 for a step in none."""
    around = next((path[:length] for length in range(len(path) - 1, 0, -1) if path[:length] in expected), None)
    return 0 if around is None else expected[around]


def _summed(records: Sequence[StepRecord], shown: str, items: int, *, in_items: int) -> NodeState:
    words = [_word(record, shown) for record in records]
    last = records[-1]
    ended = last.ended - last.started if last.ended is not None and len(records) == 1 else None
    is_loop = not in_items and len(records) > 1
    total = max(in_items, len(records))
    done = sum(word in _DONE for word in words)
    failed = sum(word in ("failed", "aborted") for word in words)
    if is_loop:
        return NodeState(words[-1], f"pass {len(records)}", None, done, failed, total)
    status = min(words, key=_WORST_FIRST.index)
    if status in _DONE:
        status = "completed" if "completed" in words else "skipped"
        if done < total:
            status = "running" if shown == "running" else "pending"
    note = _note(words, done, failed, total) if in_items else f"{items:,} item{'s' * (items != 1)}" if items else ""
    return NodeState(status, note, ended, done, failed, total)


def _note(words: Sequence[str], done: int, failed: int, total: int) -> str:
    parts = [f"{done:,}/{total:,} done"]
    others = {"running": words.count("running"), "waiting": words.count("paused")}
    parts += [f"{count:,} {word}" for word, count in {"failed": failed, **others}.items() if count]
    return ", ".join(parts)


def _word(record: StepRecord, shown: str) -> str:
    """Return the status of an occurrence as it is shown: what was under way when the run ended is not any more."""
    if record.status in _OPEN and shown != "running":
        return "aborted" if shown == "aborted" else "interrupted" if record.status is StepStatus.RUNNING else "pending"
    if record.status is StepStatus.PAUSED and shown == "aborted":
        return "aborted"
    return record.status.value
