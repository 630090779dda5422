"""Step types that are not built in, as workflows find them: own ones, packages, entry points."""

import subprocess
import sys
import textwrap

import pytest

from plait import StepBase, StepResult, WorkflowDefinition, WorkflowEngine
from plait.errors import InvalidWorkflowError
from support.step_packages import SHOUT, add_package

POINTS = """[plait.steps]
ring = rings:RingStep
bell = rings:bell
bad = rings:gone
other = rings:RingStep
none = rings:nothing
"""
RINGS = """
from plait import StepBase, StepResult

class RingStep(StepBase):
    type_key = "ring"

    def execute(self, config, context):
        return StepResult(output={"rings": config.get("times", 1)})

class Bell(RingStep):
    type_key = "bell"

bell = Bell()
nothing = 3
"""
MUST = "of plait.steps must be a step type of that type_key"


class Mine(StepBase):
    type_key = "shout"

    def execute(self, config, context):
        return StepResult(output={"mine": True})


def definition(*types):
    steps = "".join(f"\n  - {{id: s{index}, type: {name}, text: a}}" for index, name in enumerate(types))
    return WorkflowDefinition.from_string(f"workflow: {{id: d, name: D}}\nsteps:{steps}\n")


@pytest.fixture
def rings(tmp_path, monkeypatch):
    """An installed distribution with step types."""
    site = tmp_path / "site"
    info = site / "rings-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rings\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (site / "rings.py").write_text(RINGS)
    monkeypatch.syspath_prepend(site)
    yield site
    sys.modules.pop("rings", None)


def test_a_type_given_to_the_engine_comes_before_a_package(tmp_path):
    add_package(tmp_path)
    state = WorkflowEngine(tmp_path, [Mine()]).execute(definition("shout"))
    assert state.records["s0"].output == {"mine": True}


def test_a_package_comes_before_an_entry_point(tmp_path, rings):
    add_package(tmp_path, SHOUT.replace('"shout"', '"ring"'), key="ring")
    assert WorkflowEngine(tmp_path).execute(definition("ring")).records["s0"].output == {"text": "A"}


def test_entry_points_give_classes_and_instances(tmp_path, rings):
    state = WorkflowEngine(tmp_path).execute(definition("ring", "bell"))
    assert [record.output for record in state.records.values()] == [{"rings": 1}, {"rings": 1}]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("bad", "rings:gone (rings 2.0): it cannot be loaded: AttributeError: module 'rings' has no attribute 'gone'"),
        ("other", f"rings:RingStep (rings 2.0): the entry point 'other' {MUST}; it has the type_key 'ring'"),
        ("none", f"rings:nothing (rings 2.0): the entry point 'none' {MUST}; it has no StepBase"),
    ],
)
def test_an_entry_point_that_does_not_fit_says_why(tmp_path, rings, key, reason):
    error, warning = WorkflowEngine(tmp_path).validate(definition(key))
    assert (error.message, error.hint) == (f"unknown step type `{key}`", reason)
    assert (str(warning.severity), f"{warning.file}: {warning.message}") == (
        "warning",
        reason.replace(": ", ": a step package is not used: ", 1),
    )


def test_a_broken_package_is_a_warning_and_the_reason_of_an_unknown_type(tmp_path):
    add_package(tmp_path)
    broken = add_package(tmp_path, "1 / 0\n", key="broken") / "__init__.py"
    (warning,) = WorkflowEngine(tmp_path).validate(definition("shout"))
    assert str(warning) == (
        f"{broken}:3:1: a step package is not used: it cannot be loaded: ZeroDivisionError: division by zero"
    )
    assert not warning.is_error
    error, _ = WorkflowEngine(tmp_path).validate(definition("broken"))
    assert error.message == "unknown step type `broken`"
    assert error.hint == f"{broken}:3: it cannot be loaded: ZeroDivisionError: division by zero"


def test_an_unknown_type_is_compared_with_packages_and_entry_points(tmp_path, rings):
    add_package(tmp_path)
    engine = WorkflowEngine(tmp_path)
    assert [problem.hint for problem in engine.validate(definition("shuot", "bel"))] == [
        "did you mean `shout`?",
        "did you mean `bell`?",
    ]
    assert {"shout", "ring", "bell", "shell"} <= set(engine.step_types)
    assert len(engine.step_types) == len(list(engine.step_types))


def test_the_steps_that_a_step_returns_may_be_of_packages(tmp_path):
    add_package(tmp_path)
    code = """
    class Then(StepBase):
        type_key = "then"

        def execute(self, config, context):
            return StepResult(next_steps=[{"id": "t", "type": "shout", "text": "b"}])
    """
    add_package(tmp_path, code, key="then")
    state = WorkflowEngine(tmp_path).execute(definition("then"))
    assert state.records["t"].output == {"text": "B"}


def test_a_type_that_is_gone_refuses_a_resume_before_anything_happens(tmp_path):
    folder = add_package(tmp_path, SHOUT.replace("COMPLETED", "PAUSED").replace("FAILED, error", "PAUSED, error"))
    text = "workflow: {id: d, name: D}\nsteps: [{id: s, type: shout}]"
    state = WorkflowEngine(tmp_path).execute(WorkflowDefinition.from_string(text))
    assert state.status == "paused"
    (folder / "__init__.py").write_text("")
    with pytest.raises(InvalidWorkflowError, match="no class that derives from StepBase"):
        WorkflowEngine(tmp_path).resume(state.run_id)


def test_a_workflow_of_built_in_steps_imports_nothing_of_packages(tmp_path):
    add_package(tmp_path, "raise SystemExit('imported')\n")
    program = """
    import importlib.metadata, sys
    from plait import WorkflowDefinition, WorkflowEngine
    real, groups = importlib.metadata.entry_points, []
    importlib.metadata.entry_points = lambda **given: groups.append(given["group"]) or real(**given)
    text = "workflow: {id: d, name: D}\\nsteps: [{id: s, type: shell, run: 'true'}]"
    state = WorkflowEngine(sys.argv[1]).execute(WorkflowDefinition.from_string(text))
    assert state.status == "completed"
    names = ("custom_steps", "spec_kit_names", "step_modules", "step_manifest", "transaction")
    assert not [name for name in names if "plait.packages." + name in sys.modules]
    assert "plait.steps" not in groups
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), tmp_path], check=True)
