"""What the engine offers to the step it executes."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from plait.cancellation import Cancellation
from plait.engine import interpreter
from plait.engine.calls import Calls
from plait.engine.pool import ItemPool
from plait.engine.scope import VisibleSteps
from plait.errors import EvaluationError
from plait.expressions import Template
from plait.journal.encode import encode_text
from plait.journal.folder import write_atomically
from plait.journal.values import JournaledList, JournaledOutput, StoredText, as_json, redact_output
from plait.model.step_type import Answer, ItemsOutcome, OnItemFailure, OnItemPause, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from plait.engine.call import Call
    from plait.engine.run import Run
    from plait.engine.scope import Place
    from plait.expressions import Condition
    from plait.model.outcome import Halt
    from plait.model.spending import Budget
    from plait.model.status import StepStatus
    from plait.model.workflow import Block, Step
    from plait.process import Captured
    from plait.secrets import Redactor

T = TypeVar("T")


class RunContext(Calls):
    """The context of one occurrence of a step in a run.

    The data that a step type may read as attributes (`inputs`, `steps`, `item` …) are copies, made when first asked
    for: what a step does to them is seen by no other.
    """

    def __init__(self, run: Run, step: Step, place: Place) -> None:
        # The base class's data are computed on demand below; most steps use few of them.
        self._run = run
        self._step = step
        self.place = place
        self.step_id = place.id
        self.attempt = 1
        self.answered = False
        self.former: StepStatus | None = None
        """How the step stood before it was walked this time."""

    def __getattr__(self, name: str) -> Any:
        compute = _DATA.get(name)
        if compute is None:
            raise AttributeError(name)
        value = compute(self)
        setattr(self, name, value)
        return value

    def scope(self) -> dict[str, object]:
        return self.place.scope.values(self._run)

    @property
    def step_budget(self) -> Budget | None:
        """What the step's author lets it spend."""
        return self._step.settings.budget

    @property
    def written_id(self) -> str:
        """The step's id in its file."""
        return self._step.id

    def evaluated_default(self, text: str | None) -> str | None:
        """Return a default of the workflow that the step is in, with its expressions evaluated."""
        return self.text(Template.parse(text)) if text is not None and "{{" in text else text

    @property
    def label(self) -> str:
        """What a progress line calls the step: its command, or its type (EXI-12)."""
        command = getattr(self._step.config, "command", None)
        return command.text if isinstance(command, Template) else self._step.type.type_key

    @property
    def cancellation(self) -> Cancellation:
        return self.place.cancellation

    def condition(self, condition: Condition) -> bool:
        return condition.evaluate(self.scope())

    def evaluate_lazily(self, value: object) -> object:
        """Evaluate a template, leaving a stored text where it is if that is all the value is."""
        if isinstance(value, Template):
            return value.evaluate(self.scope(), keep_lazy=True)
        return self.evaluate(value)

    def decide(self, key: str, compute: Callable[[], T], *, iteration: int = 0) -> T:
        decided = self._run.state.decisions.get((self.step_id, key))
        if decided is None:
            value: object = as_json(compute())
            fields: dict[str, Any] = {"iteration": iteration} if iteration else {}
            try:
                event = self._run.journal.append("decided", step_id=self.step_id, key=key, value=value, **fields)
            except TypeError as error:
                raise EvaluationError(f"the value cannot be kept as JSON: {error}") from error
            value = event["value"]
        else:
            value = decided.value
        if isinstance(value, list):
            return JournaledList.of_decision(self.step_id, key, value)  # type: ignore[return-value]
        return value  # type: ignore[return-value]

    def publish(self, output: Mapping[str, object]) -> None:
        redactor = self._run.redactor
        self._run.published[self.step_id] = redact_output(output, redactor.redact_value) if redactor else output

    def run_block(self, block: Block, *, iteration: int = 0) -> Halt | None:
        with self.place.scope.call.without_slot():
            return interpreter.run_block(self._run, block, self.place, iteration)

    def run_items(
        self,
        body: Step,
        items: Sequence[object],
        *,
        width: int,
        on_item_failure: OnItemFailure = "stop",
        on_item_pause: OnItemPause = "stop",
    ) -> ItemsOutcome:
        run, place = self._run, self.place
        group = Cancellation(place.cancellation)
        terms = replace(place.terms, cancellation=group, pooled=True)

        prefix = f"{place.id}:{body.id}"
        begun = run.state.records.get(f"{prefix}:0") is not None

        def start(index: int) -> Halt | None:
            if begun and run.state.settled(f"{prefix}:{index}") is not None:
                return None
            return interpreter.run_step(run, body, place.of_item(body, items[index], index, terms))

        pool = ItemPool(run, group, len(items), start, on_item_failure, on_item_pause, nested=place.terms.pooled)
        with place.scope.call.without_slot():
            halt, stopped_at = pool.run(width)
        count = len(items) if stopped_at is None else stopped_at + 1
        records = []
        for index in range(count):
            record = run.state.records.get(f"{prefix}:{index}")
            if record is None or record.ended is None:
                break
            records.append(record)
        return ItemsOutcome(JournaledList.of_results(prefix, records), halt, pool.failures)

    def run_branches(
        self,
        branches: Mapping[str, Block],
        *,
        width: int,
        on_item_failure: OnItemFailure = "stop",
        on_item_pause: OnItemPause = "stop",
    ) -> ItemsOutcome:
        run, blocks, terms = self._run, list(branches.values()), self.place.terms
        group = Cancellation(self.place.cancellation)
        around = self.place.of_branch(replace(terms, cancellation=group, pooled=True))

        def start(index: int) -> Halt | None:
            return interpreter.run_block(run, blocks[index], around)

        pool = ItemPool(run, group, len(blocks), start, on_item_failure, on_item_pause, nested=terms.pooled)
        with self.place.scope.call.without_slot():
            halt, _ = pool.run(width)
        return ItemsOutcome([], halt, pool.failures)

    def run_workflow(self, reference: str, inputs: Mapping[str, object]) -> tuple[Halt | None, dict[str, object]]:
        from plait.engine.called import CalledWorkflow  # noqa: PLC0415 - most runs call no other workflow

        called = CalledWorkflow(self._run, self, reference)
        with self.place.scope.call.without_slot():
            return called.run(inputs)

    def answer(self, question: Question) -> Answer | None:
        run = self._run
        answer = run.state.answers.get(self.step_id)
        if answer is None and run.prompter is not None:
            run.journal.append(
                "gate_asked", step_id=self.step_id, message=question.message, options=list(question.options)
            )
            with self.place.scope.call.without_slot():
                answer = run.prompter.ask(_masked(question, run.redactor) if run.redactor else question)
            answer = self._first_answer(answer)
        self.answered = answer is not None
        return answer

    def _first_answer(self, typed: Answer | None) -> Answer | None:
        """Journal an answer from the terminal, unless one came from elsewhere while the question stood there."""
        run = self._run
        with run.journal.lock:
            given = run.state.answers.get(self.step_id)
            if given is not None or typed is None:
                return given
            run.journal.append(
                "gate_answered", step_id=self.step_id, choice=typed.choice, comment=typed.comment, by=typed.by
            )
            return typed

    def consume_verdict(self, input_name: str, *, reuse: bool = False) -> object:
        run, call = self._run, self.place.scope.call
        with run.journal.lock:
            used_by = run.state.consumed_verdicts.get(call.prefix + input_name)
            value = call.inputs(run.state).get(input_name)
            if value in (None, "") or reuse or used_by == self.step_id:
                return value
            if used_by is not None:
                return None
            run.journal.append("verdict_consumed", input=call.prefix + input_name, step_id=self.step_id)
            return value

    def reset_input(self, input_name: str) -> None:
        run, call = self._run, self.place.scope.call
        with run.journal.lock:
            if call.step_id is not None:
                run.journal.append("input_reset", input=input_name, step_id=call.step_id)
                return
            run.journal.append("input_reset", input=input_name)
            write_atomically(run.state.folder.inputs, encode_text({"inputs": run.state.inputs}))

    def output_of(self, step_id: str) -> Mapping[str, object]:
        record = self._visible().find(step_id)
        return {} if record is None else JournaledOutput(record)

    def outputs_of(self, step_ids: Sequence[str]) -> list[object]:
        visible = self._visible()
        return JournaledList.of_outputs([visible.find(step_id) for step_id in step_ids])

    def kept(self, captured: Captured) -> object:
        if captured.spilled is None:
            return captured.text
        folder = self._run.state.folder.path
        path = str(captured.spilled.relative_to(folder))
        return StoredText(folder, path, captured.size, captured.head, captured.tail)

    def _visible(self) -> VisibleSteps:
        return VisibleSteps(self._run.state, self._run.published, self.place.scope.prefixes)

    def files_folder(self) -> Path:
        folder = self._run.state.folder.step(self.step_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def keep_file(self, name: str, data: bytes) -> None:
        write_atomically(self.files_folder() / name, self._run.redactor.redact_bytes(data))


def _masked(question: Question, redactor: Redactor) -> Question:
    """Return a question that shows no known secret, not even one from the file beside it."""
    read = question.attachment
    attachment = None if read is None else lambda: redactor.redact_text(read())
    return question._replace(message=redactor.redact_text(question.message), attachment=attachment)


def _waits(context: RunContext) -> int:
    record = context._run.state.records.get(context.step_id)
    return 0 if record is None else record.waits


def _call(context: RunContext) -> Call:
    return context.place.scope.call


def _steps_copy(context: RunContext) -> dict[str, object]:
    return {key: copy.deepcopy(dict(record)) for key, record in context._visible().ended()}


_DATA: dict[str, Callable[[RunContext], object]] = {
    "inputs": lambda context: copy.deepcopy(dict(_call(context).inputs(context._run.state))),
    "steps": _steps_copy,
    "item": lambda context: copy.deepcopy(context.place.scope.item),
    "item_index": lambda context: context.place.scope.item_index,
    "fan_in": lambda _: None,
    "inside_fan_out": lambda context: context.place.scope.inside_fan_out,
    "default_integration": lambda context: _call(context).workflow.default_integration,
    "default_model": lambda context: _call(context).workflow.default_model,
    "default_options": lambda context: copy.deepcopy(dict(_call(context).workflow.default_options)),
    "project_root": lambda context: context._run.project_root,
    "run_id": lambda context: context._run.state.run_id,
    "workflow_dir": lambda context: _call(context).context_values["workflow_dir"] or None,
    "workflow": lambda context: _call(context).workflow,
    "is_resume": lambda context: context._run.resumed,
    "waits": _waits,
}
