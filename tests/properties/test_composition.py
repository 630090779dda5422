"""Random workflows and overlays: composition does what a plain model of its rules does, and loses nothing."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import InvalidWorkflowError
from plait.load.definition import WorkflowDefinition
from plait.load.findings import Findings
from plait.load.source import Source
from plait.load.yaml_text import to_yaml
from plait.packages.compose import compose
from plait.packages.overlay import OverlayError
from plait.packages.overlay_reading import parse_overlay, read_overlay
from support.cases import cases

INSERTS = ("insert_before", "insert_after")


@st.composite
def workflows(draw):
    """Return a workflow, and the ids of its steps by document order."""
    ids = []

    def block(depth, most):
        return [step(depth) for _ in range(draw(st.integers(0 if depth else 1, most)))]

    def step(depth):
        ids.append(f"s{len(ids)}")
        made = {"id": ids[-1], "run": "x"}
        shape = draw(st.sampled_from(("plain", "plain", "if", "loop", "switch"))) if depth < 3 else "plain"
        if shape == "if":
            made |= {"then": block(depth + 1, 2), "else": block(depth + 1, 2)}
        elif shape == "loop":
            made["steps"] = block(depth + 1, 3)
        elif shape == "switch":
            made |= {"cases": {"one": block(depth + 1, 2), "two": block(depth + 1, 2)}, "default": block(depth + 1, 2)}
        return made

    return {"workflow": {"id": "wf", "name": "W"}, "steps": block(0, 4)}, ids


@st.composite
def compositions(draw):
    data, ids = draw(workflows())
    count = 0
    overlays = []
    for name in draw(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True)):
        edits = []
        for _ in range(draw(st.integers(1, 4))):
            count += 1
            anchor = draw(st.sampled_from(ids))
            operation = draw(st.sampled_from((*INSERTS, *INSERTS, "replace", "remove", "set")))
            if operation == "set":
                edit = {"set": {"step": anchor, "key": draw(st.sampled_from(("p", "q.r", "q.s"))), "value": count}}
            elif operation == "remove":
                edit = {"remove": anchor}
            else:
                edit = {operation: anchor, "step": {"id": f"n{count}", "run": "y"}}
            edits.append(edit)
        priority = draw(st.sampled_from((1, 5, 10)))
        overlays.append({"id": name, "extends": "wf", "priority": priority, "edits": edits})
    return data, overlays


class ConflictError(Exception):
    """Edits inside a step that is replaced or removed."""


class Model:
    """The rules, on plain data."""

    def __init__(self, overlays):
        order = sorted(overlays, key=lambda overlay: (-overlay["priority"], overlay["id"]))
        self.edits = [self.flat(rank, edit) for rank, overlay in enumerate(order) for edit in overlay["edits"]]

    @staticmethod
    def flat(rank, edit):
        """Return an edit as its overlay's rank, what it does, to which step, and with what."""
        if "set" in edit:
            return rank, "set", edit["set"]["step"], edit["set"]
        operation = next(key for key in edit if key != "step")
        return rank, operation, edit[operation], edit.get("step")

    def of(self, step_id):
        return [edit for edit in self.edits if edit[2] == step_id]

    def fate(self, step_id):
        deciding = [edit for edit in self.of(step_id) if edit[1] != "set"]
        return deciding[-1] if deciding and deciding[-1][1] in ("replace", "remove") else None

    def block(self, steps, around=()):
        return [made for step in steps for made in self.step(step, around)]

    def step(self, step, around):
        edits, fate = self.of(step["id"]), self.fate(step["id"])
        if edits and any(self.fate(outer) for outer in around):
            raise ConflictError
        inner = (*around, step["id"])
        whole = {key: self.inside(key, value, inner) for key, value in step.items()}
        if fate is not None and fate[1] == "remove":
            return []
        if fate is not None:
            whole, kept = dict(fate[3]), edits[edits.index(fate) + 1 :]
        else:
            kept = edits
        for each in kept:
            if each[1] == "set":
                key, _, below = each[3]["key"].partition(".")
                whole[key] = {**whole.get(key, {}), below: each[3]["value"]} if below else each[3]["value"]
        before = [each[3] for each in edits if each[1] == "insert_before"]
        after = sorted((each for each in edits if each[1] == "insert_after"), key=lambda each: -each[0])
        return [*before, whole, *(each[3] for each in after)]

    def inside(self, key, value, around):
        if key in ("then", "else", "steps", "default"):
            return self.block(value, around)
        if key == "cases":
            return {name: self.block(block, around) for name, block in value.items()}
        return value


def all_ids(steps):
    for step in steps:
        yield step["id"]
        for key, value in step.items():
            if key in ("then", "else", "steps", "default"):
                yield from all_ids(value)
            for block in value.values() if key == "cases" else ():
                yield from all_ids(block)


def read(overlay):
    source = Source(to_yaml(overlay), f"{overlay['id']}.yml")
    findings = Findings(source)
    found = read_overlay(parse_overlay(source), findings, stored_for="wf")
    assert not findings.problems
    return found


@settings(max_examples=cases(300), deadline=None)
@given(compositions())
def test_it_is_what_the_model_says(case):
    data, overlays = case
    definition = WorkflowDefinition.from_string(to_yaml(data))
    model = Model(overlays)
    read_ones = [read(overlay) for overlay in overlays]
    try:
        expected = model.block(data["steps"])
    except ConflictError:
        with pytest.raises(OverlayError, match="cannot be applied"):
            compose(definition, read_ones)
        return
    composed = compose(definition, read_ones)
    assert composed.definition.steps == expected
    assert definition.data == data
    assert WorkflowDefinition.from_string(composed.definition.text).data == composed.definition.data


@settings(max_examples=cases(300), deadline=None)
@given(compositions())
def test_no_step_is_lost_or_doubled(case):
    data, overlays = case
    try:
        composed = compose(WorkflowDefinition.from_string(to_yaml(data)), [read(overlay) for overlay in overlays])
    except OverlayError:
        return
    gone = {edit.get("remove") or edit.get("replace") for overlay in overlays for edit in overlay["edits"]}
    brought = [edit["step"]["id"] for overlay in overlays for edit in overlay["edits"] if "step" in edit]
    before, after = list(all_ids(data["steps"])), list(all_ids(composed.definition.steps))
    assert max(Counter(after).values(), default=1) == 1
    assert set(after) <= {*before, *brought}
    assert list(composed.origins) == after
    assert {name for name, source in composed.origins.items() if source == "base"} == {
        name for name in after if name in before
    }
    if not gone - {None}:
        assert [name for name in after if name in before] == before
        assert set(brought) <= set(after)


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(("x", "wf", "a", "remove", "id")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("id", "extends", "priority", "enabled", "edits", "step", "set", "remove", "key", "value"))
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=cases(300), deadline=None)
@given(
    st.text(max_size=60)
    | yaml_values.map(to_yaml)
    | st.lists(yaml_values, max_size=3).map(lambda edits: to_yaml({"id": "x", "extends": "wf", "edits": edits}))
)
def test_whatever_the_file_holds_it_is_told_and_nothing_else_is_raised(text):
    source = Source(text, "x.yml")
    findings = Findings(source)
    try:
        overlay = read_overlay(parse_overlay(source), findings, stored_for="wf")
        if not findings.has_errors:
            compose(WorkflowDefinition.from_string("steps: [{id: a, then: [{id: x}]}]\ninputs: {x: {}}\n"), [overlay])
    except InvalidWorkflowError as error:
        told = error.problems
    else:
        told = findings.problems
    assert {problem.file for problem in told} <= {"x.yml"}
