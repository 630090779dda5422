"""An agent's commands: found, read, and put into words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.agents.catalogue import agents_of
from plait.agents.command_files import CommandFile, find_command, invocation_text
from plait.errors import PlaitError

AGENTS = agents_of(Path("/nowhere"), {"HOME": "/nowhere"})
BY_DOT = "amp auggie codebuddy firebender gemini generic goose kilocode kiro-cli omp opencode pi qwen shai tabnine"
BY_HYPHEN = (
    "agy alquimia bob claude cline copilot cursor-agent devin droid forge grok hermes junie lingma qodercli rovodev "
    "trae vibe zed"
)
BY_DOLLAR = "codex command-code zcode"


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("keys", "plan", "other"),
    [
        (BY_DOT, "/speckit.plan A B", "/speckit.git.a_b A B"),
        (BY_HYPHEN, "/speckit-plan A B", "/speckit-git-a_b A B"),
        (BY_DOLLAR, "$speckit-plan A B", "$speckit-git-a_b A B"),
        ("kimi", "/skill:speckit-plan A B", "/skill:speckit-git-a_b A B"),
    ],
)
def test_commands_are_called_as_spec_kit_calls_them(keys, plan, other):
    for key in keys.split():
        assert invocation_text(AGENTS[key], "speckit.plan", "A B") == plan
        assert invocation_text(AGENTS[key], "plan", "A B") == plan
        assert invocation_text(AGENTS[key], "speckit.git.a_b", "A B") == other
        assert invocation_text(AGENTS[key], "speckit.plan", "") == plan.removesuffix(" A B")


@pytest.mark.parametrize(
    ("command", "by_hyphen", "by_dot"),
    [
        ("sdd-intake", "/speckit-sdd-intake", "/speckit.sdd-intake"),
        ("loop.goal", "/speckit-loop-goal", "/speckit.loop.goal"),
        ("/speckit.brownfield.scan", "/speckit-brownfield-scan", "/speckit.brownfield.scan"),
    ],
)
def test_commands_of_others_are_called_too(command, by_hyphen, by_dot):
    assert invocation_text(AGENTS["claude"], command, "") == by_hyphen
    assert invocation_text(AGENTS["gemini"], command, "") == by_dot


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("claude", ".claude/skills/speckit-plan/SKILL.md"),
        ("claude", ".claude/commands/speckit.plan.md"),
        ("codex", ".agents/skills/speckit-plan/SKILL.md"),
        ("copilot", ".github/agents/speckit.plan.agent.md"),
        ("opencode", ".opencode/commands/speckit.plan.md"),
        ("opencode", ".opencode/command/speckit.plan.md"),
        ("firebender", ".firebender/commands/speckit.plan.mdc"),
    ],
)
def test_files_are_found_where_the_agent_keeps_them(tmp_path, key, file):
    path = write(tmp_path, file, "---\nname: plan\n---\n\nPlan $ARGUMENTS now.\n")

    found = find_command(AGENTS[key], tmp_path, "speckit.plan")
    assert found.path == path
    assert found.prompt("it") == "Plan it now.\n"
    assert find_command(AGENTS[key], tmp_path, "speckit.tasks") is None


def test_a_name_without_prefix_is_spec_kits_first(tmp_path):
    plain = write(tmp_path, ".claude/skills/plan/SKILL.md", "plain")
    assert find_command(AGENTS["claude"], tmp_path, "plan").path == plain
    assert find_command(AGENTS["claude"], tmp_path, "speckit.plan") is None
    write(tmp_path, ".claude/skills/speckit-plan/SKILL.md", "spec kit's")
    assert find_command(AGENTS["claude"], tmp_path, "plan").text == "spec kit's"
    dotted = write(tmp_path, ".claude/commands/loop.goal.md", "goal")
    assert find_command(AGENTS["claude"], tmp_path, "loop.goal").path == dotted


def test_files_in_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write(tmp_path / "home", ".hermes/skills/speckit-plan/SKILL.md", "text")

    assert find_command(AGENTS["hermes"], tmp_path, "speckit.plan").text == "text"


@pytest.mark.parametrize(
    "name", ["", " ", "..", "../x", "a/../../b", "/etc/passwd", "a\\b", "a\0b", "speckit.", "a..b"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    for use in (
        lambda: find_command(AGENTS["claude"], tmp_path, name),
        lambda: invocation_text(AGENTS["pi"], name, ""),
    ):
        with pytest.raises(PlaitError) as caught:
            use()
        assert str(caught.value) == f"{name!r} is not the name of a command"


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("no header\n", "no header\n"),
        ("---\na: b\n---\nbody", "body"),
        ("---\n---\nbody", "body"),
        ("\ufeff---\r\na: b\r\n---\r\n\r\nbody", "body"),
        ("---\na: b\nbody without an end", "---\na: b\nbody without an end"),
        ("---\na: |\n  ---\n---\nbody\n---\nrest", "body\n---\nrest"),
        ("----\nno header", "----\nno header"),
    ],
)
def test_the_header_of_a_file_is_left_out(tmp_path, text, body):
    write(tmp_path, ".pi/prompts/speckit.plan.md", text)

    assert find_command(AGENTS["pi"], tmp_path, "speckit.plan").text == body


def test_toml(tmp_path):
    path = write(
        tmp_path, ".gemini/commands/speckit.plan.toml", 'description = "x"\nprompt = """\nPlan {{args}}.\n"""\n'
    )
    assert find_command(AGENTS["gemini"], tmp_path, "speckit.plan").prompt("A") == "Plan A.\n"

    path.write_text('prompt = ["x"]\n')
    with pytest.raises(PlaitError) as caught:
        find_command(AGENTS["gemini"], tmp_path, "speckit.plan")
    assert str(caught.value) == f"{path} is not a command: it has no `prompt`"
    path.write_text("prompt = \n")
    with pytest.raises(PlaitError, match="is not a command: Invalid value"):
        find_command(AGENTS["gemini"], tmp_path, "speckit.plan")


def test_recipe(tmp_path):
    recipe = "title: x\ninstructions: Be brief.\nprompt: |\n  Plan {{ args }}.\n"
    path = write(tmp_path, ".goose/recipes/speckit.plan.yaml", recipe)
    assert find_command(AGENTS["goose"], tmp_path, "speckit.plan").prompt("A") == "Be brief.\n\nPlan A.\n"

    path.write_text("title: x\n")
    with pytest.raises(PlaitError) as caught:
        find_command(AGENTS["goose"], tmp_path, "speckit.plan")
    assert str(caught.value) == f"{path} is not a recipe: it has neither `instructions` nor `prompt`"
    path.write_text("a: [\n")
    with pytest.raises(PlaitError, match="is not a recipe: while parsing"):
        find_command(AGENTS["goose"], tmp_path, "speckit.plan")


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = write(tmp_path, ".pi/prompts/speckit.plan.md", b"x" * (4 << 20) + b"x")

    with pytest.raises(PlaitError) as caught:
        find_command(AGENTS["pi"], tmp_path, "speckit.plan")
    assert str(caught.value) == f"{path} is too large for a command: more than 4 MiB"


def test_a_folder_in_place_of_a_file_is_no_command(tmp_path):
    (tmp_path / ".pi/prompts/speckit.plan.md").mkdir(parents=True)

    assert find_command(AGENTS["pi"], tmp_path, "speckit.plan") is None


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("do $ARGUMENTS and $ARGUMENTS", "do X and X"),
        ("do {{args}} / {{ args }} / {{parameters}}", "do X / X / X"),
        ("$ARGUMENTS_LIST", "$ARGUMENTS_LIST\n\nArguments: X\n"),
        ("nothing", "nothing\n\nArguments: X\n"),
    ],
)
def test_arguments_take_their_place(text, prompt):
    assert CommandFile(Path("x"), text).prompt("X") == prompt


def test_a_place_of_the_agents_own():
    assert CommandFile(Path("x"), "do <<it>>", "<<it>>").prompt("X") == "do X"
    assert CommandFile(Path("x"), "no place", "").prompt(" ") == "no place"


@given(
    before=st.text(max_size=20),
    arguments=st.one_of(st.text(max_size=40), st.sampled_from(["$ARGUMENTS", r"\1 \g<0>", "{{args}}", "'; rm -rf /"])),
    after=st.text(max_size=20),
)
def test_arguments_are_put_in_as_they_are(before, arguments, after):
    before, after = (text.replace("$", "").replace("{", "") for text in (before, f" {after}"))
    prompt = CommandFile(Path("x"), f"{before}$ARGUMENTS{after}").prompt(arguments)

    assert prompt == f"{before}{arguments}{after}"
