"""`shell`: a command, its values handed over as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from plait.expressions import LazyText
from plait.expressions.values import UnsuitableError
from plait.expressions.yaml_values import read_yaml
from plait.model.fields import StepConfig, parse_template, parse_value
from plait.model.outcome import StepResult
from plait.model.problems import Flaw
from plait.model.step_type import StepBase, StepContext
from plait.process import ProcessResult, ProcessStartError
from plait.steps.shell_command import bound_command, workflow_variables
from plait.steps.shell_text import ShellText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.model.workflow import Surroundings

_TIMED_OUT = -1
_LONGEST_HINT = 200


def _parse_run(value: object) -> object:
    if isinstance(value, str):
        return ShellText.parse(parse_template(value))
    if isinstance(value, list):
        if not value or not all(isinstance(word, (str, int, float)) and not isinstance(word, bool) for word in value):
            raise PydanticCustomError("argv", "must be text, or a non-empty list of texts")
        return tuple(parse_value(str(word)) for word in value)
    raise PydanticCustomError("text", "must be text, or a list of texts")


class ShellConfig(StepConfig):
    """`run` is shell text, or a list: a program and its arguments, without a shell (SHL-01).

    `output_format` reads the output into `output.data`.
    """

    run: Annotated[
        Any,
        BeforeValidator(_parse_run),
        WithJsonSchema(
            {
                "type": ["string", "array"],
                "items": {"type": ["string", "number"]},
                "minItems": 1,
                "errorMessage": "must be text, or a non-empty list of texts",
            }
        ),
    ] = Field(
        description="Text for /bin/sh, into which values of expressions are put as data; or a list: a program and its "
        "arguments, without a shell.",
        examples=["make test", ["git", "log", "--oneline", "{{ inputs.range }}"]],
    )
    output_format: Literal["json", "lines", "yaml"] | None = Field(
        None, description="How what was printed is read into `output.data`; if it cannot be, the step fails."
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """Find the places of the text where a value cannot be handed over safely."""
        if not isinstance(self.run, ShellText):
            return
        for flaw in self.run.check(surroundings):
            yield Flaw(flaw.message, ("run", *flaw.path), flaw.hint, flaw.severity, flaw.offset, flaw.length)


class ShellStep(StepBase):
    """Runs a command in the project's folder and keeps what it printed (SHL-03)."""

    type_key = "shell"
    Config = ShellConfig
    default_timeout = 300.0

    def execute(self, config: ShellConfig, context: StepContext) -> StepResult:
        """Run the command; a non-zero exit code, a timeout and unreadable output are failures."""
        if isinstance(config.run, ShellText):
            script, env = bound_command(config.run, context)
            argv = ["/bin/sh", "-c", script]
        else:
            argv, env = [context.text(word) for word in config.run], workflow_variables(context)
        try:
            result = context.run_process(argv, env=env)
        except ProcessStartError as error:
            return StepResult.failed(str(error), {"exit_code": 127, "stdout": "", "stderr": str(error)})
        output: dict[str, object] = {
            "exit_code": result.exit_code,
            "stdout": context.kept(result.stdout),
            "stderr": context.kept(result.stderr),
        }
        if result.ended_by != "exit":
            return _ended_early(result, output)
        if result.exit_code != 0:
            return StepResult.failed(_failure(result), output)
        return read_output(config.output_format, output) if config.output_format else StepResult(output=output)


def _ended_early(result: ProcessResult, output: dict[str, object]) -> StepResult:
    output["exit_code"] = _TIMED_OUT
    match result.ended_by:
        case "timeout":
            return StepResult.failed(f"timed out after {result.seconds:.3g} s", output, failure="timeout")
        case "idle":
            text = f"printed nothing for too long and was ended after {result.seconds:.3g} s"
            return StepResult.failed(text, output, failure="idle")
        case _:
            return StepResult.failed("it was stopped", output)


def _failure(result: ProcessResult) -> str:
    """Say how a command failed, with the last line it wrote on its error stream."""
    code = result.exit_code
    how = f"exited with code {code}" if code >= 0 else f"was ended by signal {-code}"
    errors = result.stderr.text or result.stderr.tail
    last = next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), "")
    return f"the command {how}" + (f": {last[:_LONGEST_HINT]}" if last else "")


def read_output(output_format: str, output: dict[str, object]) -> StepResult:
    """Add `data`, what `stdout` stands for in a format, to an output; text that is not of that format is a failure."""
    stdout = output["stdout"]
    text = stdout.read() if isinstance(stdout, LazyText) else str(stdout)
    try:
        if output_format == "json":
            output["data"] = json.loads(text)
        elif output_format == "yaml":
            output["data"] = read_yaml(text)
        else:
            output["data"] = text.splitlines()
    except (ValueError, RecursionError, UnsuitableError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        return StepResult.failed(f"its output is not valid {output_format.upper()}: {problem}", output)
    return StepResult(output=output)
