"""A real CLI and the model server understand each other: it sees the tools, the file is written."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support.agent_clis import PACKAGES, missing
from support.model_server import ModelServer, WriteFile, act, clis, conversation, say
from support.model_server.scenarios import BASE, ENDING, LEVELS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("cli", sorted(PACKAGES))
def test_a_cli_writes_the_file_that_the_model_asks_for(cli: str, tmp_path: Path) -> None:
    if reason := missing(cli):
        pytest.skip(reason)
    home, project = tmp_path / "home", tmp_path / "project"
    project.mkdir()
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    with ModelServer(conversation(act(WriteFile("a.txt", "hello\n")), say("Done."))) as server:
        environment = clis.prepare(cli, home, server.url) | LEVELS[cli]["full"].environment
        argv = [*BASE[cli], *LEVELS[cli]["full"].flags, *ENDING.get(cli, ())]
        ended = subprocess.run(
            [part.replace("@HOME@", str(home)) for part in argv],
            cwd=project,
            env=environment,
            input="Please write a.txt",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert "Done." in ended.stdout, ended.stderr
    assert (project / "a.txt").read_text() == "hello\n"
    assert "Please write a.txt" in server.calls[0].prompt
    assert [call.step for call in server.calls] == [0, 1]
