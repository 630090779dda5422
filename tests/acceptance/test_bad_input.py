"""Files and names that are wrong: told in words, with exit code 2, and never with a traceback or a hang."""

import json
import os

import pytest
import yaml

from plait import WorkflowEngine
from plait.cli.main import main
from plait.errors import PlaitError, UsageError
from plait.journal import RunState

HEADER = 'schema_version: "1.0"\nworkflow: {id: demo, name: Demo, version: "1.0.0"}\n'
BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
STEP = "steps: [{id: a, type: shell, run: 'true'}]\n"
BAD_FILES = {
    "empty": b"",
    "blank": b"\n\n",
    "comment": b"# nothing\n",
    "broken": b"steps: [\n",
    "tab": b"steps:\n\t- id: a\n",
    "list": b"- a\n- b\n",
    "text": b"hello",
    "number": b"17",
    "null": b"null",
    "two documents": (HEADER + STEP + "---\n" + HEADER + STEP).encode(),
    "utf-16": (HEADER + STEP).encode("utf-16"),
    "utf-16 without a mark": (HEADER + STEP).encode("utf-16-le"),
    "utf-32": (HEADER + STEP).encode("utf-32"),
    "latin-1": (HEADER + STEP.replace("true", "caf\u00e9")).encode("latin-1"),
    "zeros": b"\0" * 100,
    "control": (HEADER + STEP.replace("true", "\x07")).encode(),
    "surrogate": (HEADER + STEP).encode().replace(b"true", b"\xed\xa0\x80"),
    "bomb": (HEADER + BOMB + STEP).encode(),
    "alias to itself": (HEADER + "steps: &s [{id: a, type: if, condition: true, then: *s}]\n").encode(),
    "merge with itself": (HEADER + "steps: [&s {id: a, type: shell, run: x, <<: *s}]\n").encode(),
    "unknown alias": (HEADER + "steps: *nothing\n").encode(),
    "python tag": (HEADER + "steps: !!python/object/apply:os.system ['touch owned']\n").encode(),
    "twice the same key": (HEADER + STEP + STEP).encode(),
    "no steps": HEADER.encode(),
    "deep list": b"[" * 100_000,
    "deep mapping": b"{a: " * 10_000,
    "deep blocks": "".join("  " * depth + "a:\n" for depth in range(1_000)).encode(),
    "large": b"# " + b"x" * 20_000_000,
    "long key": (HEADER + "? " + "k" * 100_000 + "\n: 1\n").encode(),
    "list as key": (HEADER + "? [a, b]\n: 1\n" + STEP).encode(),
}
WRONG_VALUES = [
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "text",
    "{{",
    "{{ }}",
    "{{ no.such }}",
    [],
    [[]],
    {},
]
WRONG_VALUES += [[None], {"a": None}, {1: 2}, [{}], "\ud800", "a\nb", "\0", 10**400, "x" * 100_000]


@pytest.fixture
def judge(project):
    """Run a workflow's bytes in this process; return the error that refused it, or its final state."""
    engine = WorkflowEngine(project.path, signals=())

    def judge(content, name="w.yml"):
        (project.path / name).write_bytes(content)
        try:
            return engine.execute(engine.load_workflow(project.path / name))
        except PlaitError as error:
            return error

    return judge


def test_files_that_are_no_workflow(judge, project):
    for name, content in BAD_FILES.items():
        found = judge(content)
        assert isinstance(found, UsageError), (name, found)
        assert str(found)
    assert not (project.path / "owned").exists()
    assert not (project.path / ".specify").exists(), "nothing is written for what cannot run"


def test_the_command_refuses_them_with_exit_code_2(project, monkeypatch, capsys):
    monkeypatch.chdir(project.path)
    for name, content in BAD_FILES.items():
        (project.path / "w.yml").write_bytes(content)
        assert main(["run", "w.yml"]) == 2
        shown = capsys.readouterr().err
        assert "w.yml" in shown
        assert "unexpected" not in shown
        assert len(shown) < 10_000 or name == "long key"
    shown = project.plait("run", "w.yml")
    assert shown.code == 2, shown


