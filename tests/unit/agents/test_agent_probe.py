"""What is told of an agent on this machine."""

import dataclasses

import pytest

from plait.agents.agent import Agent
from plait.agents.probe import look, probe, probe_all

SCRIPT = """#!/bin/sh
case "$1" in
--version) {version} ;;
login) {login} ;;
esac
"""


@pytest.fixture
def make(tmp_path):
    def agent(version="echo 1.2", login="exit 0", key="tool", **fields):
        path = tmp_path / "bin" / key
        path.parent.mkdir(exist_ok=True)
        path.write_text(SCRIPT.format(version=version, login=login))
        path.chmod(0o755)
        return Agent(key, key.title(), key, **fields)

    return agent


@pytest.fixture
def environ(tmp_path):
    return {"PATH": f"{tmp_path / 'bin'}:/bin:/usr/bin", "HOME": str(tmp_path)}


def test_looking_starts_nothing(make, environ, tmp_path):
    seen = look(make(version="touch ~/started"), environ)

    assert seen.path == str(tmp_path / "bin" / "tool")
    assert (seen.version, seen.signed_in, seen.usable) == (None, "unknown", True)
    assert not (tmp_path / "started").exists()


def test_what_is_missing(make, environ):
    seen = look(dataclasses.replace(make(), executable="other", install="npm i x"), environ)

    assert (seen.path, seen.usable) == (None, False)
    assert seen.problem == "agent `tool` is not installed: no `other` on PATH"
    assert seen.hint == "install it with `npm i x`"


@pytest.mark.parametrize(
    ("version", "first"),
    [
        ("echo; echo ' 1.2 (x) '; echo more", "1.2 (x)"),
        ("echo 3.4 >&2", "3.4"),
        ("echo 1.2.3; head -c 100000 /dev/zero | tr '\\0' 9", "1.2.3"),
        ("echo 1.; head -c 100000 /dev/zero | tr '\\0' 9", "unknown"),
        ("printf 1.; head -c 100000 /dev/zero | tr '\\0' 9", "1." + "9" * 198),
        ("echo Welcome!; echo 'tool v0.4.1-beta'", "tool v0.4.1-beta"),
        ("echo 'Please log in first'", "unknown"),
        ("echo 'usage: tool [1]'", "unknown"),
    ],
)
def test_the_version_is_the_first_line_that_has_one(make, environ, version, first):
    assert probe(make(version), environ).version == first


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("echo broken; exit 3", "agent `tool`: `{} --version` failed: broken"),
        ("true", "agent `tool`: `{} --version` failed: no output"),
        ("exec sleep 600", "agent `tool`: `{} --version` did not answer in time"),
    ],
)
def test_an_agent_that_does_not_start(make, environ, tmp_path, version, problem):
    seen = probe(make(version), environ, timeout=0.5)

    assert seen.problem == problem.format(tmp_path / "bin" / "tool")
    assert not seen.usable


@pytest.mark.parametrize(
    ("login", "signed_in", "usable"),
    [("echo me", "yes", True), ("exit 1", "no", False), ("exit 2", "unknown", True), ("sleep 600", "unknown", True)],
)
def test_a_free_command_tells_who_is_logged_in(make, environ, login, signed_in, usable):
    asked = dataclasses.replace(make(login=login), login=("login",))
    seen = probe(asked, environ, timeout=2)
    assert (seen.signed_in, seen.usable) == (signed_in, usable)


def test_signs_of_a_login(make, environ, tmp_path):
    agent = make(login_signs=("$TOKEN", "~/.tool/auth"))

    assert look(agent, environ).signed_in == "unknown"
    assert look(agent, {**environ, "TOKEN": " "}).signed_in == "unknown"
    assert look(agent, {**environ, "TOKEN": "x"})[3:5] == ("yes", "$TOKEN")
    (tmp_path / ".tool").mkdir()
    (tmp_path / ".tool" / "auth").touch()
    assert look(agent, environ)[3:5] == ("yes", "~/.tool/auth")


def test_many_at_once(make, environ):
    agents = [make(f"echo 1.{number}", key=f"tool{number}") for number in range(9)]

    found = {seen.agent.key: seen.version for seen in probe_all(agents, environ)}
    assert found == {f"tool{number}": f"1.{number}" for number in range(9)}
