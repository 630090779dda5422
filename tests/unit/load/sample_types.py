"""Step types as small as loading needs them; nothing here is ever executed."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictInt, StrictStr

from plait.model.fields import ConditionField, NamedBlocks, OneStep, StepConfig, Steps, Text, Value
from plait.model.problems import Flaw
from plait.model.step_type import StepBase


class Sample(StepBase):
    def execute(self, config, context):
        raise NotImplementedError


class Shell(Sample):
    type_key = "shell"

    class Config(StepConfig):
        run: Text
        output_format: Literal["json"] | None = None


class Command(Sample):
    type_key = "command"

    class Config(StepConfig):
        command: Text
        input: dict[str, Value] | None = None
        integration: Value = None
        model: Value = None
        options: dict[str, Any] | None = None


class Gate(Sample):
    type_key = "gate"

    class Config(StepConfig):
        message: Text
        options: Annotated[tuple[StrictStr, ...], Field(min_length=1)] = ("approve", "reject")
        on_reject: Literal["abort", "skip", "retry"] = "abort"
        show_file: Text | None = None
        verdict_input: StrictStr | None = None

        def check(self, surroundings):
            if self.verdict_input is None or not surroundings.inputs_are_valid:
                return
            if surroundings.inside_fan_out:
                yield Flaw("`verdict_input` cannot be used inside a fan-out", ("verdict_input",))
            if self.verdict_input not in surroundings.inputs:
                yield Flaw(f"there is no input `{self.verdict_input}`", ("verdict_input",))


class If(Sample):
    type_key = "if"

    class Config(StepConfig):
        condition: ConditionField
        then: Steps
        else_: Steps | None = Field(default=None, alias="else")


class Switch(Sample):
    type_key = "switch"

    class Config(StepConfig):
        expression: Value
        cases: NamedBlocks
        default: Steps | None = None


class While(Sample):
    type_key = "while"

    class Config(StepConfig):
        condition: ConditionField
        steps: Steps
        max_iterations: Annotated[StrictInt, Field(ge=1)] | Text = 10


class FanOut(Sample):
    type_key = "fan-out"

    class Config(StepConfig):
        items: Value
        step: OneStep | None = None
        steps: Steps | None = None
        max_concurrency: Any = 1


class FanIn(Sample):
    type_key = "fan-in"

    class Config(StepConfig):
        wait_for: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
        output: dict[str, Value] | None = None

        def check(self, surroundings):
            for index, name in enumerate(self.wait_for):
                if name not in surroundings.ids_before or name == surroundings.step_id:
                    yield Flaw(f"`{name}` is not declared before this step", ("wait_for", index))


class Init(Sample):
    type_key = "init"

    class Config(StepConfig):
        here: bool | Text = False
        force: bool | Text = False


class Compiled:
    """What a step type makes of a text; the loader knows nothing of it."""

    def __init__(self, text):
        self.text = text


class Script(Sample):
    type_key = "script"

    class Config(StepConfig):
        text: Annotated[Any, BeforeValidator(Compiled)]


class Free(Sample):
    """A type of a user's own, which reads its mapping itself."""

    type_key = "free"

    def validate(self, config):
        return [] if "colour" in config else ["`colour` is required"]


STEP_TYPES = {
    each.type_key: each() for each in (Shell, Command, Gate, If, Switch, While, FanOut, FanIn, Init, Script, Free)
}
