"""`gate`: stop for a human."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from plait.model.fields import StepConfig, Value
from plait.model.outcome import StepResult
from plait.model.problems import Flaw
from plait.model.status import StepStatus
from plait.model.step_type import Answer, Question, StepBase, StepContext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.model.workflow import Surroundings

_REJECTIONS = ("reject", "abort")
_MOST_LINES = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class GateConfig(StepConfig):
    """What is asked, which answers there are, and what a rejection means (GAT-01).

    `verdict_input` names an input that may hold the answer; it is used up by the gate that takes it, unless
    `reuse_verdict` is set.
    """

    message: Value = Field(description="What is asked.", examples=["Merge it?"])
    options: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        ("approve", "reject"),
        description="The answers there are. `reject` or `abort` must be among them, unless `on_reject` is `skip`.",
    )
    on_reject: Literal["abort", "skip", "retry"] = Field(
        "abort",
        description="What the answer `reject` or `abort` means: `abort` ends the run, `skip` goes on, `retry` pauses "
        "and asks again at the next resume.",
    )
    verdict_input: str | None = Field(
        None,
        description="The name of an input that may hold the answer; the gate that takes it uses it up. Not inside a "
        "fan-out.",
        examples=["verdict"],
    )
    reuse_verdict: bool = Field(
        False, description="Whether the answer in `verdict_input` is left there, for other gates, too."
    )
    show_file: Value = Field(
        None,
        description="The path of a text file to show with the question, relative to the project's folder.",
        examples=["CHANGES.txt"],
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """A rejection must be possible where it has a meaning; the verdict input must exist (GAT-02, VAL-12)."""
        if self.on_reject != "skip" and not any(_is_rejection(option) for option in self.options):
            hint = "or say `on_reject: skip`"
            yield Flaw(f"`on_reject: {self.on_reject}` needs an option `reject` or `abort`", ("options",), hint=hint)
        if self.verdict_input is None:
            return
        where = ("verdict_input",)
        if surroundings.inside_fan_out:
            yield Flaw(
                "a gate inside a fan-out cannot have a `verdict_input`: one value would answer every item", where
            )
        if not surroundings.inputs_are_valid:
            return
        declared = surroundings.inputs.get(self.verdict_input)
        if declared is None:
            yield Flaw(f"`verdict_input` names no input: {self.verdict_input!r}", where)
        elif self.on_reject == "retry" and declared.enum is not None and "" not in declared.enum:
            message = f'`on_reject: retry` empties the input {self.verdict_input!r}, whose `enum` has no ""'
            yield Flaw(message, where, hint='add "" to the enum')


class GateStep(StepBase):
    """Waits for an answer: from its verdict input, from `plait answer`, or from the terminal; else the run pauses."""

    type_key = "gate"
    Config = GateConfig
    acts = False

    def execute(self, config: GateConfig, context: StepContext) -> StepResult:
        """Find the answer, or pause for it."""
        output: dict[str, object] = {
            "message": context.evaluate(config.message),
            "options": list(config.options),
            "on_reject": config.on_reject,
            "show_file": context.text(config.show_file) if config.show_file is not None else None,
            "choice": None,
        }
        if config.verdict_input is not None:
            verdict = context.consume_verdict(config.verdict_input, reuse=config.reuse_verdict)
            if verdict not in (None, ""):
                return self._by_verdict(verdict, config, context, output)
        answer = context.answer(_question(config, context, output))
        choice = None if answer is None else _match(answer.choice, config.options)
        if answer is None or choice is None:
            return StepResult(StepStatus.PAUSED, output)
        return _decide(choice, config, context, output, answer)

    def _by_verdict(
        self, verdict: object, config: GateConfig, context: StepContext, output: dict[str, object]
    ) -> StepResult:
        if not isinstance(verdict, str):
            return StepResult.failed(
                f"the verdict input {config.verdict_input!r} must be text, not {verdict!r}", output
            )
        choice = _match(verdict, config.options)
        if choice is None:
            options = ", ".join(config.options)
            return StepResult.failed(f"{verdict!r} is none of the gate's options: {options}", output)
        return _decide(choice, config, context, output, None)


def _decide(
    choice: str, config: GateConfig, context: StepContext, output: dict[str, object], answer: Answer | None
) -> StepResult:
    """Turn a choice into the gate's result (GAT-13..17)."""
    output["choice"] = choice
    if answer is not None:
        output |= {"comment": answer.comment, "answered_by": answer.by}
    if not _is_rejection(choice) or config.on_reject == "skip":
        return StepResult(output=output)
    if config.on_reject == "abort":
        said = f": {answer.comment}" if answer is not None and answer.comment else ""
        return StepResult.failed(f"rejected at gate {context.step_id}{said}", {**output, "aborted": True})
    if config.verdict_input is not None:
        context.reset_input(config.verdict_input)
    return StepResult(StepStatus.PAUSED, output)


def _is_rejection(option: str) -> bool:
    return option.lower() in _REJECTIONS


def _match(choice: str, options: tuple[str, ...]) -> str | None:
    wanted = choice.strip().lower()
    return next((option for option in options if option.lower() == wanted), None)


def _question(config: GateConfig, context: StepContext, output: dict[str, object]) -> Question:
    name = output["show_file"]
    attachment = None if not isinstance(name, str) else lambda: _read(name, context)
    shown = _CONTROL.sub("", name) if isinstance(name, str) else None
    return Question(context.step_id, context.text(config.message), config.options, attachment, shown)


def _read(name: str, context: StepContext) -> str:
    """Return the beginning of a file, or a notice why it cannot be shown: a gate never fails for that (GAT-11)."""
    try:
        with (context.project_root / name).open(encoding="utf-8") as file:
            lines = [_CONTROL.sub("", line.rstrip("\n")) for line, _ in zip(file, range(_MOST_LINES + 1), strict=False)]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
        return f"(cannot be shown: {reason})"
    if not lines:
        return "(the file is empty)"
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"(… more than {_MOST_LINES} lines)"]
    return "\n".join(lines)
