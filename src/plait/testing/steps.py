"""What a test expects of single steps."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from plait.load.nodes import Mapping, Node, Scalar
from plait.model.status import StepStatus
from plait.stubs.fields import best, check_keys, kind_of
from plait.stubs.stub import is_pattern, written_id
from plait.testing.case import Mismatch
from plait.testing.matching import text_check, value_mismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.journal.record import StepRecord
    from plait.journal.state import RunState
    from plait.load.findings import Findings, Path
    from plait.stubs.ids import Ids
    from plait.testing.case import Outcome

    Check = Callable[[Outcome], Mismatch | None]
    StepCheck = Callable[[StepRecord, Outcome], Mismatch | None]

GIVEN = ("text", "prompt", "run")
"""Words for what a step would have been given: the prompt of an agent, the command of a shell."""
KEYS = ("status", "attempts", "output", "error", *GIVEN)
STATUSES = ("completed", "failed", "skipped", "paused")


def records_of(key: str, state: RunState) -> list[StepRecord]:
    """Return the occurrences that a key means: all of a step by its plain id, one by its own, or those of a pattern."""
    if is_pattern(key):
        return [record for record in state.records.values() if fnmatchcase(record.id, key)]
    return [record for record in state.records.values() if key in (record.id, written_id(record.id))]


def executed(record: StepRecord) -> bool:
    """Whether a step began, rather than being skipped."""
    return record.attempt > 0 and record.status is not StepStatus.SKIPPED


def is_possible(key: Scalar, ids: Ids, findings: Findings, path: Path) -> bool:
    """Whether some step can have an id; one that none can have is among the findings."""
    if ids.matching(key.text):
        return True
    findings.add(key, f"no step can have the id `{key.text}`", path, hint=ids.nearest(key.text))
    return False


def read_steps(key: Scalar, node: Node, ids: Ids, findings: Findings, path: Path) -> list[Check]:
    """Return the checks that stand under `steps:`."""
    if not isinstance(node, Mapping):
        findings.add(best(node, key), f"`steps` must be a mapping of step ids, not {kind_of(node)}", path)
        return []
    found: list[Check] = []
    for name, value in node.entries:
        where = (*path, "steps", name.text)
        if not is_possible(name, ids, findings, where):
            continue
        if not isinstance(value, Mapping):
            findings.add(best(value, name), "what is expected of a step must be a mapping", where)
            continue
        check_keys(value, KEYS, "what is expected of a step", findings, where)
        found += [_of_every(name, check) for check in _checks(name, value, findings, where)]
    return found


def _of_every(name: Scalar, check: StepCheck) -> Check:
    """Let a check hold for every occurrence that a key means, of which there must be one."""

    def of_all(outcome: Outcome) -> Mismatch | None:
        records = records_of(name.text, outcome.state)
        if not records:
            return Mismatch(name, f"`{name.text}` did not run: the run did not come to it")
        return next((found for record in records if (found := check(record, outcome)) is not None), None)

    return of_all


def _checks(name: Scalar, node: Mapping, findings: Findings, path: Path) -> list[StepCheck]:
    found: list[StepCheck | None] = []
    for key, value in node.entries:
        match key.text:
            case "status":
                found.append(_status(key, value, findings, path))
            case "attempts":
                found.append(_attempts(key, value, findings, path))
            case "output":
                found.append(_output(key, value, findings, path))
            case "error":
                found.append(_error(key, value, findings, path))
            case "text" | "prompt" | "run":
                found.append(_given(key, value, findings, path))
    del name
    return [check for check in found if check is not None]


def _status(key: Scalar, node: Node, findings: Findings, path: Path) -> StepCheck | None:
    if not isinstance(node, Scalar) or node.value not in STATUSES:
        word = node.text if isinstance(node, Scalar) else ""
        hint = (findings.guess(word, STATUSES) if word else "") or f"one of {', '.join(STATUSES)}"
        findings.add(best(node, key), "`status` must be a status that a step ends with", (*path, "status"), hint=hint)
        return None
    wanted = node.text

    def check(record: StepRecord, outcome: Outcome) -> Mismatch | None:
        del outcome
        if record.status.value == wanted:
            return None
        text = f"`{record.id}` is `{record.status.value}`, and `{wanted}` was expected"
        return Mismatch(node, text, (record.error,) if record.error else ())

    return check


def _attempts(key: Scalar, node: Node, findings: Findings, path: Path) -> StepCheck | None:
    wanted = node.value
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
        findings.add(best(node, key), "`attempts` must be a whole number of at least 0", (*path, "attempts"))
        return None

    def check(record: StepRecord, outcome: Outcome) -> Mismatch | None:
        del outcome
        if record.attempt == wanted:
            return None
        return Mismatch(node, f"`{record.id}` took {record.attempt} attempts, and {wanted} were expected")

    return check


def _output(key: Scalar, node: Node, findings: Findings, path: Path) -> StepCheck | None:
    if not isinstance(node, Mapping):
        findings.add(best(node, key), f"`output` must be a mapping, not {kind_of(node)}", (*path, "output"))
        return None
    return lambda record, _: value_mismatch(node, record.output, f"{record.id}.output", key)


def _error(key: Scalar, node: Node, findings: Findings, path: Path) -> StepCheck | None:
    check = text_check(node, key, "error", findings, (*path, "error"))
    return None if check is None else lambda record, _: check(record.error or "")


def _given(key: Scalar, node: Node, findings: Findings, path: Path) -> StepCheck | None:
    """Check what a step would have been given at its last attempt."""
    check = text_check(node, key, key.text, findings, (*path, key.text))
    if check is None:
        return None

    def of_step(record: StepRecord, outcome: Outcome) -> Mismatch | None:
        given = outcome.given.get(record.id)
        if not given:
            return Mismatch(key, f"`{record.id}` was given nothing: it did not run, or is no step that stubs answer")
        return check(given[-1])

    return of_step
