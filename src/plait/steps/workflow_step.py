"""`workflow`: another workflow, as one step of this one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, StrictStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from plait.errors import InputError
from plait.expressions import Template
from plait.model.fields import Deep, StepConfig, is_file_reference
from plait.model.inputs import coerce
from plait.model.outcome import HaltKind, StepResult
from plait.model.problems import Flaw
from plait.model.step_type import StepBase, StepContext
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from plait.model.outcome import Halt
    from plait.model.workflow import Surroundings, Workflow

_ID = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def _reference(text: str) -> str:
    if "{{" in text:
        raise PydanticCustomError("reference", "must be written out: what is called is read before anything runs")
    if not _ID.fullmatch(text) and not is_file_reference(text):
        raise PydanticCustomError("reference", "must be the id of an installed workflow, or the path of a .yml file")
    return text


class WorkflowConfig(StepConfig):
    """`workflow` is an id, or a path relative to the file; `input` maps names of its inputs to values (ADD-B)."""

    workflow: Annotated[
        StrictStr,
        AfterValidator(_reference),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": rf"^{_ID.pattern}$|\.[yY][aA]?[mM][lL]$",
                "errorMessage": "must be the id of an installed workflow, or the path of a .yml file, written out",
            }
        ),
    ] = Field(
        description="The workflow to run: the id of an installed one, or the path of a .yml file relative to this "
        "file. Written out, without expressions.",
        examples=["review", "parts/letter.yml"],
    )
    input: dict[StrictStr, Deep] = Field(
        default_factory=dict,
        description="Values for its inputs by their names; null leaves an input at its default.",
        examples=[{"to": "{{ inputs.name }}"}],
    )

    def calls(self) -> tuple[str, str] | None:
        """Name the workflow."""
        return "workflow", self.workflow

    def output_keys(self, called: Workflow | None) -> Collection[str] | None:
        """Return the outputs that the workflow declares, and what is told of how it ended."""
        return None if called is None else {"workflow", "status", "error", "aborted", *called.outputs}

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """Every input that is given must be declared and fit, and every one that is needed must be given."""
        called = surroundings.called
        if called is None:
            return
        for name, value in self.input.items():
            flaw = _flaw_of(called, name, value)
            if flaw is not None:
                yield flaw
        for name, declared in called.inputs.items():
            if declared.required and not declared.has_default and self.input.get(name) is None:
                explanation = declared.prompt or declared.description
                message = f"workflow `{called.id}` needs the input `{name}`" + (
                    f": {explanation}" if explanation else ""
                )
                yield Flaw(message, ("input",))


def _flaw_of(called: Workflow, name: str, value: object) -> Flaw | None:
    """Return what is wrong with one input, as far as it can be told before anything runs."""
    declared = called.inputs.get(name)
    if declared is None:
        known = ", ".join(f"`{each}`" for each in called.inputs)
        hint = suggestion(name, list(called.inputs)) or f"it has {known or 'no inputs'}"
        return Flaw(f"workflow `{called.id}` has no input `{name}`", ("input", name), hint=hint)
    if isinstance(value, Template) and not value.is_literal:
        return None
    literal = value.text if isinstance(value, Template) else value
    if literal is None:
        return None
    try:
        coerce(declared, literal)
    except InputError as error:
        return Flaw(error.message, ("input", name))
    return None


class WorkflowStep(StepBase):
    """Runs another workflow, whose outputs are its own; that one sees its inputs and its own steps alone."""

    type_key = "workflow"
    Config = WorkflowConfig
    acts = False
    owns_failures = True

    def execute(self, config: WorkflowConfig, context: StepContext) -> StepResult:
        """Call the workflow, or go on with the call."""
        called = context.workflow.calls.get(config.workflow) if context.workflow is not None else None
        output: dict[str, object] = {"workflow": config.workflow if called is None else called.id}
        try:
            halt, outputs = context.run_workflow(config.workflow, config.input)
        except InputError as error:
            return StepResult.failed(error.message, {**output, "status": "failed", "error": error.message})
        if halt is None:
            return StepResult(output={**output, "status": "completed", **outputs})
        return StepResult.after(halt, {**output, **_how(halt)})


def _how(halt: Halt) -> dict[str, object]:
    """Return what the output says of a workflow that did not complete."""
    told: dict[str, object] = {"status": halt.run_status.value}
    if halt.kind is HaltKind.ABORTED:
        told["aborted"] = True
    if halt.kind in (HaltKind.ABORTED, HaltKind.FAILED):
        told["error"] = halt.error
    return told