FULL = {
    "schema_version": "1.0",
    "workflow": {
        "id": "demo",
        "name": "Demo",
        "version": "1.0.0",
        "author": "me",
        "description": "d",
        "integration": "claude",
        "model": "m",
        "options": {},
    },
    "requires": {"speckit_version": ">=0.1"},
    "inputs": {"i": {"type": "string", "required": False, "default": "d", "enum": ["d"], "prompt": "p"}},
    "outputs": {"o": "{{ inputs.i }}"},
    "env": {"E": "1"},
    "max_parallel": 2,
    "steps": [
        {
            "id": "s",
            "type": "shell",
            "run": "true",
            "name": "n",
            "if": "{{ true }}",
            "env": {"A": "b"},
            "cwd": ".",
            "timeout": 60,
            "idle_timeout": 60,
            "retry": {"attempts": 1, "delay": 0, "backoff": 1, "max_delay": 0, "jitter": 0, "on": [1]},
            "continue_on_error": True,
            "outputs": {"x": 1},
            "on_interrupt": "rerun",
            "output_format": "lines",
        },
        {"id": "i", "type": "if", "condition": "{{ true }}", "then": [], "else": []},
        {"id": "w", "type": "switch", "expression": "x", "cases": {"x": []}, "default": []},
        {"id": "l", "type": "while", "condition": "{{ false }}", "steps": [], "max_iterations": 1},
        {"id": "d", "type": "do-while", "condition": "{{ false }}", "steps": [], "max_iterations": 1},
        {
            "id": "f",
            "type": "fan-out",
            "items": [1],
            "step": {"id": "t", "type": "shell", "run": "true"},
            "max_concurrency": 1,
            "on_item_failure": "stop",
            "on_item_pause": "stop",
        },
        {"id": "n", "type": "fan-in", "wait_for": ["f"], "output": {"y": 1}},
        {"id": "p", "type": "parallel", "branches": {"b": []}},
        {"id": "g", "type": "gate", "message": "m", "options": ["approve", "reject"], "on_reject": "abort"},
    ],
    "finally": [],
}


def places(value, path=()):
    """Yield the path of every value in a workflow."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from places(inner, (*path, key))


def changed(value, path, wrong):
    """Return a copy with one value replaced."""
    if not path:
        return wrong
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], wrong)
    return copy


def as_text(document):
    """Write a document as JSON, which is YAML but for its odd numbers."""
    return json.dumps(document).replace("-Infinity", "-.inf").replace("Infinity", ".inf").replace("NaN", ".nan")


@pytest.mark.parametrize("share", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_values_of_every_wrong_type_in_every_field(tmp_path, share):
    """Each is refused with its place, or means something; none breaks the loader."""
    engine = WorkflowEngine(tmp_path, signals=())
    file = tmp_path / "w.yml"
    for number, path in enumerate(places(FULL)):
        for wrong in WRONG_VALUES[number % share :: share]:
            file.write_text(as_text(changed(FULL, path, wrong)))
            try:
                problems = engine.validate(engine.load_workflow(file))
            except UsageError as refused:
                problems = refused.problems
            assert all(problem.message for problem in problems), (path, wrong)


def test_ten_thousand_steps(project):
    """They are loaded and checked; running them is another test's business."""
    steps = "".join(f"  - {{id: s{number}, type: shell, run: 'true'}}\n" for number in range(10_000))
    file = project.workflow("steps:\n" + steps)
    assert project.plait("validate", file).code == 0


def test_a_thousand_levels(project):
    """Deeper than may be nested: refused in words, or run to the end."""
    for depth in (50, 1_000):
        opened = "".join(f"{{id: i{level}, type: if, condition: true, then: [" for level in range(depth))
        text = f"steps: [{opened}{{id: leaf, type: shell, run: ./note}}{']}' * depth}]\n"
        shown = project.plait("run", project.workflow(text), "--quiet")
        assert shown.code in (0, 2), shown
        assert len(shown.err) < 10_000
        if depth == 50:
            assert shown.code == 0, shown
    assert "leaf" in project.effects()


