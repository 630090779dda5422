"""The contract between the engine and a step type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeVar

from plait.model.outcome import Halt, StepResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from plait.cancellation import Cancellation
    from plait.expressions import Condition
    from plait.model.fields import StepConfig
    from plait.model.spending import AgentCall, Spending
    from plait.model.workflow import Block, Step, Workflow
    from plait.process import Captured, Dialogue, ProcessResult

T = TypeVar("T")
OnItemFailure = Literal["stop", "continue", "cancel"]
OnItemPause = Literal["stop", "continue"]


class BrokenStepTypeError(KeyError):
    """A step type that there is, but that could not be loaded; `reason` says why.

    Raised by mappings of step types, to which it is a missing key.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StepBase(ABC):
    """A step type: how one kind of step is configured and executed.

    Derive from it, set `type_key` (the word after `type:`) and, to have the step's fields validated while the file
    is loaded, `Config` (a `StepConfig`); without one, `execute` receives the step's mapping as it was written.

    One instance serves every step of the type, in every run of the engine it was handed to, and `execute` **may be
    called from several threads at once**: keep nothing of a run on `self`.

    A failure is returned (`StepResult.failed`); an exception that escapes is taken for a bug, ends the run and
    reaches the caller with its traceback.
    """

    type_key: ClassVar[str] = ""
    Config: ClassVar[type[StepConfig] | None] = None
    default_timeout: ClassVar[float | None] = None
    """Seconds after which a step of this type is ended when it says nothing of its own."""
    default_idle_timeout: ClassVar[float | None] = None
    """Seconds without any output after which a child of such a step is ended when it says nothing of its own."""
    owns_failures: ClassVar[bool] = False
    """Whether a failure of a step inside is also one of this step, which `continue_on_error` then goes on past."""
    own_clock: ClassVar[bool] = False
    """Whether the step's `timeout` counts only while the type is inside `context.timed()`, not from its start."""
    acts: ClassVar[bool] = True
    """Whether it does something outside of the run: a dry run answers such steps from stubs and executes the others."""
    chooses: ClassVar[bool] = False
    """Whether the steps inside may be left out, depending on values that are known only when it runs."""

    @abstractmethod
    def execute(self, config: Any, context: StepContext) -> StepResult:
        """Do the step's work and return what came of it."""

    def validate(self, config: Mapping[str, object]) -> list[str]:
        """Return what is wrong with the mapping of a step, for a type without a `Config`."""
        del config
        return []


class ItemsOutcome(NamedTuple):
    """What came of running many items: `results` in item order, cut after the lowest one that halted.

    `failures` lists every failed item under the policy `continue`; `halt` is the lowest item's own.
    """

    results: list[object]
    halt: Halt | None = None
    failures: tuple[Halt, ...] = ()


class Question(NamedTuple):
    """What a gate asks of a person: `options` are the words that may be chosen."""

    step_id: str
    message: str
    options: tuple[str, ...]
    attachment: Callable[[], str] | None = None
    """Reads the text of a file to be shown with the question, control characters removed."""
    attachment_name: str | None = None


class Answer(NamedTuple):
    """A person's answer to a gate."""

    choice: str
    comment: str | None = None
    by: str | None = None


