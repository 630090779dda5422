"""What the steps of a workflow have taken in the project's earlier runs of it, read from their journals."""

from __future__ import annotations

import gc
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.journal.folder import recorded_runs
from plait.model.spending import Spending
from plait.model.status import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as FilePath

    from plait.journal.folder import RunFolder
    from plait.preview.blocks import Path

MOST_RUNS = 20
"""How many runs are read: the newest ones."""
MOST_BYTES = 3_000_000
"""How many bytes of journals are read before no further run is."""
_LONGEST_FIRST_LINE = 1_000_000
_LINES = re.compile(
    rb'^\{"v":1,"timestamp":"[^"]*","event":"(?:step_started|step_completed|spent|run_resumed)".*\}$', re.MULTILINE
)
_OUTPUT = b',"output":'
_AGENT = b'"agent":'
_FAILED = b'"status":"failed"'


class Sample(NamedTuple):
    """What one run says of one written step, on average over its occurrences that completed, or were gone on past.

    `seconds` are from the start to the end of an occurrence, all its tries included. `share` is the part of the
    occurrences of the step around it in which it ran, `inside` how many items, or passes, it had.
    """

    seconds: float
    spent: Spending
    occurrences: int
    share: float = 1.0
    inside: float = 0.0
    agent: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What earlier runs say, by the path of a step; `runs` are those that were read, the newest first.

    `others` is how many more there are.
    """

    runs: tuple[str, ...] = ()
    others: int = 0
    samples: Mapping[Path, tuple[Sample, ...]] = field(default_factory=dict)

    def always_ran(self, path: Path) -> bool:
        """Whether a step was run whenever the steps around it were."""
        found = self.samples.get(path, ())
        chances = len(self.samples.get(path[:-1], ())) if len(path) > 1 else len(self.runs)
        return 0 < chances <= len(found) and all(each.share >= 1 for each in found)


def read_history(workflow_id: str, project_root: FilePath) -> History:
    """Read the newest runs of a workflow; what cannot be read is passed over."""
    enabled = gc.isenabled()
    gc.disable()  # hundreds of thousands of small objects, few of which stay
    try:
        return _read(workflow_id, project_root)
    finally:
        if enabled:
            gc.enable()


def _read(workflow_id: str, project_root: FilePath) -> History:
    known = [(each, _modified(each)) for each in recorded_runs(project_root)]
    newest = [folder for folder, when in sorted(known, key=lambda pair: pair[1], reverse=True) if when]
    runs: list[str] = []
    samples: dict[Path, list[Sample]] = {}
    others = size = 0
    for folder in newest:
        if not _is_of(folder, workflow_id):
            continue
        if len(runs) >= MOST_RUNS or size > MOST_BYTES:
            others += 1
            continue
        with suppress(OSError, ValueError, KeyError, TypeError):
            size += folder.journal.stat().st_size
            for path, sample in _Reading().of(folder):
                samples.setdefault(path, []).append(sample)
            runs.append(folder.run_id)
    return History(tuple(runs), others, {path: tuple(each) for path, each in samples.items()})


def _modified(folder: RunFolder) -> float:
    try:
        return folder.journal.stat().st_mtime
    except OSError:
        return 0.0


def _is_of(folder: RunFolder, workflow_id: str) -> bool:
    """Whether a run is one of this workflow: its first event says it."""
    try:
        with folder.journal.open("rb") as file:
            event = json.loads(file.readline(_LONGEST_FIRST_LINE))
        return bool(event["workflow_id"] == workflow_id)
    except (OSError, ValueError, KeyError, TypeError):
        return False


_NOTHING = Spending()


def _head(line: bytes) -> bytes:
    """Return an event without the output of a step, unless what is told with or after that is needed."""
    at = line.find(_OUTPUT)
    # Inside of a text these quotes would have backslashes before them.
    is_needed = at < 0 or _AGENT in line or _FAILED in line[:at]
    return line if is_needed else line[:at] + b"}"


class _Occurrence:
    """One occurrence of a step, as far as it has been read."""

    __slots__ = ("agent", "begun", "model", "parent", "path", "seconds", "spent", "within")

    def __init__(self, path: Path, parent: str | None, begun: str | None) -> None:
        self.path = path
        self.parent = parent
        self.begun = begun
        self.seconds: float | None = None
        self.spent: Spending | None = None
        self.within = 0
        """How many items or passes it has."""
        self.agent: str | None = None
        self.model: str | None = None


class _Reading:
    """One journal, read once from its beginning to its end."""

    def __init__(self) -> None:
        self._found: dict[str, _Occurrence] = {}

    def of(self, folder: RunFolder) -> Iterator[tuple[Path, Sample]]:
        """Yield a sample for every written step that has completed in a run."""
        lines = _LINES.findall(folder.journal.read_bytes())
        for event in json.loads(b"[%b]" % b",".join(map(_head, lines))):
            self._take(event)
        groups: dict[Path, list[_Occurrence]] = {}
        for each in self._found.values():
            groups.setdefault(each.path, []).append(each)
        for path, group in groups.items():
            done = [each for each in group if each.seconds is not None]
            if done:
                holders = groups.get(path[:-1], done)
                yield path, _sample(done, max(len(holders), sum(each.within for each in holders)))

    def _take(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "step_started":
                self._start(event)
            case "step_completed":
                self._end(event)
            case "spent":
                self._spend(event)
            case "run_resumed":
                # What was under way when the run stopped begins once more: the time between counts for nothing.
                for each in self._found.values():
                    if each.seconds is None:
                        each.begun = None

    def _start(self, event: Mapping[str, Any]) -> None:
        step_id = event["step_id"]
        found = self._found.get(step_id)
        if found is None:
            found = self._found[step_id] = self._place(step_id, event)
        if found.begun is None or found.seconds is not None:
            found.begun, found.seconds = event["timestamp"], None

    def _place(self, step_id: str, event: Mapping[str, Any]) -> _Occurrence:
        parent = event.get("parent")
        holder = self._found.get(parent) if parent is not None else None
        number = event.get("index", -1) + 1 or event.get("iteration", 0)
        if holder is not None:
            holder.within = max(holder.within, number, 1)
        path = (
            *(() if holder is None else holder.path),
            written_id(step_id, event.get("index"), event.get("iteration")),
        )
        return _Occurrence(path, parent, None)

    def _end(self, event: Mapping[str, Any]) -> None:
        found = self._found.get(event["step_id"])
        if found is None or found.begun is None:
            return
        if event["status"] == StepStatus.COMPLETED.value or event.get("continued"):
            began, ended = datetime.fromisoformat(found.begun), datetime.fromisoformat(event["timestamp"])
            found.seconds = max((ended - began).total_seconds(), 0.0)
            output = event.get("output") or {}
            agent, model = output.get("agent"), output.get("model")
            found.agent = agent if isinstance(agent, str) else None
            found.model = model if isinstance(model, str) else None
        else:
            found.begun = None

    def _spend(self, event: Mapping[str, Any]) -> None:
        found = self._found[event["step_id"]]
        spending = Spending(event["usd"], event["tokens"], event["minutes"])
        found.spent = spending if found.spent is None else found.spent.plus(spending)


def written_id(step_id: str, index: int | None, iteration: int | None) -> str:
    """Return the id that the author wrote for an occurrence of a step: item `index`, or pass `iteration` from 1."""
    if index is not None or (iteration or 0) > 1:
        step_id = step_id.rpartition(":")[0]
    return step_id.rpartition(":")[2]


def _sample(done: list[_Occurrence], around: int) -> Sample:
    first, count = done[0], len(done)
    if count == 1 and first.seconds is not None:
        share = min(1 / max(around, 1), 1.0)
        return Sample(first.seconds, first.spent or _NOTHING, 1, share, first.within, first.agent, first.model)
    total = _NOTHING
    for each in done:
        total = total if each.spent is None else total.plus(each.spent)
    spent = Spending(total.usd / count, round(total.tokens / count), total.minutes / count)
    return Sample(
        seconds=sum(each.seconds or 0.0 for each in done) / count,
        spent=spent,
        occurrences=count,
        share=min(count / max(around, 1), 1.0),
        inside=sum(each.within for each in done) / count,
        agent=done[-1].agent,
        model=done[-1].model,
    )
