"""Step types that run in this process. (Annotations are evaluated: pydantic reads those of a configuration.)"""

from collections.abc import Callable, Mapping

from plait.model.fields import StepConfig, Value
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext

Behaviour = Callable[[StepContext], StepResult | None]


class DoConfig(StepConfig):
    """`value` is what the step's output holds under `value`; `note` is data for the test's own code."""

    value: Value = None
    note: Value = None


class Do(StepBase):
    """Does what the script says for its step id, or for `default`; else completes with `value`."""

    type_key = "do"
    Config = DoConfig

    def __init__(self) -> None:
        self.script: Mapping[str, Behaviour] = {}
        self.calls: list[str] = []

    def execute(self, config: DoConfig, context: StepContext) -> StepResult:
        self.calls.append(context.step_id)
        behaviour = self.script.get(context.step_id) or self.script.get("default")
        result = behaviour(context) if behaviour is not None else None
        return StepResult(output={"value": context.evaluate(config.value)}) if result is None else result


class Raw(StepBase):
    """A type without a `Config`: it receives its mapping as written and may return more steps."""

    type_key = "raw"

    def __init__(self, do: Do) -> None:
        self._do = do

    def execute(self, config: Mapping[str, object], context: StepContext) -> StepResult:
        self._do.calls.append(context.step_id)
        then = [{"id": "x", "type": "dont"}] if config.get("broken") else config.get("then") or ()
        return StepResult(output={"said": context.evaluate(config.get("say"))}, next_steps=then)

    def validate(self, config: Mapping[str, object]) -> list[str]:
        return [] if "say" in config else ["`say` is needed"]


def fails(error: str | None = "no", **output: object) -> Behaviour:
    return lambda context: StepResult.failed(error, dict(output))


def pauses(context: StepContext) -> StepResult:
    from plait.model.status import StepStatus

    return StepResult(StepStatus.PAUSED)


def aborts(context: StepContext) -> StepResult:
    return StepResult.failed("aborted here", {"aborted": True})
