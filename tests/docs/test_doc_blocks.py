"""What the documents show is true: their YAML loads, their Python and their commands run and print what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from doc_blocks import ROOT, blocks_of, documents

from plait import WorkflowDefinition, WorkflowEngine

DOCUMENTS = documents()
BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path)]
LANGUAGES = {"yaml", "sh", "console", "python", "json", "text"}
COPIED = ("README.md", "LICENSE", "pyproject.toml", "src", "examples", "docs", "benchmarks", "checks.py", "tests")
INSTALLS = ("python3 -m venv",)
CHECKS = "python3 checks.py"
BENCHMARKS = "python -m benchmarks"


def of_language(language):
    return [pytest.param(block, id=block.name) for block in BLOCKS if block.language == language]


@pytest.fixture
def project(tmp_path):
    """Make a fresh copy of the repository, as somebody who has just cloned it has."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        elif source.exists():
            shutil.copy(source, tmp_path / name)
    return tmp_path


@pytest.fixture
def environment():
    """Put this Python, its `plait` and a scripted `claude` first; hide from what runs here that a test runs it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PLAIT_", "SPECKIT_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), str(ROOT / "tests" / "docs" / "agents"), kept["PATH"]])
    return {**kept, "PATH": path, "TERM": "dumb", "COLUMNS": "100"}


@pytest.mark.parametrize("block", [pytest.param(block, id=block.name) for block in BLOCKS])
def test_every_block_says_what_it_is(block):
    assert block.language in LANGUAGES


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_the_documents_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))

    missing = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert missing == []


def is_workflow(block):
    """Whether a block of YAML is a workflow, or a part of one; tests and stubs are run with theirs."""
    return not (block.saved_as or "").endswith((".test.yml", ".stubs.yml"))


@pytest.mark.parametrize("block", [each for each in of_language("yaml") if is_workflow(each.values[0])])
def test_yaml_is_a_workflow_without_problems(block):
    definition = WorkflowDefinition.from_string(whole_workflow(block.text), source=block.name)

    assert WorkflowEngine().validate(definition) == []


def whole_workflow(text):
    """Add to a fragment what it leaves out: the header, the inputs it uses, the steps it refers to."""
    data = yaml.safe_load(text)
    if isinstance(data, list):
        text, data = "steps:\n" + text, {"steps": data}
    lacking = []
    if "workflow" not in data:
        lacking.append("workflow: {id: fragment, name: Fragment}")
    if "inputs" not in data:
        names = sorted(set(re.findall(r"\binputs\.([\w-]+)", text)))
        lacking += [f"inputs: {{{', '.join(f'{name}: {{default: x}}' for name in names)}}}"] if names else []
    known = set(re.findall(r"\bid: ([\w-]+)", text))
    waited = [each for line in re.findall(r"wait_for: \[(.*)\]", text) for each in line.split(", ")]
    used = {*re.findall(r"\bsteps\.([\w-]+)", text), *waited}
    margin = re.search(r"^steps:\n( *)-", text, re.MULTILINE)
    dash = f"{margin[1] if margin else ''}-"
    before = [f"{dash} {{id: {name}, type: shell, run: 'true'}}" for name in sorted(used - known)]
    if "steps" not in data:
        lacking.append("steps:\n" + "\n".join(before or ["- {id: nothing, type: shell, run: 'true'}"]))
    elif before:
        text = text.replace("steps:\n", "steps:\n" + "\n".join(before) + "\n", 1)
    return "\n".join([*lacking, text])


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if any(b.language == "python" for b in blocks_of(path))])
def test_python_runs(path, project, environment):
    code = "\n".join(block.text for block in blocks_of(path) if block.language == "python")
    save_files(path, project)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name)
        for path in DOCUMENTS
        if any(b.language in ("sh", "console") for b in blocks_of(path))
    ],
)
def test_a_document_can_be_followed(path, project, environment):
    """Its commands run one after the other, in one copy of the repository; sessions print what they show."""
    save_files(path, project)
    for block in blocks_of(path):
        if block.language == "sh":
            run_commands(block, project, environment)
        elif block.language == "console":
            for command, shown in session(block.text):
                printed = run_any(command, project, environment)
                assert comparable(printed) == comparable(shown), f"{block.name}: {command}"


def run_commands(block, project, environment):
    for line in block.text.replace("\\\n", " ").splitlines():
        command = line.partition("  #")[0].strip()
        if command and not has_a_test_of_its_own(command):
            run_shell(command, project, environment, promised_exit(line))


def has_a_test_of_its_own(command):
    return command.startswith(INSTALLS) or command in (CHECKS, BENCHMARKS)


def promised_exit(line):
    """Return the exit code that a comment at the end of a line speaks of."""
    match = re.search(r"#.*\bexit code (\d+)", line)
    return int(match[1]) if match else 0


def run_shell(command, project, environment, expected=0):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def save_files(path, project):
    for block in blocks_of(path):
        if block.saved_as:
            file = project / block.saved_as
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)


def session(text):
    """Split a session into commands and what they print."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run_any(command, project, environment):
    done = subprocess.run(
        shlex.split(command),
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr


def comparable(text):
    """Take out what differs from run to run: times, run ids, who it was, and the order of what runs at once."""
    text = re.sub(r"\d+(\.\d+)?s\b", "TIME", text)
    text = re.sub(r"^  (\d\d:\d\d:\d\d| {8})  ", "  ", text, flags=re.MULTILINE)
    text = re.sub(r"\b[0-9a-f]{8}\b", "RUN", text)
    text = re.sub(r"answered by \S+:", "answered by SOMEBODY:", text)
    return sorted(line.rstrip() for line in text.splitlines() if line.strip())


def test_the_checks_that_the_readme_names_exist(environment):
    assert any(CHECKS in block.text for block in blocks_of(ROOT / "README.md"))
    done = run_shell(f"{CHECKS} --list", ROOT, environment)

    assert [line.split()[0] for line in done.splitlines()] == ["format", "lint", "imports", "types", "tests"]


@pytest.mark.slow
def test_the_readme_installs_and_runs_with_one_command(project, environment):
    command = next(
        line
        for block in blocks_of(ROOT / "README.md")
        for line in block.text.replace("\\\n", " ").splitlines()
        if line.startswith(INSTALLS)
    )
    bare = {**environment, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env=bare,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "completed" in done.stdout
