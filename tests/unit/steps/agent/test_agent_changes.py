"""What an agent changed, and what it was to change."""

import os
import subprocess

import pytest

from plait.model.status import StepStatus
from plait.steps.agent.changes import Watch, _named
from plait.steps.agent.repository import GitError, Repository
from support.scripted_agent import repository

PROMPT = "type: prompt, prompt: x"


def git(folder, *words):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("script", "changes", "diffstat"),
    [
        ("echo new > new.txt", [{"path": "new.txt", "change": "added"}], (1, 1, 0)),
        ("echo 3 >> kept.txt", [{"path": "kept.txt", "change": "modified"}], (1, 1, 0)),
        ("rm kept.txt", [{"path": "kept.txt", "change": "deleted"}], (1, 0, 2)),
        ("chmod +x kept.txt", [{"path": "kept.txt", "change": "modified"}], (1, 0, 0)),
        ("mv kept.txt b.txt", [{"path": "b.txt", "change": "renamed", "from": "kept.txt"}], (1, 2, 2)),
        ("echo a > a; git add a; git c a", [{"path": "a", "change": "added"}], (1, 1, 0)),
        ("git mv kept.txt b; git c b", [{"path": "b", "change": "renamed", "from": "kept.txt"}], (1, 2, 2)),
        ("touch kept.txt; mkdir empty", [], None),
        ("mkdir ä; echo x > 'ä/b c\nd'", [{"path": "ä/b c\nd", "change": "added"}], (1, 1, 0)),
        ("ln -s kept.txt link", [{"path": "link", "change": "added"}], (1, 0, 0)),
        ("echo x > ignored.log", [{"path": "ignored.log", "change": "added"}], (1, 1, 0)),
    ],
)
def test_changes_are_listed(in_git, one, script, changes, diffstat):
    git(in_git.root, "config", "alias.c", "-c user.name=a commit -qm")
    git(in_git.root, "config", "user.email", "a@example.org")
    git(in_git.root, "config", "user.name", "a")
    git(in_git.root, "config", "alias.c", "commit -q -m")
    one.always(f"{script}\n" + one.says("ok"))
    output = in_git.step(PROMPT).output

    assert output["changes"] == changes
    numbers = None if diffstat is None else dict(zip(("files", "insertions", "deletions"), diffstat, strict=True))
    assert output["diffstat"] == numbers


@pytest.mark.parametrize(
    ("before", "script", "changes"),
    [
        ("echo mine >> kept.txt", "true", []),
        ("echo mine >> kept.txt", "echo more >> kept.txt", [{"path": "kept.txt", "change": "modified"}]),
        ("echo mine >> kept.txt", "git checkout -q kept.txt", [{"path": "kept.txt", "change": "modified"}]),
        ("echo mine > u", "true", []),
        ("echo mine > u", "echo more >> u", [{"path": "u", "change": "modified"}]),
        ("echo mine > u", "rm u", [{"path": "u", "change": "deleted"}]),
        ("echo mine > u", "git add u", []),
        ("rm kept.txt", "git checkout -q kept.txt", [{"path": "kept.txt", "change": "added"}]),
        ("rm kept.txt", "true", []),
        ("head -c 3000000 /dev/zero > big", "echo x >> big", [{"path": "big", "change": "modified"}]),
    ],
)
def test_what_was_changed_before_does_not_count(in_git, one, before, script, changes):
    subprocess.run(before, shell=True, cwd=in_git.root, check=True)
    one.always(f"{script}\n" + one.says("ok"))
    assert in_git.step(PROMPT).output["changes"] == changes


def test_a_repository_without_a_commit(project, one):
    git(project.root, "init", "-q")
    (project.root / ".gitignore").write_text(".agents\n.specify\n")
    one.always("echo a > a; git add a; git -c user.name=t -c user.email=t@e commit -qm a\n" + one.says("ok"))
    changes = project.step(PROMPT).output["changes"]
    assert changes == [{"path": "a", "change": "added"}]


def test_a_branch_without_a_commit_that_the_agent_goes_to(in_git, one):
    one.always("git checkout -q --orphan other\ngit rm -qf kept.txt\n" + one.says("ok"))
    record = in_git.step(f"{PROMPT}, expects: changes")
    assert record.status is StepStatus.COMPLETED
    assert {"path": "kept.txt", "change": "deleted"} in record.output["changes"]


def test_the_runs_themselves_never_count(project, one):
    repository(project.root)
    (project.root / ".gitignore").write_text(".agents\n")
    git(project.root, "add", ".gitignore")
    assert project.step(f"{PROMPT}, expects: none").status is StepStatus.COMPLETED


def test_expecting_changes(in_git, one):
    record = in_git.step(f"{PROMPT}, expects: changes")
    assert record.error == "the agent changed nothing, though `expects: changes` asks for it"
    one.always("echo x > new\n" + one.says("ok"))
    assert in_git.step(f"{PROMPT}, expects: changes").status is StepStatus.COMPLETED


