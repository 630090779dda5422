"""Step packages: found, imported, kept apart, and reported when they are broken."""

import sys
import threading
from types import SimpleNamespace

import pytest

import support
from plait import StepBase, StepContext, StepStatus, WorkflowDefinition, WorkflowEngine
from plait.packages.custom_steps import custom_steps_of
from support.step_packages import IMPORTS, SHOUT, add_package


def run(project, steps, inputs=None):
    text = f"workflow: {{id: demo, name: Demo}}\ninputs: {{x: {{type: string, default: ''}}}}\nsteps:\n{steps}"
    return WorkflowEngine(project).execute(WorkflowDefinition.from_string(text), inputs)


def execute(project, key="shout", **config):
    step = custom_steps_of(project).types[key]
    return step.execute({"id": "s", "type": key, **config}, StepContext(project_root=project))


@pytest.fixture(autouse=True)
def undisturbed():
    before = list(sys.path), list(sys.meta_path), list(sys.path_hooks)
    yield
    assert [name for name in sys.modules if name.partition(".")[0] == "specify_cli"] == []
    assert before == (sys.path, sys.meta_path, sys.path_hooks)


def test_without_packages_there_are_none(tmp_path):
    assert custom_steps_of(tmp_path) == ({}, ())


def test_a_package_for_spec_kit_runs_unchanged(tmp_path):
    add_package(tmp_path)
    state = run(tmp_path, "  - {id: s, type: shout, text: 'hi {{ inputs.x }}'}", {"x": "you"})
    assert state.records["s"].output == {"text": "HI YOU"}


def test_it_is_a_step_type_of_this_program(tmp_path):
    add_package(tmp_path)
    assert isinstance(custom_steps_of(tmp_path).types["shout"], StepBase)


def test_imports_inside_functions_find_the_same_names(tmp_path):
    code = """
    class Late(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            import specify_cli.workflows.base as base
            from specify_cli.workflows import base as again, expressions
            from specify_cli.workflows.engine import WorkflowDefinition, RunState
            import specify_cli.workflows.base
            same = StepResult is base.StepResult is again.StepResult is specify_cli.workflows.base.StepResult
            return StepResult(output={"same": same, "definition": WorkflowDefinition.__module__})
    """
    add_package(tmp_path, code)
    assert execute(tmp_path).output == {"same": True, "definition": "plait.load.definition"}


def test_modules_of_the_package_find_them_too(tmp_path):
    code = "from .loud import LoudStep\n"
    loud = f"{IMPORTS}from .inner.words import word\n" + SHOUT.replace("ShoutStep", "LoudStep").replace(
        "text.upper()", "word(text)"
    )
    words = (
        "def word(text):\n    from specify_cli.workflows.base import StepStatus\n    return text + StepStatus.PAUSED\n"
    )
    add_package(tmp_path, code, loud=loud, inner__in____init__="", inner__in__words=words)
    assert execute(tmp_path, text="x").output == {"text": "xpaused"}


def test_a_folder_without_init_is_searched_with_the_same_names(tmp_path):
    inner = "from specify_cli.workflows.base import StepStatus\nVALUE = StepStatus.FAILED.value\n"
    add_package(tmp_path, f"from .inner.words import VALUE\n{SHOUT}", inner__in__words=inner)
    assert custom_steps_of(tmp_path).problems == ()


def test_importlib_finds_modules_of_the_package_late(tmp_path):
    code = """
    import importlib

    class Late(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            return StepResult(output={"value": importlib.import_module(".late", __package__).VALUE})
    """
    late = "from specify_cli.workflows.base import StepStatus\nVALUE = StepStatus.PENDING.value\n"
    add_package(tmp_path, code, late=late)
    assert execute(tmp_path).output == {"value": "pending"}


