"""Step packages that cannot be used: each is reported with its place and reason, and leaves nothing behind."""

import os
import sys

import pytest

from plait.packages.custom_steps import custom_steps_of
from support.step_packages import SHOUT, add_package, manifest


def refused(project, key="shout"):
    found = custom_steps_of(project)
    assert key not in found.types
    (problem,) = found.problems
    steps = project / ".specify/workflows/steps"
    return str(problem.path.relative_to(steps)), problem.line, problem.reason


def left_behind(project):
    """Return what the process still has of the packages of a project."""
    modules = [
        name for name, module in sys.modules.items() if name.startswith("_plait_step_") and str(project) in str(module)
    ]
    return modules + [path for path in sys.path_importer_cache if path.startswith(str(project))]


@pytest.mark.parametrize(
    ("code", "line", "reason"),
    [
        ("def f(:\n", 3, "it is not Python: invalid syntax"),
        ("x = 1\n", 1, "it has no class that derives from StepBase"),
        ("class S(StepBase):\n    type_key = 'shout'\n", 1, "its step class has no `execute`"),
        ("1 / 0\n", 3, "it cannot be loaded: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit('bye')\n", 4, "it called sys.exit('bye') while it was loaded"),
        ("from .gone import x\n", 3, None),
        ("from specify_cli.workflows.base import Gone\n", 3, None),
        ("import specify_cli.gone\n", 3, None),
        ("raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})\n", 3, "it cannot be loaded: E"),
        (
            SHOUT.replace("'shout'", "'x'").replace('"shout"', '"silent"'),
            1,
            "step.yml says `type_key: shout`, and no class here has that type_key (ShoutStep: 'silent')",
        ),
        (
            SHOUT + "    def __init__(self, x):\n        pass\n",
            1,
            "it cannot be loaded: TypeError: ShoutStep.__init__() missing 1 required positional argument: 'x'",
        ),
    ],
)
def test_a_broken_package_is_reported(tmp_path, code, line, reason):
    add_package(tmp_path, code)
    path, at, told = refused(tmp_path)
    assert (path, at) == ("shout/__init__.py", line)
    assert told == reason if reason else told.startswith("it cannot be loaded: ")
    assert left_behind(tmp_path) == []


def test_an_import_that_fails_leaves_no_modules(tmp_path):
    add_package(tmp_path, "from . import more\n1 / 0\n", more="")
    custom_steps_of(tmp_path)
    assert left_behind(tmp_path) == []


def test_an_error_in_a_module_is_placed_there(tmp_path):
    add_package(tmp_path, "from . import more\n", more="\n\nx = unknown\n")
    assert refused(tmp_path) == ("shout/more.py", 3, "it cannot be loaded: NameError: name 'unknown' is not defined")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it must have a mapping `step`"),
        ("- a\n", "it must have a mapping `step`"),
        ("step: x\n", "it must have a mapping `step`"),
        ("step: {}\n", "`step.type_key` must be a text, the word after `type:`"),
        ("step: {type_key: 3}\n", "`step.type_key` must be a text, the word after `type:`"),
        ('step: {type_key: "a\\eb"}\n', "`step.type_key` is 'a\\x1bb', which is no word"),
        ("step: [\n", None),
        (
            "a: &a [x, x]\nb: &b [*a, *a, *a, *a]\n"
            + "".join(
                f"c{i}: &c{i} [*{p}, *{p}, *{p}, *{p}, *{p}, *{p}]\n"
                for i, p in enumerate(["b", *(f"c{i}" for i in range(9))])
            ),
            None,
        ),
        ("step: !!python/object/apply:os.system ['true']\n", None),
        ("[" * 5000, None),
    ],
)
def test_a_manifest_that_is_wrong_or_hostile_is_reported(tmp_path, text, reason):
    folder = add_package(tmp_path)
    (folder / "step.yml").write_text(text)
    path, _, told = refused(tmp_path)
    assert path == "shout/step.yml"
    assert told == reason if reason else told


def test_a_manifest_that_is_not_text_is_reported(tmp_path):
    folder = add_package(tmp_path)
    (folder / "step.yml").write_bytes(b"step: {type_key: \xff}\n")
    assert refused(tmp_path) == ("shout/step.yml", 1, "the byte 0xff is not UTF-8")


def test_missing_and_special_files_are_reported(tmp_path):
    steps = tmp_path / ".specify/workflows/steps"
    (steps / "empty").mkdir(parents=True)
    add_package(tmp_path, key="bare")
    (steps / "bare/__init__.py").unlink()
    add_package(tmp_path, key="pipe")
    (steps / "pipe/step.yml").unlink()
    os.mkfifo(steps / "pipe/step.yml")
    found = custom_steps_of(tmp_path)
    assert [(str(each.path.relative_to(steps)), each.reason, each.type_key) for each in found.problems] == [
        ("bare/__init__.py", "a step package has a file __init__.py", "bare"),
        ("empty/step.yml", "a step package has a file step.yml", "empty"),
        ("pipe/step.yml", "it is not a file", "pipe"),
    ]


@pytest.mark.parametrize("linked", ["shout", "shout/step.yml", "shout/__init__.py"])
def test_links_are_skipped_and_reported(tmp_path, linked):
    add_package(tmp_path)
    place = tmp_path / ".specify/workflows/steps" / linked
    place.rename(tmp_path / "real")
    place.symlink_to(tmp_path / "real")
    path, _, told = refused(tmp_path)
    assert (path, told) == (linked, "it is a symbolic link, which step packages must not be")


def test_a_folder_of_packages_that_is_a_link_is_reported(tmp_path):
    add_package(tmp_path / "real")
    (tmp_path / "project/.specify/workflows").mkdir(parents=True)
    (tmp_path / "project/.specify/workflows/steps").symlink_to(tmp_path / "real/.specify/workflows/steps")
    (problem,) = custom_steps_of(tmp_path / "project").problems
    assert problem.reason == "it is a symbolic link, so no step package is loaded from it"


def test_built_in_types_and_earlier_packages_are_never_replaced(tmp_path):
    add_package(tmp_path, SHOUT.replace('"shout"', '"shell"'), key="shell")
    add_package(tmp_path, folder="a")
    add_package(tmp_path, folder="b")
    found = custom_steps_of(tmp_path)
    steps = tmp_path / ".specify/workflows/steps"
    assert list(found.types) == ["shout"]
    assert [(each.path.name, each.reason) for each in found.problems] == [
        ("b", f"the step type `shout` is that of {steps / 'a'} already"),
        ("shell", "`shell` is a built-in step type, which no package can replace"),
    ]


def test_the_registry_caches_and_unfinished_installations_are_no_packages(tmp_path):
    steps = add_package(tmp_path).parent
    (steps / "step-registry.json").write_text("{}")
    for name in (".cache", "__pycache__", "speckit_step_tmp_ab"):
        (steps / name).mkdir()
    assert custom_steps_of(tmp_path).problems == ()


def test_the_words_of_a_manifest_may_be_of_any_scalar(tmp_path):
    folder = add_package(tmp_path)
    (folder / "step.yml").write_text(manifest(version="1.0"))
    assert custom_steps_of(tmp_path).problems == ()
