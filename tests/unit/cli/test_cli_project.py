from pathlib import Path

import pytest

from plait.cli.project import command_suffix, project_root, recorded_project
from plait.errors import UsageError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.delenv("SPECIFY_INIT_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_current_folder_by_default(here):
    assert project_root(None) == here


def test_the_variable_names_a_project(here, monkeypatch):
    (here / "p" / ".specify").mkdir(parents=True)
    monkeypatch.setenv("SPECIFY_INIT_DIR", "p")
    assert project_root(None) == here / "p"


@pytest.mark.parametrize("value", ["missing", "."])
def test_the_variable_never_falls_back(value, monkeypatch):
    monkeypatch.setenv("SPECIFY_INIT_DIR", value)
    with pytest.raises(UsageError, match="not a project"):
        project_root(None)


def test_the_option_beats_the_variable(here, monkeypatch):
    monkeypatch.setenv("SPECIFY_INIT_DIR", "missing")
    assert project_root(here) == here
    with pytest.raises(UsageError, match="does not exist"):
        project_root(here / "nope")


def test_recorded_runs_need_a_project(here):
    with pytest.raises(UsageError, match="not a project"):
        recorded_project(None)
    (here / ".specify").mkdir()
    assert recorded_project(None) == here


def test_commands_shown_name_the_project_that_was_named():
    assert command_suffix(None) == ""
    assert command_suffix(Path("a b")) == " --project 'a b'"


def test_the_nearest_folder_upwards_with_specify_is_the_project(tmp_path, monkeypatch):
    (tmp_path / "outer" / ".specify").mkdir(parents=True)
    inner = tmp_path / "outer" / "src" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert project_root(None) == tmp_path / "outer"
    (inner.parent / ".specify").mkdir()
    assert project_root(None) == inner.parent


def test_the_home_folder_is_no_project_because_of_its_settings(tmp_path, monkeypatch):
    (tmp_path / ".specify").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "work")
    assert project_root(None) == tmp_path / "work"