class StepContext:
    """What a step sees of the run around it, and what it may ask of the engine.

    The attributes are data of this occurrence of the step. The methods below `evaluate` and `condition` act on a
    run; a context made by hand (for `evaluate_expression`, say) has none to act on, and they raise.
    """

    def __init__(
        self,
        *,
        inputs: Mapping[str, object] | None = None,
        steps: Mapping[str, object] | None = None,
        item: object = None,
        item_index: int | None = None,
        fan_in: object = None,
        inside_fan_out: bool = False,
        default_integration: str | None = None,
        default_model: str | None = None,
        default_options: Mapping[str, object] | None = None,
        project_root: Path | str | None = None,
        run_id: str | None = None,
        workflow_dir: str | None = None,
        step_id: str = "",
        attempt: int = 1,
        workflow: Workflow | None = None,
        is_resume: bool = False,
    ) -> None:
        self.inputs: Mapping[str, object] = {} if inputs is None else inputs
        self.steps: Mapping[str, object] = {} if steps is None else steps
        self.item = item
        self.item_index = item_index
        self.fan_in = fan_in
        self.inside_fan_out = inside_fan_out
        self.default_integration = default_integration
        self.default_model = default_model
        self.default_options: Mapping[str, object] = default_options or {}
        self.project_root = Path(project_root) if project_root is not None else Path.cwd()
        self.run_id = run_id
        self.workflow_dir = workflow_dir
        self.step_id = step_id
        self.attempt = attempt
        self.workflow = workflow
        self.is_resume = is_resume
        """Whether the run goes on after it had stopped, rather than being at its first start."""
        self.waits = 0
        """How often this occurrence has waited out a limit (`StepResult.again_at`) so far."""

    def scope(self) -> dict[str, object]:
        """Return what expressions can see, by root name (EXP-06, EXP-07)."""
        return {
            "inputs": self.inputs,
            "steps": self.steps,
            "item": self.item,
            "item_index": self.item_index,
            "fan_in": self.fan_in,
            "context": {"run_id": self.run_id or "", "workflow_dir": self.workflow_dir or ""},
        }

    def evaluate(self, value: object, **extra: object) -> object:
        """Evaluate a template, also inside mappings and lists; `extra` adds roots for this evaluation alone.

        Raises `EvaluationError`, which the engine turns into the failure of this step.
        """
        from plait.expressions import evaluate_value  # noqa: PLC0415 - keeps the contract importable alone

        scope = self.scope()
        return evaluate_value(value, {**scope, **extra} if extra else scope)

    def condition(self, condition: Condition) -> bool:
        """Evaluate a condition."""
        return condition.evaluate(self.scope())

    @property
    def cancellation(self) -> Cancellation:
        """The scope to watch in long work: `context.cancellation.cancelled`."""
        raise _no_run("cancellation")

    def decide(self, key: str, compute: Callable[[], T], *, iteration: int = 0) -> T:
        """Compute something once, journal it, and answer the same on every later walk of this run.

        The value must be JSON. `iteration` is the pass of a loop the decision belongs to, from 1.
        """
        raise _no_run("decide")

    def publish(self, output: Mapping[str, object]) -> None:
        """Let the steps inside this one see `output` before this step has ended."""
        raise _no_run("publish")

    def run_block(self, block: Block, *, iteration: int = 0) -> Halt | None:
        """Run steps one after the other; return what stopped them, or None.

        `iteration` is the pass of a loop, from 1: from the second on, ids carry it.
        """
        raise _no_run("run_block")

    def run_items(
        self,
        body: Step,
        items: Sequence[object],
        *,
        width: int,
        on_item_failure: OnItemFailure = "stop",
        on_item_pause: OnItemPause = "stop",
    ) -> ItemsOutcome:
        """Run `body` for every item, at most `width` at once; ids are `<this step>:<body id>:<index>`."""
        raise _no_run("run_items")

    def run_branches(
        self,
        branches: Mapping[str, Block],
        *,
        width: int,
        on_item_failure: OnItemFailure = "stop",
        on_item_pause: OnItemPause = "stop",
    ) -> ItemsOutcome:
        """Run blocks at the same time, at most `width` at once; the outcome has no `results`: steps have their ids."""
        raise _no_run("run_branches")

    def run_workflow(self, reference: str, inputs: Mapping[str, object]) -> tuple[Halt | None, dict[str, object]]:
        """Run a workflow that the step calls, in a scope of its own; return what stopped it, or None, and its outputs.

        `inputs` are templates, evaluated when the call begins, and again for values that a resume has changed. Raises
        `InputError` for inputs that do not fit, `EvaluationError` if nothing was loaded under this reference.
        """
        raise _no_run("run_workflow")

    def run_process(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        dialogue: Dialogue | None = None,
    ) -> ProcessResult:
        """Run a child process in this step's folder, environment and time limits, its output logged as it comes.

        `env` adds to the step's own environment. With a `dialogue`, what the child writes is for it to read: the
        bytes are kept beside the attempt's log, which then has what the step itself `tell`s.
        """
        raise _no_run("run_process")

    def tell(self, line: str) -> None:
        """Add a line to the attempt's log and show it to whoever watches the run."""
        raise _no_run("tell")

    def timed(self) -> AbstractContextManager[None]:
        """Let the step's `timeout` run, for a type with `own_clock`; the time of several uses adds up."""
        raise _no_run("timed")

    def waiting(self, why: str) -> AbstractContextManager[None]:
        """Give the run's slot back while the step waits, and show `why`."""
        raise _no_run("waiting")

    def remember(self, key: str, value: object) -> None:
        """Journal something about this occurrence (JSON) that a later attempt, also after a crash, needs to know."""
        raise _no_run("remember")

    def remembered(self, key: str) -> object:
        """Return what was last remembered under `key`, in any attempt of this occurrence, or None."""
        raise _no_run("remembered")

    def budgeted(self) -> AbstractContextManager[str | None]:
        """Set aside what one more call to an agent is expected to cost, in every budget that this step falls under.

        Yields None, or why there is not enough left: the caller then returns `StepResult.paused`.
        """
        raise _no_run("budgeted")

    def spend(self, spending: Spending, call: AgentCall | None = None) -> None:
        """Journal what a call to an agent has cost; `call` says whose it was and what the tokens were."""
        raise _no_run("spend")

    def shared(self, kind: type[T]) -> T:
        """Return the one `kind()` that all steps of this run have, made on demand, and forgotten with the process."""
        raise _no_run("shared")

    def working_folder(self) -> Path:
        """Return the folder that the step's children run in (`cwd`, or the project's)."""
        raise _no_run("working_folder")

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables that the step's children run with."""
        raise _no_run("environment")

    def answer(self, question: Question) -> Answer | None:
        """Return a person's answer, asking on the terminal if there is one; None means to wait."""
        raise _no_run("answer")

    def consume_verdict(self, input_name: str, *, reuse: bool = False) -> object:
        """Take the value of a verdict input; None if another gate has used it up. `reuse` leaves it for others."""
        raise _no_run("consume_verdict")

    def reset_input(self, input_name: str) -> None:
        """Set a verdict input back to an empty text for the rest of the run (GAT-16)."""
        raise _no_run("reset_input")

    def text(self, value: object) -> str:
        """Evaluate a value and write it the way it appears inside text."""
        from plait.expressions import Template  # noqa: PLC0415 - keeps the contract importable alone
        from plait.expressions.values import to_text  # noqa: PLC0415

        return value.render(self.scope()) if isinstance(value, Template) else to_text(self.evaluate(value))

    def output_of(self, step_id: str) -> Mapping[str, object]:
        """Return the output of a step seen from here, empty if it did not run, without copying it into this one's."""
        raise _no_run("output_of")

    def outputs_of(self, step_ids: Sequence[str]) -> list[object]:
        """Return the outputs of steps as `output_of` does, as one list."""
        raise _no_run("outputs_of")

    def kept(self, captured: Captured) -> object:
        """Return what a child printed as a value for an output: text, or what stands for a large one."""
        raise _no_run("kept")

    def files_folder(self) -> Path:
        """Return a folder of this occurrence of the step, made on demand, inside the run's folder."""
        raise _no_run("files_folder")

    def keep_file(self, name: str, data: bytes) -> None:
        """Write a file into `files_folder()`, for its owner alone, secrets as `***`; raises `StorageError`."""
        raise _no_run("keep_file")


def _no_run(power: str) -> RuntimeError:
    return RuntimeError(f"this context belongs to no run: {power}() needs one")
