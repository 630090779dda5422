"""Values that the journal writes once and afterwards refers to.

A fan-out's results are its items' outputs, which their own events hold; a large text is in a file. Such a value knows
its `reference`, which an event carries beside the output (`refs`), never inside it: what a step says can therefore not
be mistaken for a reference.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from plait.errors import EvaluationError
from plait.expressions import LazyText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from plait.journal.record import StepRecord

LONGEST_TEXT = 64 * 1024
"""Bytes of one text that a record keeps whole."""
_SHOWN = 4 * 1024


class JournaledList(list[object]):
    """A list whose value other events already hold; `reference` says which."""

    __slots__ = ("reference",)

    def __init__(self, values: Iterable[object], reference: dict[str, object]) -> None:
        super().__init__(values)
        self.reference = reference

    def __reduce_ex__(self, _: object) -> tuple[type, tuple[list[object]]]:
        """Make copies plain lists: a copy may be changed, and its reference would still say what it was."""
        return list, (list(self),)

    @classmethod
    def of_results(cls, item_prefix: str, records: list[StepRecord]) -> JournaledList:
        """Build the results of a fan-out: the outputs of the items `<item_prefix>:0` and following."""
        return cls((record.output for record in records), {"results": item_prefix, "count": len(records)})

    @classmethod
    def of_outputs(cls, records: list[StepRecord | None]) -> JournaledList:
        """Build the list of the outputs of steps, an empty mapping for one that did not run."""
        ids = [None if record is None else record.id for record in records]
        return cls(({} if record is None else record.output for record in records), {"outputs": ids})

    @classmethod
    def of_decision(cls, step_id: str, key: str, values: list[object]) -> JournaledList:
        """Build a list that a step decided on."""
        return cls(values, {"decision": [step_id, key]})


class JournaledOutput(dict[str, object]):
    """The output of a step, inside that of another; its own event holds it."""

    __slots__ = ("reference",)

    def __init__(self, record: StepRecord) -> None:
        super().__init__(record.output)
        self.reference: dict[str, object] = {"output": record.id}

    def __reduce_ex__(self, _: object) -> tuple[type, tuple[dict[str, object]]]:
        """Make copies plain mappings, as those of a `JournaledList` are plain lists."""
        return dict, (dict(self),)


class StoredText(LazyText):
    """A text too large for a record: its head and tail, its size in bytes and the file that holds it.

    `path` is relative to the run's folder.
    """

    __slots__ = ("_size", "folder", "head", "path", "tail")

    def __init__(self, folder: Path, path: str, size: int, head: str, tail: str) -> None:
        self.folder = folder
        self.path = path
        self._size = size
        self.head = head
        self.tail = tail

    @property
    def size(self) -> int:
        """The length in bytes."""
        return self._size

    @property
    def reference(self) -> dict[str, object]:
        """What an event says of it."""
        return {"text": self.path, "size": self.size, "head": self.head, "tail": self.tail}

    def read(self) -> str:
        """Return the whole text."""
        try:
            return (self.folder / self.path).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise EvaluationError(f"the stored output {self.path} cannot be read: {error.strerror}") from error

    @property
    def abridged(self) -> str:
        """What a person sees of it."""
        omitted = self.size - len(self.head.encode()) - len(self.tail.encode())
        return f"{self.head}\n[… {omitted} bytes left out; all of it is in {self.path} …]\n{self.tail}"

    @classmethod
    def store(cls, text: str, folder: Path, file: Path) -> StoredText:
        """Write a text to a file inside the run's folder and return what stands for it."""
        data = text.encode("utf-8", "surrogatepass")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return cls(folder, str(file.relative_to(folder)), len(data), text[:_SHOWN], text[-_SHOWN:])


_REFERRED = (JournaledList, JournaledOutput, StoredText)


def as_json(value: Any) -> Any:
    """Return a value as a journal gives it back: lists for tuples, text for keys, null for numbers that JSON lacks.

    What JSON cannot say at all is left for the journal to refuse. Raises `TypeError` for a value nested too deeply.
    """
    try:
        return _as_json(value)
    except RecursionError:
        raise TypeError("the value is nested too deeply or holds itself") from None


def _as_json(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None or isinstance(value, _REFERRED):
        return value
    if isinstance(value, dict):
        return {key if type(key) is str else _key(key): _as_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _key(key: object) -> object:
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    return key


def redact_output(output: Mapping[str, object], redact: Callable[[Any], Any]) -> dict[str, object]:
    """Return an output with its values redacted; what other events hold, or a file, was redacted on its way there."""
    return {redact(key): value if isinstance(value, _REFERRED) else redact(value) for key, value in output.items()}


def split_output(output: Mapping[str, object]) -> tuple[Mapping[str, object], dict[str, object] | None]:
    """Divide an output into what an event holds itself and the references beside it."""
    references: dict[str, object] | None = None
    for key, value in output.items():
        if isinstance(value, _REFERRED):
            references = references or {}
            references[key] = value.reference
    if references is None:
        return output, None
    return {key: value for key, value in output.items() if key not in references}, references


def join_output(
    output: dict[str, object],
    references: Mapping[str, Mapping[str, object]],
    folder: Path,
    records: Mapping[str, StepRecord],
    decisions: Mapping[tuple[str, str], object],
) -> dict[str, object]:
    """Put back into an output the values that its event refers to."""
    for key, reference in references.items():
        output[key] = _resolve(reference, folder, records, decisions)
    return output


def _resolve(
    reference: Mapping[str, object],
    folder: Path,
    records: Mapping[str, StepRecord],
    decisions: Mapping[tuple[str, str], object],
) -> object:
    match reference:
        case {"results": str(prefix), "count": int(count)}:
            return JournaledList.of_results(prefix, [records[f"{prefix}:{index}"] for index in range(count)])
        case {"outputs": list(ids)}:
            return JournaledList.of_outputs([None if step_id is None else records[step_id] for step_id in ids])
        case {"output": str(step_id)}:
            return JournaledOutput(records[step_id])
        case {"decision": [str(step_id), str(key)]}:
            decided = decisions[step_id, key]
            return JournaledList.of_decision(step_id, key, decided if isinstance(decided, list) else [])
        case {"text": str(path), "size": int(size), "head": str(head), "tail": str(tail)}:
            return StoredText(folder, path, size, head, tail)
        case _:
            raise KeyError(f"unknown reference {reference!r}")
