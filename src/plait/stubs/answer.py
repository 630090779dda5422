"""A stub as the result of a step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plait.model.outcome import StepResult
from plait.stubs.checking import data_fault
from plait.stubs.sample import sample_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.stubs.stub import Stub
    from plait.stubs.work import Work

_PASSING = ("quota", "rate_limit", "overloaded")
_ENDED_EARLY = ("timeout", "idle")
_LONGEST_HINT = 200
_WORDS = {"timeout": "timed out", "idle": "printed nothing for too long and was ended"}


def answer_of(stub: Stub, work: Work, *, passes: bool, complain: Callable[[str, str], Exception]) -> StepResult:
    """Return what a step comes to that a stub answers; all that the stub does not say is as if it went well.

    `passes`: the answer is that of one attempt alone, so a limit it tells of is waited out, at no cost of time.
    `complain` returns what is to be raised for an answer that does not fit, given its field and the reason.
    """
    output = {**work.output, **stub.output}
    _fill_texts(output, stub)
    if stub.exit_code is not None:
        output["exit_code"] = stub.exit_code
    code = output.get("exit_code", 0)
    if stub.error is None and stub.failure is None and code == 0:
        return _gone_well(stub, work, output, complain)
    failure = stub.failure or "error"
    if code == 0 and "exit_code" in output and "exit_code" not in stub.output:
        output["exit_code"] = -1 if failure in _ENDED_EARLY else 1
    again_at = time.time() if passes and failure in _PASSING else None
    return StepResult.failed(_error(stub, output), output, failure=failure, again_at=again_at)


def _fill_texts(output: dict[str, object], stub: Stub) -> None:
    """Let what an agent says be both its `text` and its `stdout`, whichever of them is written."""
    if "text" in output and "stdout" in output:
        for one, other in (("text", "stdout"), ("stdout", "text")):
            if one in stub.output and other not in stub.output:
                output[other] = stub.output[one]


def _error(stub: Stub, output: dict[str, object]) -> str:
    if stub.error is not None:
        return stub.error
    if stub.failure is not None and stub.failure != "error":
        return _WORDS.get(stub.failure, f"failed: {stub.failure}")
    if stub.failure is not None and not output.get("exit_code"):
        return "failed"
    lines = str(output.get("stderr") or "").splitlines()
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"the command exited with code {output['exit_code']}" + (f": {last[:_LONGEST_HINT]}" if last else "")


def _gone_well(
    stub: Stub, work: Work, output: dict[str, object], complain: Callable[[str, str], Exception]
) -> StepResult:
    if work.output_format is not None and "data" not in stub.output:
        return _read(stub, work.output_format, output)
    if work.schema is None:
        return StepResult(output=output)
    if "data" not in stub.output:
        said = str(stub.output.get("text") or "")
        return _with_answer(said, work, output, complain)
    if fault := data_fault(output["data"], work.schema):
        raise complain("output", f"`data` does not fit the schema of the step: {fault}")
    return StepResult(output=output)


def _read(stub: Stub, output_format: str, output: dict[str, object]) -> StepResult:
    """Read what a shell is said to have printed as it would have been; nothing, where nothing is said."""
    from plait.steps.shell import read_output  # noqa: PLC0415 - only for shell steps

    if "stdout" in stub.output:
        return read_output(output_format, output)
    return StepResult(output={**output, "data": [] if output_format == "lines" else None})


def _with_answer(
    said: str, work: Work, output: dict[str, object], complain: Callable[[str, str], Exception]
) -> StepResult:
    """Find the data in what an agent is said to have answered; without a word, make the least that fits."""
    from plait.steps.agent.answer import AnswerError, find_answer  # noqa: PLC0415 - only for steps with a schema

    schema = work.schema or {}
    if said.strip():
        try:
            data = find_answer(said, None, schema)
        except AnswerError as error:
            text = f"the answer is not the JSON asked for: {error}"
            return StepResult.failed(text, {**output, "data": None}, failure="bad_output")
        return StepResult(output={**output, "data": data})
    data = sample_of(schema)
    if fault := data_fault(data, schema):
        raise complain("output", f"the step has an `output_schema`, so its stub needs `data` in its output ({fault})")
    return StepResult(output={**output, "data": data})
