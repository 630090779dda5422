"""Do stubs fit the workflow that they are to answer for?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from plait.load.findings import Findings
from plait.load.nodes import Mapping as MappingNode
from plait.load.source import Source
from plait.model.fields import StepConfig
from plait.model.problems import Problem, Severity
from plait.stubs.fields import best
from plait.stubs.ids import Ids
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plait.model.workflow import Step, Workflow
    from plait.stubs.stub import Stub, Stubs

GATE = "gate"
_SHOWN_FAULT = 300


def stub_problems(stubs: Stubs, workflow: Workflow) -> list[Problem]:
    """Return what keeps stubs from answering for a workflow, and warnings about a recording of another version."""
    checker = _Checker(stubs, workflow)
    problems = checker.of_stubs()
    if stubs.default is None and stubs.recorded is None:
        problems += checker.missing()
    return problems


def digest_of(workflow: Workflow) -> str:
    """Return a digest of all the text that a workflow and those that it calls are made of."""
    digest = hashlib.sha256()
    for each in workflow.family():
        digest.update(each.text.encode())
        digest.update(b"\0")
    return f"sha256:{digest.hexdigest()[:32]}"


def missing_problem(step: Step) -> Problem:
    """Say of a step that no stub answers it, at its place in the workflow."""
    source = Source(step.document.text, step.document.name)
    line = source.line_text(step.mark.line)
    length = max(1, len(line) - step.mark.column + 1)
    message = f"no stub answers the step `{step.id}` ({step.type.type_key})"
    hint = f"add `{step.id}: {{output: …}}` to `stubs`, or a default stub, which answers all others"
    return Problem(message, step.document.name, step.mark, line, length, hint)


def data_fault(data: object, schema: Mapping[str, Any]) -> str:
    """Return why data do not fit a schema; empty if they do."""
    from plait.steps.agent.schema_source import validator_of  # noqa: PLC0415 - only for steps with a schema

    return _fault(validator_of(schema), data)


def _fault(validator: Any, data: object) -> str:
    error = next(iter(validator.iter_errors(data)), None)
    return "" if error is None else f"at {error.json_path[:_SHOWN_FAULT]}: {error.message[:_SHOWN_FAULT]}"


class _Checker:
    def __init__(self, stubs: Stubs, workflow: Workflow) -> None:
        self.stubs = stubs
        self.workflow = workflow
        self.ids = Ids(workflow)
        self.folders = {step.order: each for each in workflow.family() for step in each.walk()}
        self.answered: set[int] = set()
        self.validators: dict[int, Any] = {}
        """Of the steps whose answers have a schema, by their order; None for the others."""

    def of_stubs(self) -> list[Problem]:
        findings: dict[str, Findings] = {}
        for key, stub in self.stubs.by_key.items():
            place = stub.key or stub.node
            found = findings.setdefault(place.source.name, Findings(place.source))
            self._check(key, stub, found)
        self._check_recording(findings)
        return [problem for each in findings.values() for problem in each.problems]

    def missing(self) -> list[Problem]:
        """Return a problem for each step that acts and that nothing can answer; none if perhaps none is reached."""
        found = [each for each in self.ids.steps if each.type.acts and each.order not in self.answered]
        sure = {step.order for step in self.workflow.walk()} - self.workflow.doubtful()
        return [missing_problem(each) for each in found] if any(each.order in sure for each in found) else []

    def _check(self, key: str, stub: Stub, findings: Findings) -> None:
        place, path = stub.key or stub.node, ("stubs", key)
        found = self.ids.matching(key)
        if not found:
            what = f"of {self.workflow.id} "
            findings.add(place, f"no step {what}can have the id `{key}`", path, hint=self.ids.nearest(key))
            return
        steps = {each.step.order: each.step for each in found if each.step is not None}.values()
        acting = [step for step in steps if step.type.acts]
        gates = [step for step in steps if step.type.type_key == GATE]
        self.answered |= {step.order for step in acting}
        if not acting and not gates:
            if any(each.is_open for each in found):
                return
            kinds = ", ".join(dict.fromkeys(f"`{step.type.type_key}`" for step in steps)) or "`item`"
            message = f"`{key}` is a step of the type {kinds}, which a dry run really executes: no stub answers it"
            findings.add(place, message, path, hint="give stubs to the steps inside it")
            return
        for answer in (stub, *stub.on_attempt.values()):
            self._check_answer(answer, acting, gates, findings)

    def _check_answer(self, stub: Stub, acting: list[Step], gates: list[Step], findings: Findings) -> None:
        if stub.has_choice and not gates:
            kind = acting[0].type.type_key
            findings.add(stub.place("choice"), f"`choice` answers a gate, and this is a `{kind}` step")
        if gates and not acting:
            self._check_gate(stub, gates, findings)
        for step in acting:
            for problem in self._data_problems(stub, step):
                node = _data_place(stub)
                findings.add(node, f"`data` does not fit the schema of the step `{step.id}`: {problem}")

    def _check_gate(self, stub: Stub, gates: list[Step], findings: Findings) -> None:
        odd = [name for name in ("output", "error", "failure", "exit_code", "spent") if _has(stub, name)]
        for name in odd:
            findings.add(stub.place(name), f"a gate has no `{name}`: it is answered with a `choice`")
        options = list(dict.fromkeys(option for gate in gates for option in getattr(gate.config, "options", ())))
        if not stub.has_choice:
            if not odd and not stub.on_attempt:
                findings.add(stub.key or stub.node, "a stub of a gate needs a `choice`", hint=_listed(options))
        elif stub.choice is not None and stub.choice.strip().lower() not in [each.lower() for each in options]:
            node = stub.node.get("choice") if isinstance(stub.node, MappingNode) else None
            place = stub.place("choice") if node is None else best(node, stub.place("choice"))
            hint = suggestion(stub.choice, options) or _listed(options)
            findings.add(place, f"`{stub.choice}` is none of the options of the gate `{gates[0].id}`", hint=hint)

    def _data_problems(self, stub: Stub, step: Step) -> Iterator[str]:
        from plait.steps.agent.schema_source import validator_of  # noqa: PLC0415 - only for steps with a schema

        if "data" not in stub.output or not isinstance(step.config, StepConfig):
            return
        path = self.folders[step.order].path
        if step.order not in self.validators:
            schema = step.config.data_schema(None if path is None else path.parent)
            self.validators[step.order] = None if schema is None else validator_of(schema)
        validator = self.validators[step.order]
        if validator is not None and (fault := _fault(validator, stub.output["data"])):
            yield fault

    def _check_recording(self, findings: dict[str, Findings]) -> None:
        recorded = self.stubs.recorded
        if recorded is None or recorded.digest == digest_of(self.workflow):
            return
        source = recorded.place.source
        if recorded.workflow and recorded.workflow != self.workflow.id:
            text = f"this was recorded from the workflow `{recorded.workflow}`, and is used for `{self.workflow.id}`"
        else:
            text = f"the workflow `{self.workflow.id}` has changed since this was recorded"
        found = findings.setdefault(source.name, Findings(source))
        found.add(recorded.place, text, hint="record a run of it again with `--record`", severity=Severity.WARNING)


def _has(stub: Stub, name: str) -> bool:
    return isinstance(stub.node, MappingNode) and stub.node.get(name) is not None


def _data_place(stub: Stub) -> Any:
    output = stub.node.get("output") if isinstance(stub.node, MappingNode) else None
    found = output.key("data") if isinstance(output, MappingNode) else None
    return found or stub.place("output")


def _listed(options: list[str]) -> str:
    return f"options: {', '.join(options)}"
