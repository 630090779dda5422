import subprocess

import pytest

from plait.secrets import exposed_file


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".specify").mkdir()
    (tmp_path / ".specify" / "secrets.env").write_text("A=1")
    return tmp_path


def git(project, *words):
    subprocess.run(["git", *words], cwd=project, check=True, capture_output=True)


def test_a_file_that_git_would_take_is_exposed(project):
    git(project, "init", "-q")
    assert exposed_file(project) == project / ".specify" / "secrets.env"
    (project / ".gitignore").write_text("secrets.env\n")
    assert exposed_file(project) is None


def test_outside_a_repository_and_without_git_nothing_is(project, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    assert exposed_file(project) is None
    monkeypatch.setenv("PATH", str(project))
    assert exposed_file(project) is None


def test_without_the_file_git_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    assert exposed_file(tmp_path) is None
