"""The recordings of real CLIs: complete, small, and without a trace of the machine they were made on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "fixtures" / "agent_streams"
_FACTS = sorted(_FOLDER.glob("*/*.json"))
_CLASSES = {None, "rate_limit", "quota", "authentication", "overloaded", "permission", "crashed", "other"}
_EVERYWHERE = {
    "answer",
    "edit",
    "denied",
    "unauthorized",
    "rate_limited",
    "quota",
    "server_error",
    "overloaded",
    "garbage",
}


@pytest.mark.parametrize("cli", sorted({path.parent.name for path in _FACTS}))
def test_every_cli_has_the_scenarios_that_all_must_have(cli: str) -> None:
    assert {path.stem for path in _FACTS if path.parent.name == cli} >= _EVERYWHERE


@pytest.mark.parametrize("path", _FACTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recording_is_whole_small_and_neutral(path: Path) -> None:
    facts = json.loads(path.read_text())
    assert facts["truth"]["failure"] in _CLASSES
    assert (facts["exit_code"] is None) == facts["stopped"]
    for part in (path, path.with_suffix(".stdout"), path.with_suffix(".stderr")):
        text = part.read_text(encoding="utf-8")
        assert len(text) < 100_000
        assert "127.0.0.1:" not in text
        assert "recording-" not in text
        assert "/work/" not in text


@pytest.mark.parametrize("path", _FACTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_only_an_allowed_agent_changed_files(path: Path) -> None:
    facts = json.loads(path.read_text())
    assert not (facts["level"] == "read" and facts["truth"]["files"])
    assert facts["truth"]["files"] == (["new.txt"] if path.stem in {"edit", "full"} else [])


@pytest.mark.parametrize("path", _FACTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_truth_is_in_what_was_printed(path: Path) -> None:
    facts = json.loads(path.read_text())
    printed = path.with_suffix(".stdout").read_text(encoding="utf-8")
    truth = facts["truth"]
    assert truth["text"] is None or truth["text"] in printed.replace('\\"', '"')
    assert truth["session"] is None or truth["session"] in printed
    assert (truth["failure"] is None) == (truth["text"] is not None)
