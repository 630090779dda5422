"""What the document on agents says is what the table of agents says."""

from pathlib import Path

import pytest
from doc_blocks import ROOT, blocks_of

from plait.agents.catalogue import agents_of
from plait.agents.fields import AGENT
from plait.views.agents import levels_of, place_of_commands

DOCUMENT = ROOT / "docs" / "agents.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
AGENTS = agents_of(Path("/nowhere"), {"HOME": "/nowhere"})


NONE = "\N{EN DASH}"


def yes(known):
    return "yes" if known else NONE


@pytest.mark.parametrize("agent", AGENTS.values(), ids=lambda agent: agent.key)
def test_every_agent_is_listed_with_its_facts(agent):
    cells = [
        f"`{agent.key}`",
        agent.name,
        f"`{agent.executable}`" if agent.executable else NONE,
        levels_of(agent) if agent.executable else NONE,
        yes(agent.can_continue),
        yes(agent.schema),
        yes(agent.acp),
        agent.verified or NONE,
        f"`{place_of_commands(agent)}`",
    ]
    assert f"\n| {' | '.join(cells)} |\n" in TEXT


def test_no_agent_is_listed_that_there_is_not():
    listed = [line for line in TEXT.splitlines() if line.startswith("| `") and line.count("|") == 10]

    assert len(listed) == len(AGENTS)


@pytest.mark.parametrize("field", AGENT)
def test_every_setting_is_explained(field):
    settings = TEXT.partition("\n## Settings\n")[2]

    assert f"`{field}`" in settings.partition("\n| field |")[2]


def test_the_example_of_settings_can_be_used(tmp_path):
    (block,) = [block for block in blocks_of(DOCUMENT) if block.saved_as]
    file = tmp_path / ".specify" / block.saved_as
    file.parent.mkdir()
    file.write_text(block.text, encoding="utf-8")

    agents = agents_of(tmp_path, {"HOME": str(tmp_path)})
    assert agents.permissions == "read"
    assert agents["claude"].limits == (3, 20)
    assert agents["ours"].permissions == {"read": ("--dry-run",), "full": ()}