HOSTILE_RUN_IDS = ["../x", "a/b", "", " ", ".", "..", "-x", "a.b", "a\nb", "\u00e9", "a" * 10_000, "/etc/passwd", "~"]


def test_hostile_run_ids(project):
    engine = WorkflowEngine(project.path, signals=())
    definition = engine.load_workflow(project.workflow(STEP))
    for run_id in HOSTILE_RUN_IDS:
        for call in (
            lambda run_id=run_id: engine.execute(definition, None, run_id),
            lambda run_id=run_id: engine.resume(run_id),
            lambda run_id=run_id: engine.cancel(run_id),
            lambda run_id=run_id: engine.answer(run_id, "approve"),
            lambda run_id=run_id: RunState.load(run_id, project.path),
        ):
            with pytest.raises(UsageError):
                call()
    assert not (project.path / ".specify").exists()


def test_the_command_refuses_hostile_run_ids(project, monkeypatch, capsys):
    file = project.workflow(STEP)
    (project.path / ".specify").mkdir()
    assert project.plait("run", file, "--run-id", "../x").code == 2
    monkeypatch.chdir(project.path)
    for run_id in ("../x", "", "a" * 10_000, "a\nb"):
        for arguments in (["run", str(file), "--run-id", run_id], ["resume", "--", run_id], ["logs", "--", run_id]):
            assert main(arguments) == 2, arguments
            assert "unexpected" not in capsys.readouterr().err
    assert list((project.path / ".specify").iterdir()) == []


HOSTILE_STEP_IDS = [
    "../../etc",
    "a/b",
    ".",
    "..",
    "x" * 5_000,
    "\u00fc\u4e2d\U0001f600",
    "a\nb",
    "a b",
    "con",
    "~",
    "a\tb",
    "%2F",
]
HOSTILE_STEP_IDS += ["$(touch owned)", "'; touch owned; '", "\ud800", "\u202e", "{{ inputs }}", "-rf", "a\0b"]


def test_hostile_step_ids_stay_inside_the_folder_of_the_run(judge, project):
    """Each is refused, or runs with its output in a folder of its own."""
    for number, step_id in enumerate(HOSTILE_STEP_IDS):
        document = {
            "schema_version": "1.0",
            "workflow": {"id": "demo", "name": "Demo", "version": "1.0.0"},
            "steps": [{"id": step_id, "type": "shell", "run": "echo hello; head -c 100000 /dev/zero"}],
        }
        found = judge(yaml.dump(document).encode("utf-8", "surrogatepass"))
        if isinstance(found, PlaitError):
            assert isinstance(found, UsageError), (step_id, found)
            continue
        if "\0" in step_id:
            assert found.error == "Cannot start '/bin/sh': embedded null byte."
            continue
        assert found.status == "completed", (step_id, found.error)
        assert found.records[step_id].output["stdout"].read().startswith("hello")
        folders = list((found.folder.path / "steps").iterdir())
        assert len(folders) == 1, (number, folders)
        assert (folders[0] / "attempt-1.log").is_file()
        assert RunState.load(found.run_id, project.path).records.keys() == {step_id}
    assert {path.name for path in project.path.iterdir()} <= {".specify", "w.yml"}
    assert not (project.path / "owned").exists()


def test_sources_that_are_no_file(project, monkeypatch, capsys):
    (project.path / "folder.yml").mkdir()
    os.mkfifo(project.path / "fifo.yml")
    (project.path / "link.yml").symlink_to("nowhere.yml")
    assert project.plait("run", "fifo.yml").code == 2, "it waits for nobody to write"
    monkeypatch.chdir(project.path)
    for source in ("folder.yml", "link.yml", "missing.yml", "/dev/null", ".", "", "x" * 5_000, "a\nb", "a\0b"):
        assert main(["run", source]) == 2, source
        shown = capsys.readouterr().err
        assert "unexpected" not in shown, (source, shown)
        assert len(shown) < 20_000