def test_expecting_changes_from_an_agent_that_was_refused(in_git, one):
    one.always(one.says("I may not", denied=("Bash", "Write", "Bash")))
    record = in_git.step(f"{PROMPT}, expects: changes")
    assert record.output["denied"][0] == {"tool": "Bash", "input": {"a": 1}}
    assert record.error == (
        "the agent changed nothing: it was refused Bash, Write (`permissions: edit`); `permissions: full` may allow it"
    )
    assert in_git.step(PROMPT).status is StepStatus.COMPLETED


@pytest.mark.parametrize(("denied", "kind"), [((), "no_changes"), (("Write",), "permission")])
def test_the_classes_of_having_changed_nothing(in_git, one, denied, kind):
    one.always(one.says("no", denied=denied))
    in_git.step(f"{PROMPT}, expects: changes, retry: {{attempts: 2, 'on': [{kind}]}}")
    assert one.calls == 2


def test_expecting_no_changes(in_git, one):
    one.always("for n in 1 2 3 4 5 6 7; do echo x > $n; done\n" + one.says("ok"))
    record = in_git.step(f"{PROMPT}, expects: none")
    assert record.error == "nothing was to be changed, but these files were: 1, 2, 3, 4, 5 and 2 more"
    assert len(record.output["changes"]) == 7


def test_expecting_something_needs_a_repository(project, one):
    record = project.step(f"{PROMPT}, expects: none")
    assert "`expects: none` needs a git repository to look at" in record.error
    assert one.calls == 0


def test_a_later_attempt_compares_with_the_beginning(in_git, one):
    one.on(1, "echo x > new\n" + one.begins() + "exit 1\n")
    record = in_git.step(f"{PROMPT}, expects: changes, retry: 2")
    assert record.status is StepStatus.COMPLETED
    assert record.output["changes"] == [{"path": "new", "change": "added"}]


def test_a_hook_variable_of_git_does_not_mislead(in_git, one, monkeypatch, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    repository(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    one.always("echo x > new\n" + one.says("ok"))
    assert in_git.step(PROMPT).output["changes"] == [{"path": "new", "change": "added"}]


def test_looking_leaves_the_repository_as_it_is(in_git, one):
    index = in_git.root / ".git" / "index"
    (in_git.root / "kept.txt").touch()
    before = index.read_bytes()
    in_git.step(PROMPT)
    assert index.read_bytes() == before


def test_a_watcher_of_the_repository_s_own_is_not_run(in_git, one):
    git(in_git.root, "config", "core.fsmonitor", "touch owned; false")
    in_git.step(PROMPT)
    assert not (in_git.root / "owned").exists()


def test_a_broken_repository_is_told(project, one):
    (project.root / ".git").mkdir()
    output = project.step(PROMPT).output
    assert output["changes"] is None
    record = project.step(f"{PROMPT}, expects: changes")
    assert "git failed: fatal: not a git repository" in record.error


def test_the_line_that_tells_what_is_wrong_is_told(in_git, tmp_path_factory):
    """Git follows it with advice."""
    fake = tmp_path_factory.mktemp("bin") / "git"
    fake.write_text(
        "#!/bin/sh\nprintf 'warning: w\\nfatal: dubious ownership\\nTo allow it:\\n\\tgit config\\n' >&2\nexit 128\n"
    )
    fake.chmod(0o755)
    found = Repository.around(in_git.root, {"PATH": f"{fake.parent}:/usr/bin:/bin"}, in_git.root / "none")
    with pytest.raises(GitError, match=r"^git failed: fatal: dubious ownership$"):
        found.state()


def test_one_content_is_renamed_once():
    pairs = {"a": ("1", ""), "b": ("1", ""), "c": ("", "1"), "d": ("", "1"), "e": ("", "1")}
    assert [(each["path"], each["change"]) for each in _named(pairs)] == [
        ("c", "renamed"),
        ("d", "renamed"),
        ("e", "added"),
    ]


def test_a_worktree_s_file_counts_as_a_repository(in_git, tmp_path_factory):
    tree = tmp_path_factory.mktemp("trees") / "tree"
    git(in_git.root, "worktree", "add", "-q", str(tree))
    (tree / "sub").mkdir()
    found = Repository.around(tree / "sub", {"PATH": "/usr/bin:/bin"}, in_git.root)
    assert found is not None
    assert found.top == tree.resolve()
    assert Watch(found, found.state()).changes().listed == []


def test_settings_of_the_repository_start_no_programs(tmp_path):
    top = tmp_path / "r"
    top.mkdir()
    repository(top)
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0" >> {tmp_path}/ran\nexit 0\n')
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-index-change").symlink_to(program)
    for name in ("core.fsmonitor", "core.pager", "diff.external", "diff.x.textconv", "diff.x.command"):
        git(top, "config", name, str(program))
    git(top, "config", "core.hooksPath", str(hooks))
    (top / ".gitattributes").write_text("* diff=x\n")
    (top / "kept.txt").write_text("other\n")
    subject = Repository(top, os.environ, tmp_path / "none")
    before = subject.state()
    git(top, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "commit", "-qam", "more")

    assert subject.differences(before.head, subject.state().head)
    assert subject.line_counts(before.head)
    assert not (tmp_path / "ran").exists()