def test_a_spec_kit_that_is_installed_is_neither_used_nor_touched(tmp_path, monkeypatch):
    real = tmp_path / "site/specify_cli/workflows"
    real.mkdir(parents=True)
    for folder in (real.parent, real):
        (folder / "__init__.py").write_text("")
    (real / "base.py").write_text("raise RuntimeError('this is the other one')\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    add_package(tmp_path / "project")
    assert execute(tmp_path / "project", text="a").output == {"text": "A"}


def test_nothing_is_written_into_the_package(tmp_path):
    folder = add_package(tmp_path, f"from . import more\n{SHOUT}", more="")
    custom_steps_of(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["__init__.py", "more.py", "step.yml"]


def test_projects_with_the_same_type_are_kept_apart(tmp_path):
    code = """
    from .state import SEEN

    class Count(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            SEEN.append({mark!r})
            return StepResult(output={{"seen": list(SEEN)}})
    """
    for name in ("one", "two"):
        add_package(tmp_path / name, code.format(mark=name), state="SEEN = []\n")
    add_package(tmp_path / "three", code.format(mark="one"), state="SEEN = []\n")
    outputs = {name: execute(tmp_path / name).output["seen"] for name in ("one", "two", "three")}
    assert outputs == {"one": ["one"], "two": ["two"], "three": ["one"]}


def test_changed_code_is_loaded_anew(tmp_path):
    add_package(
        tmp_path, f"from .loud import mark\n{SHOUT.replace('text.upper()', 'text + mark')}", loud="mark = '!'\n"
    )
    assert execute(tmp_path, text="a").output == {"text": "a!"}
    (tmp_path / ".specify/workflows/steps/shout/loud.py").write_text("mark = '?'\n")
    assert execute(tmp_path, text="a").output == {"text": "a?"}


def test_threads_load_the_same_packages_at_once(tmp_path):
    for name in ("a", "b"):
        add_package(tmp_path / name, SHOUT.replace("text.upper()", f"text + {name!r}"))
    barrier, outputs = threading.Barrier(12), []

    def load(name):
        barrier.wait()
        outputs.append((name, execute(tmp_path / name, text="-").output["text"]))

    threads = [threading.Thread(target=load, args=(name,)) for name in "ab" * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outputs) == [("a", "-a")] * 6 + [("b", "-b")] * 6


def test_other_threads_see_no_spec_kit_while_a_package_loads(tmp_path):
    code = """
    from support import rendezvous

    rendezvous.inside.set()
    rendezvous.go_on.wait(30)
    """
    support.rendezvous = SimpleNamespace(inside=threading.Event(), go_on=threading.Event())
    add_package(tmp_path, code + SHOUT.replace("\n", "\n    "))
    loading = threading.Thread(target=custom_steps_of, args=(tmp_path,))
    loading.start()
    try:
        assert support.rendezvous.inside.wait(30)
        with pytest.raises(ModuleNotFoundError):
            __import__("specify_cli")
    finally:
        support.rendezvous.go_on.set()
        loading.join()
        del support.rendezvous


def test_a_step_gets_what_spec_kit_gives_it(tmp_path):
    code = """
    class Probe(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            names = ("inputs", "steps", "item", "inside_fan_out", "fan_in", "default_integration", "default_model",
                     "default_options", "project_root", "workflow_dir", "is_resume")
            return StepResult(output={name: getattr(context, name) for name in names} | {"config": config})
    """
    add_package(tmp_path, code)
    output = run(tmp_path, "  - {id: s, type: shout, name: n, text: '{{ inputs.x }}'}").records["s"].output
    assert output == {
        "inputs": {"x": ""},
        "steps": {},
        "item": None,
        "inside_fan_out": False,
        "fan_in": {},
        "default_integration": None,
        "default_model": None,
        "default_options": {},
        "project_root": str(tmp_path),
        "workflow_dir": None,
        "is_resume": False,
        "config": {"id": "s", "type": "shout", "name": "n", "text": "{{ inputs.x }}"},
    }


def test_next_steps_run_after_it_and_may_be_added_to(tmp_path):
    code = """
    class More(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            result = StepResult(output={"n": config.get("n", 0)})
            if config.get("n"):
                result.next_steps.append({"id": f"n{config['n']}", "type": "shout", "n": config["n"] - 1})
            return result
    """
    add_package(tmp_path, code)
    state = run(tmp_path, "  - {id: s, type: shout, n: 2}")
    assert {step_id: record.output for step_id, record in state.records.items()} == {
        "s": {"n": 2},
        "n2": {"n": 1},
        "n1": {"n": 0},
    }


def test_a_step_that_changes_its_configuration_changes_a_copy(tmp_path):
    code = """
    class Eater(StepBase):
        type_key = "shout"

        def validate(self, config):
            config.clear()
            return []

        def execute(self, config, context):
            return StepResult(output={"eaten": config.pop("words").pop()})
    """
    add_package(tmp_path, code)
    step = "{id: it, type: shout, words: [a, b]}"
    state = run(tmp_path, f"  - {{id: f, type: fan-out, items: '{{{{ [1, 2] }}}}', max_concurrency: 2, step: {step}}}")
    assert state.records["f"].output["results"] == [{"eaten": "b"}, {"eaten": "b"}]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("raise SystemExit(3)", "failed", "it called sys.exit(3)"),
        ("return StepResult(status='failed', error='no', output=None, next_steps=None)", "failed", "no"),
        ("return StepResult(StepStatus.COMPLETED, {'a': 1})", "completed", None),
        ("return StepResult(status=StepStatus.SKIPPED)", "completed", None),
        ("return StepResult(status=StepStatus.FAILED, output={'aborted': True}, error='x')", "aborted", "x"),
        ("return StepResult(status=StepStatus.PAUSED)", "paused", None),
    ],
)
def test_what_a_step_comes_to(tmp_path, body, status, error):
    code = f"class S(StepBase):\n    type_key = 'shout'\n    def execute(self, config, context):\n        {body}\n"
    add_package(tmp_path, code)
    state = run(tmp_path, "  - {id: s, type: shout}")
    assert (state.status, state.records["s"].error) == (status, error)


