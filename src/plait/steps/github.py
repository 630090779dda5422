"""`github`: a label for an issue or a pull request, through the `gh` command."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from plait.expressions import LazyText, Template
from plait.model.fields import EXPRESSION, StepConfig, Value, parse_value
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext
from plait.process import ProcessStartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plait.process import ProcessResult

_API = "https://api.github.com/repos"
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/(?!\.{1,2}\Z)[A-Za-z0-9._-]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_LONGEST_LABEL = 50
_LONGEST_HINT = 200


class _UnsuitableError(Exception):
    """A value that GitHub could not have."""


def read_number(value: object) -> int:
    """Return the number of an issue: a positive whole number, or its digits as text."""
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text):
        raise _UnsuitableError("must be a positive whole number")
    return int(text)


def read_repository(value: object) -> str:
    """Return the name of a repository: `owner/name`."""
    if not isinstance(value, str) or not _REPOSITORY.fullmatch(value):
        raise _UnsuitableError("must be the name of a GitHub repository, `owner/name`")
    return value


def read_label(value: object) -> str:
    """Return the name of a label."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_LABEL or not value.isprintable():
        raise _UnsuitableError(f"must be the name of a label: text of at most {_LONGEST_LABEL} characters in one line")
    return value


def _checked(read: Callable[[object], object]) -> BeforeValidator:
    """Check a value that is written out; one that is an expression is checked when it is known."""

    def check(value: object) -> object:
        if isinstance(value, str) and "{{" in value:
            return parse_value(value)
        try:
            return read(value)
        except _UnsuitableError as error:
            # Braces would be read as pydantic's own placeholders.
            raise PydanticCustomError("github", "{message}", {"message": str(error)}) from None

    return BeforeValidator(check)


class GithubConfig(StepConfig):
    """`label` is added to the `target` with this `number` in a `repository` (ADD-C)."""

    operation: Literal["add-label"] = Field(description="What is done: `add-label` adds a label.")
    target: Literal["issue", "pull_request"] = Field(description="What gets the label.")
    number: Annotated[Value, _checked(read_number), WithJsonSchema({"type": ["integer", "string"], "minimum": 1})] = (
        Field(
            description="The number of the issue or pull request: a number, its digits as text, or an expression.",
            examples=["{{ inputs.issue }}"],
        )
    )
    repository: Annotated[
        Value,
        _checked(read_repository),
        WithJsonSchema({"type": "string", "pattern": rf"/|{EXPRESSION}", "errorMessage": "must be `owner/name`"}),
    ] = Field(description="The repository: `owner/name`, or an expression.", examples=["octo-org/hello"])
    label: Annotated[Value, _checked(read_label), WithJsonSchema({"type": "string", "minLength": 1})] = Field(
        description="The label's name, at most 50 characters.", examples=["triaged"]
    )


class GithubStep(StepBase):
    """Adds a label unless it is there already; asks GitHub first, so that it adds nothing to the wrong thing."""

    type_key = "github"
    Config = GithubConfig
    default_timeout = 300.0

    def execute(self, config: GithubConfig, context: StepContext) -> StepResult:
        """Look the target up, add the label, and see that it is there."""
        try:
            number = _value(config.number, "number", read_number, context)
            repository = _value(config.repository, "repository", read_repository, context)
            label = _value(config.label, "label", read_label, context)
            output = {"repository": repository, "target": config.target, "number": number, "label": label}
            added = self._add(f"{_API}/{repository}", config.target, number, label, context)
        except _UnsuitableError as error:
            return StepResult.failed(str(error))
        except _CallError as error:
            return StepResult.failed(str(error), failure=error.failure)
        return StepResult(output={**output, "added": added})

    def _add(self, base: str, target: str, number: Any, label: Any, context: StepContext) -> bool:
        kind = "issues" if target == "issue" else "pulls"
        found = _ask(context, ["--method", "GET", f"{base}/{kind}/{number}"])
        is_it = isinstance(found, dict) and found.get("number") == number
        if not is_it or (target == "issue" and "pull_request" in found):
            raise _UnsuitableError(f"GitHub's #{number} is not the {target} that was asked for")
        if _has(found.get("labels"), label):
            return False
        header = ["--header", "Content-Type: application/json"]
        body = json.dumps({"labels": [label]}).encode()
        labels = _ask(
            context, ["--method", "POST", f"{base}/issues/{number}/labels", *header, "--input", "-"], stdin=body
        )
        if not _has(labels, label):
            raise _UnsuitableError(f"GitHub did not add the label {label!r} to {target} #{number}")
        return True


class _CallError(Exception):
    """A call of `gh` that failed; `failure` is what `retry.on` may name."""

    def __init__(self, message: str, failure: str = "error") -> None:
        super().__init__(message)
        self.failure = failure


def _value(value: object, field: str, read: Callable[[object], object], context: StepContext) -> object:
    try:
        return read(context.evaluate(value) if isinstance(value, Template) else value)
    except _UnsuitableError as error:
        raise _UnsuitableError(f"`{field}` {error}") from None


def _ask(context: StepContext, arguments: Sequence[str], stdin: bytes | None = None) -> Any:
    """Call `gh api` and return the JSON that GitHub answers."""
    try:
        result = context.run_process(["gh", "api", *arguments], stdin=stdin)
    except ProcessStartError as error:
        raise _CallError(f"{error}; this step needs the GitHub CLI, https://cli.github.com") from None
    if result.ended_by != "exit" or result.exit_code != 0:
        raise _CallError(_how(result), result.ended_by if result.ended_by in ("timeout", "idle") else "error")
    kept = context.kept(result.stdout)
    text = kept.read() if isinstance(kept, LazyText) else str(kept)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _CallError("what `gh` printed is not valid JSON") from None


def _how(result: ProcessResult) -> str:
    if result.ended_by in ("timeout", "idle"):
        return f"`gh` was ended after {result.seconds:.3g} s"
    if result.ended_by != "exit":
        return "it was stopped"
    errors = result.stderr.text or result.stderr.tail
    last = next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), "")
    return f"`gh` exited with code {result.exit_code}" + (f": {last[:_LONGEST_HINT]}" if last else "")


def _has(labels: object, label: object) -> bool:
    """Whether a label is among those of an issue; GitHub takes its names in any case."""
    names = [each.get("name") for each in labels if isinstance(each, dict)] if isinstance(labels, list) else []
    return any(isinstance(name, str) and name.casefold() == str(label).casefold() for name in names)
