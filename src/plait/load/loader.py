"""A workflow file to a `Workflow`, or to everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plait.errors import InvalidWorkflowError
from plait.load.called import Library
from plait.load.checks import check_references, check_steps, output_keys_of, schemas_of
from plait.load.declarations import read_inputs
from plait.load.definition import WorkflowDefinition
from plait.load.findings import Findings
from plait.load.header import check_agent_names, default_templates, read_top
from plait.load.references import Names, Reader, find_sources, node_at
from plait.load.steps import StepReader
from plait.load.yaml_text import to_yaml
from plait.model.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from plait.load.called import FindWorkflow
    from plait.load.findings import Path
    from plait.load.nodes import Node
    from plait.load.references import Source
    from plait.model.problems import Problem
    from plait.model.step_type import StepBase
    from plait.model.workflow import Block


class Loaded(NamedTuple):
    """What a file came to: `workflow` is None if, and only if, one of the problems is an error."""

    workflow: Workflow | None
    problems: tuple[Problem, ...]


def load_workflow(
    definition: WorkflowDefinition,
    step_types: Mapping[str, StepBase],
    *,
    agent_names: Callable[[], Collection[str]] | None = None,
    find_workflow: FindWorkflow | None = None,
) -> Loaded:
    """Check a definition and build its workflow; `step_types` maps the words after `type:` to the types.

    `agent_names` returns the agents there are, asked for when the file limits any; without it names are not checked.
    `find_workflow` returns what a step calls, given its reference and the definition that it is in; it is read with
    all that it calls, and its problems follow those of the file. Without it nothing is known of what is called.
    """

    def load(each: WorkflowDefinition) -> Loaded:
        return _load(each, step_types, agent_names, library)

    library = None if find_workflow is None else Library(find_workflow, load)
    workflow, problems = load(definition)
    return Loaded(workflow, problems if library is None else (*problems, *library.problems))


def _load(
    definition: WorkflowDefinition,
    step_types: Mapping[str, StepBase],
    agent_names: Callable[[], Collection[str]] | None,
    library: Library | None,
) -> Loaded:
    findings = Findings(definition.source)
    root = definition.root
    top = read_top(root, findings)
    if agent_names is not None:
        check_agent_names(root, agent_names, findings)
    inputs, inputs_are_valid = read_inputs(root.get("inputs"), root.key("inputs"), findings)
    reader = StepReader(step_types, findings, first=0 if library is None else library.next_order)
    steps = _read_steps(definition, reader, findings)
    last = reader.block(root.get("finally"), ("finally",), root.key("finally"))
    folder = definition.source_path.parent if definition.source_path else None
    called = {} if library is None else library.called_by(definition, reader.read, findings)
    check_steps(reader.read, inputs, inputs_are_valid=inputs_are_valid, findings=findings, folder=folder, called=called)
    orders = {each.id: each.order for each in reversed(reader.read)}
    names = Names(
        inputs.keys(),
        frozenset(),
        orders,
        inputs_are_valid=inputs_are_valid,
        schemas=schemas_of(reader.read, folder),
        output_keys=output_keys_of(reader.read, called),
    )
    blocks: list[Node] = [node for key in ("steps", "finally") if (node := root.get(key)) is not None]
    checker = check_references(reader.read, blocks, names, findings)
    outside: dict[Path, Source] = {**default_templates(top, root, findings), **_top_sources(top)}
    for path, source in outside.items():
        checker.check(source, node_at(root, path), path, Reader(item_allowed=path[0] == "workflow"))
    problems = (*findings.problems, *definition.notes)
    if findings.has_errors or None in called.values():
        return Loaded(None, problems)
    workflow = Workflow(
        **top,
        inputs=inputs,
        steps=steps,
        finally_steps=last,
        text=definition.text,
        path=definition.source_path,
        calls=called,
    )
    return Loaded(workflow, problems)


def validate_workflow(definition: WorkflowDefinition, step_types: Mapping[str, StepBase]) -> list[Problem]:
    """Return everything that is wrong with a definition; never raises (API-02)."""
    return list(load_workflow(definition, step_types).problems)


def load_block(steps: Sequence[object], step_types: Mapping[str, StepBase], *, source: str = "<steps>") -> Block:
    """Build steps from plain data, such as those that a step type hands back to be run after it.

    Names of inputs and of other steps are not checked. Raises `InvalidWorkflowError`, `TypeError` for data that YAML
    cannot hold.
    """
    definition = WorkflowDefinition.from_string(to_yaml({"steps": list(steps)}), source=source)
    findings = Findings(definition.source)
    reader = StepReader(step_types, findings)
    block = reader.block(definition.root.get("steps"), ("steps",))
    check_steps(reader.read, {}, inputs_are_valid=False, findings=findings)
    if findings.has_errors:
        raise InvalidWorkflowError(findings.problems, source=source)
    return block


def _read_steps(definition: WorkflowDefinition, reader: StepReader, findings: Findings) -> Block:
    root = definition.root
    node, key = root.get("steps"), root.key("steps")
    if node is None:
        findings.add(root, "`steps` is required", ("steps",), hint="a workflow has at least one step")
    elif not node.value:
        findings.add(key or node, "`steps` must be a list with at least one step", ("steps",))
        return ()
    return reader.block(node, ("steps",), key)


def _top_sources(top: Mapping[str, object]) -> dict[Path, Source]:
    fields = {key: top.get(key) for key in ("outputs", "env", "max_parallel")}
    return dict(find_sources(fields))
