"""Custom step types as a user meets them: on the command line, killed and resumed, installed and removed."""

import json
import os
import shutil
import signal
import tarfile

import pytest

from support.step_packages import SHOUT, add_package, write_package

WORK = """
    class Work(StepBase):
        type_key = "work"

        def execute(self, config, context):
            import os, pathlib, time

            pathlib.Path(context.project_root, "effects").open("a").write(config["id"] + "\\n")
            if config.get("hang") and not os.path.exists("go"):
                print("hanging", flush=True)
                time.sleep(600)
            return StepResult(output={"id": config["id"]}, next_steps=config.get("then") or [])
"""


@pytest.fixture
def home(project):
    (project.path / ".specify/workflows").mkdir(parents=True)
    return project


def test_a_run_with_custom_steps_is_killed_and_resumed(home):
    add_package(home.path, WORK, key="work")
    home.workflow("""
        steps:
          - {id: a, type: work, then: [{id: b, type: work}, {id: c, type: work, hang: true}, {id: d, type: work}]}
          - {id: e, type: work}
    """)
    process = home.start("run", "w.yml", "--run-id", "r")
    home.until(lambda: home.effects() == ["a", "b", "c"])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert home.status() == "interrupted"
    (home.path / "go").touch()
    shown = home.plait("resume", "r")
    assert (shown.code, home.effects()) == (0, ["a", "b", "c", "c", "d", "e"])
    state = json.loads((home.folder() / "state.json").read_text())
    assert {step_id: record["output"]["id"] for step_id, record in state["step_results"].items()} == {
        each: each for each in "bcdae"
    }


def test_a_broken_package_is_told_by_validate_and_run(home):
    add_package(home.path)
    add_package(home.path, "print('loading')\n1 / 0\n", key="broken")
    home.workflow("steps: [{id: s, type: shout, text: a}]")
    told = "broken/__init__.py:4:1: warning: a step package is not used: it cannot be loaded: ZeroDivisionError"
    shown = home.plait("validate", "w.yml", "--json")
    (warning,) = json.loads(shown.out)["warnings"]
    assert (shown.code, warning["line"]) == (0, 4)
    for command in ("validate", "run"):
        shown = home.plait(command, "w.yml")
        assert shown.code == 0
        assert told in shown.out + shown.err


def test_a_workflow_of_a_broken_type_says_why_it_is_unknown(home):
    add_package(home.path, "x = (\n")
    home.workflow("steps: [{id: s, type: shout}]")
    shown = home.plait("run", "w.yml")
    assert shown.code == 2
    assert "unknown step type `shout`" in shown.out + shown.err
    assert "__init__.py:3: it is not Python: '(' was never closed" in shown.out + shown.err


def test_an_exception_in_a_step_ends_the_run_with_its_place(home):
    add_package(home.path, SHOUT.replace("text.upper()", "1 / 0"))
    home.workflow("steps: [{id: s, type: shout, text: a}]")
    process = home.start("run", "w.yml", "--run-id", "r", "--json")
    out, _ = process.communicate(timeout=home.patience)
    assert process.returncode == 1
    assert json.loads(out)["status"] == "failed"
    assert "ZeroDivisionError" in home.events()[-1]["error"]


@pytest.mark.parametrize("archive", [False, True])
def test_a_package_is_added_used_and_removed(home, tmp_path, archive):
    source = write_package(tmp_path / "sources/shout")
    if archive:
        with tarfile.open(tmp_path / "shout.tar.gz", "w:gz") as file:
            file.add(source, "shout")
        source = tmp_path / "shout.tar.gz"
    home.workflow("steps: [{id: s, type: shout, text: a}]")
    assert home.plait("run", "w.yml").code == 2
    shown = home.plait("step", "add", source, "--yes", "--json")
    assert shown.code == 0, shown
    assert "__init__.py" in shown.err
    assert "runs with all your rights" in shown.err
    assert json.loads(shown.out)["source"] == "local"
    assert home.plait("run", "w.yml").code == 0
    listed = json.loads(home.plait("step", "list", "--json").out)
    assert [each["type_key"] for each in listed["installed"]] == ["shout"]
    info = json.loads(home.plait("step", "info", "shout", "--json").out)
    assert (info["version"], info["python_files"]) == ("1.0.0", ["__init__.py"])
    assert home.plait("step", "add", source, "--yes").code == 1
    assert home.plait("step", "add", source, "--yes", "--force").code == 0
    assert home.plait("step", "remove", "shout").code == 0
    assert home.plait("step", "remove", "shout").code == 2
    assert not (home.path / ".specify/workflows/steps/shout").exists()


def test_adding_asks_first(home, tmp_path):
    source = write_package(tmp_path / "sources/shout", "print('must not run')\n" + SHOUT)
    process = home.start("step", "add", source, stdin=-1)
    out, err = process.communicate(b"n\n", timeout=home.patience)
    assert (process.returncode, out) == (0, b"not installed\n")
    assert b"Install it?" in err
    assert not (home.path / ".specify/workflows/steps/shout").exists()


def test_what_a_package_says_never_steers_the_terminal(home, tmp_path):
    source = write_package(tmp_path / "sources/shout")
    text = (
        'step: {type_key: shout, name: "N\\e[31m\\u202e", version: "1\\a", description: "D\\nE", author: "\\e]0;x\\a"}'
    )
    (source / "step.yml").write_text(text)
    shown = [
        home.plait("step", "add", source, "--yes"),
        home.plait("step", "list"),
        home.plait("step", "info", "shout"),
    ]
    shown += [home.plait("step", "remove", "shout"), home.plait("step", "info", "a\x1b[31mb")]
    for each in shown:
        assert not {"\x1b", "\a", "\u202e"} & set(each.out + each.err)


def test_wrong_sources_are_told(home, tmp_path):
    (home.path / ".specify/step-catalogs.yml").write_text("replace: true\ncatalogs: []\n")
    for source in ("nowhere", tmp_path):
        shown = home.plait("step", "add", source, "--yes")
        assert shown.code == 2
    assert "a step package has a file step.yml" in shown.err
    shutil.rmtree(home.path / ".specify")
    assert home.plait("step", "list").code == 2