def test_a_step_that_returns_nothing_is_a_bug_of_its_class(tmp_path):
    add_package(tmp_path, "class Nil(StepBase):\n    type_key = 'shout'\n    def execute(self, config, context): ...\n")
    with pytest.raises(TypeError, match=r"Nil\.execute returned None, not a StepResult"):
        run(tmp_path, "  - {id: s, type: shout}")


def test_the_checks_of_a_package_are_those_of_the_file(tmp_path):
    code = """
    class Strict(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            return StepResult()

        def validate(self, config):
            return super().validate(config) + ([] if "text" in config else [f"Step {config['id']!r}: no text"])
    """
    add_package(tmp_path, code)
    definition = WorkflowDefinition.from_string("workflow: {id: d, name: D}\nsteps: [{id: s, type: shout}]")
    (problem,) = WorkflowEngine(tmp_path).validate(definition)
    assert (problem.message, problem.mark.line) == ("Step 's': no text", 2)


def test_the_peers_base_class_checks_the_id(tmp_path):
    add_package(tmp_path)
    step = custom_steps_of(tmp_path).types["shout"]
    assert (step.validate({}), step.validate({"id": "x"})) == (["Step is missing required 'id' field."], [])
    assert step.inner.can_resume({}) is True


def test_a_built_in_step_can_be_looked_up_and_called(tmp_path):
    code = """
    from specify_cli.workflows import BUILTIN_STEP_TYPES, STEP_REGISTRY, get_step_type

    class Wrap(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            shell = get_step_type("shell")
            wrong = shell.validate({"id": "x"})
            result = shell.execute({"id": "x", "run": "echo $((1 + 1))"}, context)
            known = get_step_type("none") is None and set(BUILTIN_STEP_TYPES) == set(STEP_REGISTRY)
            return StepResult(output={**result.output, "wrong": wrong, "known": known})
    """
    add_package(tmp_path, code)
    output = run(tmp_path, "  - {id: s, type: shout}").records["s"].output
    assert (output["stdout"], output["wrong"], output["known"]) == ("2\n", ["`run` is required"], True)


def test_a_package_may_be_written_for_this_program(tmp_path):
    code = """
    from plait import StepBase, StepConfig, StepResult
    from plait.model.fields import Text

    class Config(StepConfig):
        text: Text

    class Own(StepBase):
        type_key = "shout"
        Config = Config

        def execute(self, config, context):
            return StepResult(output={"text": context.text(config.text), "root": context.project_root.name})
    """
    add_package(tmp_path, code, imports="")
    state = run(tmp_path, "  - {id: s, type: shout, text: 'a{{ inputs.x }}'}", {"x": "b"})
    assert state.records["s"].output == {"text": "ab", "root": tmp_path.name}


def test_a_step_pauses_and_goes_on_with_new_inputs(tmp_path):
    code = """
    class Wait(StepBase):
        type_key = "shout"

        def execute(self, config, context):
            if not context.inputs.get("x"):
                return StepResult(status=StepStatus.PAUSED, output={"wanted": "x"})
            return StepResult(output={"x": context.inputs["x"], "is_resume": context.is_resume})
    """
    add_package(tmp_path, code)
    state = run(tmp_path, "  - {id: s, type: shout}")
    assert state.status == "paused"
    state = WorkflowEngine(tmp_path).resume(state.run_id, {"x": "now"})
    assert state.records["s"].output == {"x": "now", "is_resume": True}
    assert state.records["s"].status is StepStatus.COMPLETED
