"""The diff of what an agent changed, kept with the run."""

import stat
import subprocess

import pytest

from plait.steps.agent import difference
from plait.steps.agent.repository import GitError, Repository
from support.scripted_agent import repository

PROMPT = "type: prompt, prompt: x"


def diffs(project):
    """Return the diffs of all tries by file name."""
    found = (project.root / ".specify" / "workflows" / "runs").glob("*/steps/a/*.diff")
    return {path.name: path.read_text() for path in found}


def diff_after(project, agent, script, fields=PROMPT, more=""):
    agent.always(f"{script}\n" + agent.says("ok"))
    record = project.step(fields, more)
    assert record.output["changes"]
    (name, text), *others = diffs(project).items()
    assert (name, others) == ("attempt-1.diff", [])
    return text


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("echo 3 >> kept.txt", ["--- a/kept.txt", "+++ b/kept.txt", "+3"]),
        (
            "printf 'one\\ntwo' > new",
            ["new file mode 100644", "@@ -0,0 +1,2 @@", "+one", "+two", "\\ No newline at end of file"],
        ),
        ("echo x > new; git add new", ["--- /dev/null", "+++ b/new", "+x"]),
        ("rm kept.txt", ["deleted file mode 100644", "+++ /dev/null"]),
        ("git mv kept.txt b", ["rename from kept.txt", "rename to b"]),
        ("printf 'a\\0b' > new", ["Binary files /dev/null and b/new differ"]),
        ("printf 'a\\0b' > kept.txt", ["Binary files a/kept.txt and b/kept.txt differ"]),
        ("ln -s /etc/passwd new", ["new file mode 120000", "+/etc/passwd"]),
        ("mkdir ä; echo x > 'ä/b\n+c'", ['+++ "b/ä/b\\n+c"', "+x"]),
        ("echo x > '*'; echo x > :new", ["+++ b/*", "+++ b/:new"]),
    ],
)
def test_the_diff_of_a_try_is_kept(in_git, one, script, lines):
    text = diff_after(in_git, one, script)

    assert [line for line in lines if line not in text.splitlines()] == []
    assert "left out" not in text


def test_only_what_was_changed_is_in_it(in_git, one):
    """A file that was changed before and by the step is shown as it differs from the commit."""
    (in_git.root / "mine").write_text("mine\n")
    with (in_git.root / "kept.txt").open("a") as file:
        file.write("before\n")
    text = diff_after(in_git, one, "echo after >> kept.txt")

    assert "mine" not in text
    assert "+before\n+after\n" in text


def test_it_can_be_applied(in_git, one):
    text = diff_after(in_git, one, "echo 3 >> kept.txt; mkdir d; printf 'a\\r\\n\\n b' > d/new; chmod +x d/new")
    subprocess.run(["git", "checkout", "-q", "kept.txt"], cwd=in_git.root, check=True)
    (in_git.root / "d" / "new").unlink()

    subprocess.run(["git", "apply"], cwd=in_git.root, check=True, input=text.encode().replace(b"+a\n", b"+a\r\n"))

    assert (in_git.root / "d" / "new").read_bytes() == b"a\r\n\n b"


def test_a_repository_without_a_commit_has_one(project, one):
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    (project.root / ".gitignore").write_text(".agents\n.specify\n")
    text = diff_after(
        project, one, "echo a > a; git add a; git -c user.name=t -c user.email=t@e commit -qm a; echo b > b"
    )
    assert text.count("diff --git") == 2


def test_secrets_are_not_in_it_and_it_is_for_its_owner_alone(in_git, one, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret-value")
    fields = f"{PROMPT}, env: {{TOKEN: {{secret: TOKEN}}}}"
    text = diff_after(in_git, one, "echo key=$TOKEN > new; echo $TOKEN >> kept.txt", fields)

    assert "s3cret" not in text
    assert text.count("***") == 2
    (file,) = in_git.root.glob(".specify/workflows/runs/*/steps/a/attempt-1.diff")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("script", "left_out"),
    [
        ("seq 1 200 > kept.txt", "bytes left out …]"),
        ("seq 1 200 > kept.txt; echo x > new", "bytes and 1 files left out …]"),
        ("seq 1 200 > new", "[… 692 bytes left out …]"),
    ],
)
def test_a_long_one_ends_with_how_much_is_left_out(in_git, one, monkeypatch, script, left_out):
    monkeypatch.setattr(difference, "_LONGEST", 200)
    text = diff_after(in_git, one, script)

    *shown, last = text.splitlines()
    assert last.startswith("[… ")
    assert last.endswith(left_out)
    assert len("\n".join(shown)) <= 200
    added = [line for line in shown if line.startswith("+") and line[1:].isdigit()]
    assert added == [f"+{number}" for number in range(1, len(added) + 1)]


def test_half_a_secret_at_the_end_of_what_is_kept_is_left_out(in_git, one, monkeypatch):
    monkeypatch.setattr(difference, "_LONGEST", 200)
    monkeypatch.setenv("TOKEN", "s3cret-value" * 30)
    text = diff_after(in_git, one, "echo $TOKEN >> kept.txt", f"{PROMPT}, env: {{TOKEN: {{secret: TOKEN}}}}")
    assert "s3cret" not in text
    assert "left out" in text


def test_there_is_none_without_changes_or_a_repository(project, one):
    one.always("echo x > new\n" + one.says("ok"))
    project.step(PROMPT)
    repository(project.root)
    one.always(one.says("ok"))
    project.step(PROMPT)
    assert diffs(project) == {}


def test_each_try_that_changed_something_has_its_own(in_git, one):
    one.on(1, "echo 1 > new\n" + one.begins() + "exit 1\n")
    one.on(2, "echo 2 >> new\n" + one.says("ok"))
    in_git.step(f"{PROMPT}, retry: 2")

    found = diffs(in_git)
    assert sorted(found) == ["attempt-1.diff", "attempt-2.diff"]
    assert found["attempt-1.diff"].endswith("+1\n")
    assert found["attempt-2.diff"].endswith("+1\n+2\n")


def test_a_diff_that_cannot_be_made_fails_nothing(in_git, one, monkeypatch):
    def fails(*_):
        raise GitError("too slow")

    monkeypatch.setattr(Repository, "diff", fails)
    one.always("echo 3 >> kept.txt\n" + one.says("ok"))
    record = in_git.step(PROMPT)

    assert record.status.value == "completed"
    assert record.output["diffstat"]["insertions"] == 1
    assert diffs(in_git) == {}


def test_settings_of_the_repository_start_no_programs_and_change_nothing(in_git, one):
    ran = in_git.root / ".agents" / "ran"
    for name in ("diff.external", "diff.x.textconv", "diff.x.command", "core.pager"):
        subprocess.run(["git", "config", name, f"touch {ran}; cat"], cwd=in_git.root, check=True)
    for name, value in (("diff.noprefix", "true"), ("color.diff", "always"), ("diff.mnemonicPrefix", "true")):
        subprocess.run(["git", "config", name, value], cwd=in_git.root, check=True)
    text = diff_after(in_git, one, "echo '* diff=x' > .git/info/attributes; echo 3 >> kept.txt")

    assert text.startswith("diff --git a/kept.txt b/kept.txt\n")
    assert not ran.exists()
