"""`plait agents` from outside."""

import json
import os
import subprocess
import sys

import pytest

PLAIT = [sys.executable, "-m", "plait", "agents"]
TOOL = '[mine]\nname = "Mine"\nexecutable = "mine"\nrun = ["{prompt}"]\npermissions = { read = [], full = [] }\n'


@pytest.fixture
def plait(tmp_path):
    """Return a function that runs `plait agents` where `mine` is the only agent installed, as it is told to be."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "project" / ".specify").mkdir(parents=True)
    (tmp_path / "project" / ".specify" / "agents.toml").write_text(TOOL + 'login = ["login"]\n')
    environ = {
        "PATH": f"{tmp_path / 'bin'}:/bin:/usr/bin",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }

    def call(*words, script="echo mine 1.2", code=0):
        tool = tmp_path / "bin" / "mine"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        done = subprocess.run(
            [*PLAIT, *words], cwd=tmp_path / "project", env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done

    return call


def test_list_shows_every_agent_and_starts_none(plait, tmp_path):
    out = plait("list", script="touch ~/started").stdout

    lines = out.splitlines()
    assert lines[0].split() == ["AGENT", "NAME", "INSTALLED", "PERMISSIONS", "VERIFIED", "ACP"]
    assert lines[1].split() == ["mine", "Mine", str(tmp_path / "bin" / "mine"), "read", "full", "-", "-"]
    assert len(lines) == 1 + 40 + 3
    assert lines[-2] == f"{tmp_path}/project/.specify/agents.toml says what is run for mine"
    assert lines[-1] == "1 of 40 agents installed; `plait agents check` asks for versions and logins"
    assert not (tmp_path / "started").exists()


def test_list_as_json(plait, tmp_path):
    agents = {each["agent"]: each for each in json.loads(plait("list", "--json").stdout)["agents"]}

    assert agents["mine"]["path"] == str(tmp_path / "bin" / "mine")
    assert agents["mine"]["permissions"] == ["read", "full"]
    assert agents["gemini"] == {
        "agent": "gemini",
        "name": "Gemini CLI",
        "executable": "gemini",
        "path": None,
        "source": None,
        "version": None,
        "logged_in": None,
        "permissions": ["read", "edit", "full"],
        "continues_sessions": True,
        "verified": "0.61.0",
        "acp": True,
        "commands": ".gemini/commands/speckit.plan.toml",
        "install": "npm install -g @google/gemini-cli",
        "problem": "agent `gemini` is not installed: no `gemini` on PATH",
        "hint": "install it with `npm install -g @google/gemini-cli`",
    }


def test_check_asks_what_is_installed(plait, tmp_path):
    out = plait("check", script='if [ "$1" = login ]; then exit 1; fi; printf "mine 1.2\\033[31m\\n"').stdout

    assert out.splitlines() == [
        "✗ mine (Mine)",
        f"    executable:  {tmp_path / 'bin' / 'mine'}",
        f"    set in:      {tmp_path / 'project' / '.specify' / 'agents.toml'}",
        "    version:     mine 1.2 (never verified)",
        "    logged in:   no",
        "    permissions: read full",
        "    ACP:         no",
        "    commands:    -",
        "    problem:     agent `mine` is installed, but nobody is logged in",
        "    hint:        start `mine` and log in",
    ]


def test_check_of_a_named_agent_fails_if_it_cannot_be_used(plait):
    assert "✓ mine (Mine)" in plait("check", "mine").stdout
    assert "--version` failed: no" in plait("check", "mine", script="echo no; exit 1", code=1).stdout
    gone = json.loads(plait("check", "gemini", "mine", "--json", code=1).stdout)["agents"]
    assert [each["agent"] for each in gone] == ["gemini", "mine"]
    assert gone[1]["version"] == "mine 1.2"


def test_an_unknown_name_is_guessed_at(plait):
    said = plait("check", "mein", code=2).stderr

    assert said == "error: there is no agent `mein`\nhint: did you mean `mine`?\n"


def test_a_wrong_file_is_told_in_one_line(plait, tmp_path):
    file = tmp_path / "project" / ".specify" / "agents.toml"
    file.write_text("[claude]\nmodell = 1\n")

    said = plait("list", code=2).stderr
    assert said == f"error: {file}:2: `modell` is not a setting of `claude`\nhint: did you mean `model`?\n"
