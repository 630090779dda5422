"""`plait skill` as a person calls it."""

import json

import pytest


@pytest.fixture
def home(tmp_path):
    """Give a home of its own, and no agent on the search path."""
    return {"HOME": str(tmp_path / "home"), "PATH": "/nowhere"}


def test_it_is_installed_listed_changed_and_removed(project, home):
    assert "it is installed nowhere" in project.plait("skill", "list", env=home).out
    first = project.plait("skill", "install", "--agent", "claude", "--agent", "gemini", env=home)
    assert ".claude/skills/plait (claude): 6 files written" in first.out
    assert ".agents/skills/plait (gemini): 6 files written" in first.out
    second = json.loads(project.plait("skill", "install", "--agent", "claude", "--json", env=home).out)
    assert [place["written"] for place in second["places"]] == [[]]

    core = project.path / ".claude" / "skills" / "plait" / "SKILL.md"
    core.write_text("mine\n")
    kept = project.plait("skill", "install", "--agent", "claude", env=home)
    assert "kept .claude/skills/plait/SKILL.md: somebody has changed it\n  --force overwrites them" in kept.out
    listed = {
        place["folder"]: place for place in json.loads(project.plait("skill", "list", "--json", env=home).out)["places"]
    }
    assert listed[".claude/skills/plait"]["changed"] == ["SKILL.md"]
    assert (listed[".agents/skills/plait"]["state"], listed["~/.claude/skills/plait"]["state"]) == ("current", "absent")

    project.plait("skill", "remove", env=home)
    left = [path.relative_to(project.path).as_posix() for path in project.path.rglob("*") if path.is_file()]
    assert left == [".claude/skills/plait/SKILL.md"]


def test_in_the_home_it_is_for_all_projects_and_the_project_stays_as_it_is(project, home, tmp_path):
    folder = tmp_path / "home" / ".claude" / "skills" / "plait"
    shown = project.plait("skill", "install", "--user", "--agent", "claude", env=home)

    assert "~/.claude/skills/plait (claude): 6 files written" in shown.out
    assert {path.name for path in folder.iterdir()} == {"SKILL.md", "references", ".plait.json"}
    assert not (project.path / ".claude").exists()
    project.plait("skill", "remove", "--user", env=home)
    assert not folder.exists()


def test_without_an_agent_it_goes_where_most_look(project, home):
    assert ".agents/skills/plait (generic): 6 files written" in project.plait("skill", "install", env=home).out

    (project.path / ".specify").mkdir()
    (project.path / ".specify" / "integration.json").write_text('{"default_integration": "qodercli"}')
    assert ".qoder/skills/plait (qodercli)" in project.plait("skill", "install", env=home).out


def test_mistakes_are_told_with_the_nearest_name(project, home):
    unknown = project.plait("skill", "install", "--agent", "claud", env=home)
    assert (unknown.code, "did you mean `claude`?" in unknown.err) == (2, True)
    page = project.plait("skill", "show", "expresions", env=home)
    assert (page.code, "did you mean `expressions`?" in page.err) == (2, True)


def test_a_page_can_be_read_by_who_knows_no_skills(project, home):
    assert project.plait("skill", "show", env=home).out.startswith("---\nname: plait\ndescription: ")
    assert "\n## fan-out\n" in project.plait("skill", "show", "steps", env=home).out
