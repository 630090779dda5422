"""Installing, removing and switching workflows."""

import json
import os

import pytest

from plait import WorkflowEngine
from plait.errors import InvalidWorkflowError, PlaitError, StorageError, UsageError
from plait.packages import transaction
from plait.packages.install import ChangedMeanwhileError, examine, install, remove, set_enabled
from plait.packages.lock_file import LockFile
from plait.packages.project import Project
from plait.packages.registry import RegistryError, installed_workflows
from plait.packages.sources import SourceError, Wanted, obtain, wanted_of, wanted_path
from support.step_packages import add_package
from support.workflow_packages import packed, workflow_package, workflow_text


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project/.specify").mkdir(parents=True)
    return Project(tmp_path / "project")


@pytest.fixture
def add(project, tmp_path):
    counter = iter(range(1000))

    def act(path, **options):
        temporary = tmp_path / f"temporary-{next(counter)}"
        temporary.mkdir()
        return install(project, examine(project, obtain(wanted_path(project, str(path)), temporary)), **options)

    return act


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "hello.YML"
    path.write_text(workflow_text())
    return path


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_is_installed_and_registered_as_spec_kit_does(project, add, file):
    file.chmod(0o640)
    add(file)
    installed = project.workflows / "hello/workflow.yml"
    assert installed.read_bytes() == file.read_bytes()
    assert installed.stat().st_mode & 0o777 == 0o640
    data = json.loads(project.registry.read_text())
    assert data["schema_version"] == "1.0"
    assert list(data["workflows"]["hello"]) == [
        "name",
        "version",
        "description",
        "source",
        "installed_at",
        "updated_at",
    ]
    assert data["workflows"]["hello"]["source"] == str(file)
    assert project.registry.stat().st_mode & 0o777 == 0o600
    assert project.install_lock.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in project.workflows.iterdir()) == ["hello", "workflow-registry.json"]


def test_a_source_in_the_project_is_recorded_relative_to_it(project, add, file):
    file.rename(project.root / "hello.yml")
    assert add(project.root / "hello.yml").entry["source"] == "hello.yml"


@pytest.mark.parametrize("kind", ["folder", ".zip", ".tar.gz"])
def test_a_package_is_installed_whole_but_for_its_overlays(project, add, tmp_path, kind):
    source = workflow_package(tmp_path / "package", custom_step=True)
    add(source if kind == "folder" else packed(source, tmp_path / f"package{kind}"))
    home = project.workflows / "hello"
    assert files_in(home) == ["scripts/say.sh", "steps/shout/__init__.py", "steps/shout/step.yml", "workflow.yml"]
    assert os.access(home / "scripts/say.sh", os.X_OK)
    assert sorted(LockFile(project).shelves["workflows"]["hello"]["files"]) == files_in(home)
    engine = WorkflowEngine(project.root)
    state = engine.execute(engine.load_workflow("hello"))
    assert state.status == "completed"
    assert state.installed_workflow_id == "hello"
    assert (project.steps / "shout").is_dir()
    remove(project, "hello")
    assert not home.exists()
    assert not (project.steps / "shout").exists()
    assert LockFile(project).shelves == {"workflows": {}, "steps": {}}


def test_installing_again_replaces_everything_and_keeps_what_must_stay(project, add, tmp_path, file):
    add(workflow_package(tmp_path / "package", custom_step=True))
    begun = installed_workflows(project)["hello"]["installed_at"]
    set_enabled(project, "hello", enabled=False)
    file.write_text(workflow_text("2.0.0"))
    installed = add(file)
    assert files_in(project.workflows / "hello") == ["workflow.yml"]
    assert (installed.replaced, installed.entry["installed_at"], installed.entry["enabled"]) == ("1.0.0", begun, False)
    assert not (project.steps / "shout").exists(), "the new version brings no step type"


def test_nothing_of_a_package_runs_before_it_is_installed(project, tmp_path):
    source = workflow_package(tmp_path / "package", custom_step=True)
    (source / "steps/shout/__init__.py").write_text("raise SystemExit('it ran')\n")
    candidate = examine(project, obtain(wanted_path(project, str(source)), tmp_path / "project"))
    assert candidate.contents.step_types == ("shout",)
    assert candidate.contents.python == ("steps/shout/__init__.py",)
    assert candidate.contents.commands == (("greet", "echo hello 1.0.0"),)
    assert candidate.contents.scripts == ("scripts/say.sh",)
    assert candidate.contents.addresses == ("https://example.org/1.0.0",)
    assert not project.workflows.exists()


def test_a_step_type_from_elsewhere_is_not_replaced(project, add, tmp_path):
    add_package(project.root)
    with pytest.raises(SourceError, match="brings the step type 'shout'"):
        add(workflow_package(tmp_path / "package", custom_step=True))
    assert installed_workflows(project) == {}


def test_a_workflow_may_use_the_step_types_of_the_project(project, add, file):
    file.write_text(workflow_text(steps="  - {id: loud, type: shout, text: hey}\n"))
    with pytest.raises(InvalidWorkflowError):
        add(file)
    add_package(project.root)
    add(file)


@pytest.mark.parametrize("workflow_id", ["runs", "steps", "overlays", "../x", "Hello", ""])
def test_ids_that_cannot_be_are_refused(project, add, file, workflow_id):
    file.write_text(workflow_text(workflow_id=json.dumps(workflow_id)))
    with pytest.raises(UsageError):
        add(file)
    assert not project.workflows.exists()


def test_another_id_or_version_than_was_wanted_is_refused(project, file, tmp_path):
    for number, wanted in enumerate(({"workflow_id": "other"}, {"version": "1.0.1"})):
        (tmp_path / str(number)).mkdir()
        with pytest.raises(SourceError):
            examine(project, obtain(Wanted(path=file, **wanted), tmp_path / str(number)))


def test_links_and_special_files_are_refused(project, add, tmp_path):
    source = workflow_package(tmp_path / "package")
    for make in (lambda path: path.symlink_to("/etc"), lambda path: path.symlink_to("/etc/passwd"), os.mkfifo):
        make(source / "odd")
        with pytest.raises(SourceError, match="packages must not have"):
            add(source)
        (source / "odd").unlink()
    add(source)


@pytest.mark.parametrize("place", [".specify/workflows", ".specify/workflows/hello"])
def test_nothing_is_written_through_a_link_or_over_a_file(project, add, file, tmp_path, place):
    (tmp_path / "elsewhere").mkdir()
    target = project.root / place
    target.parent.mkdir(exist_ok=True)
    target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PlaitError, match="symbolic link"):
        add(file)
    target.unlink()
    target.write_text("mine")
    with pytest.raises(UsageError, match="is not a folder"):
        add(file)
    assert target.read_text() == "mine"
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("content", ["{", "[]", '{"workflows": []}', ""])
def test_a_damaged_registry_stops_everything(project, add, file, content):
    add(file)
    project.registry.write_text(content)
    engine = WorkflowEngine(project.root)
    changes = [
        lambda: add(file),
        lambda: remove(project, "hello"),
        lambda: set_enabled(project, "hello", enabled=False),
        lambda: engine.load_workflow("hello"),
    ]
    for act in changes:
        with pytest.raises(RegistryError, match="is damaged"):
            act()
    assert project.registry.read_text() == content
    assert (project.workflows / "hello/workflow.yml").exists()


def test_a_damaged_lock_file_stops_changes(project, add, file):
    project.lock_file.write_text("version = 1\n[workflows\n")
    with pytest.raises(PlaitError, match=r"plait.lock is damaged"):
        add(file)
    assert not (project.workflows / "hello").exists()


def test_what_others_wrote_into_the_registry_stays(project, add, file):
    project.workflows.mkdir()
    project.registry.write_text('{"schema_version": "1.0", "more": 1, "workflows": {"a": 5, "b": {"x": 1}}}')
    add(file)
    remove(project, "hello")
    data = json.loads(project.registry.read_text())
    assert data == {"schema_version": "1.0", "more": 1, "workflows": {"a": 5, "b": {"x": 1}}}


def test_a_disabled_workflow_is_neither_run_nor_resumed(project, add, file):
    file.write_text(workflow_text(steps="  - {id: wait, type: gate, message: ok?, options: [approve, reject]}\n"))
    add(file)
    engine = WorkflowEngine(project.root)
    run = engine.execute(engine.load_workflow("hello"), run_id="r")
    assert run.status == "paused"
    assert set_enabled(project, "hello", enabled=False)
    assert not set_enabled(project, "hello", enabled=False)
    for act in (lambda: engine.load_workflow("hello"), lambda: engine.resume("r")):
        with pytest.raises(UsageError, match="is disabled"):
            act()
    assert set_enabled(project, "hello", enabled=True)
    assert engine.resume("r").status == "paused"


def test_what_is_not_installed_is_neither_removed_nor_switched(project):
    for act in (lambda: remove(project, "hello"), lambda: set_enabled(project, "hello", enabled=True)):
        with pytest.raises(UsageError, match="no workflow 'hello' is installed"):
            act()


def test_an_update_does_not_overwrite_what_another_process_has_installed(project, add, file):
    before = add(file).entry
    file.write_text(workflow_text("3.0.0"))
    add(file)
    with pytest.raises(ChangedMeanwhileError):
        add(file, instead_of=before)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("change", ["install", "replace", "remove"])
@pytest.mark.parametrize("step", ["_move", "_register", "_write_plan"])
def test_a_change_that_fails_is_undone(project, add, tmp_path, monkeypatch, change, error, step):
    if change != "install":
        add(workflow_package(tmp_path / "old", custom_step=True))
    new = workflow_package(tmp_path / "new", "2.0.0", custom_step=True)
    specify = project.root / ".specify"
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    original = getattr(transaction, step)

    def fail(*arguments):
        original(*arguments)
        raise error

    monkeypatch.setattr(transaction, step, fail)
    with pytest.raises(StorageError if isinstance(error, OSError) else KeyboardInterrupt):
        remove(project, "hello") if change == "remove" else add(new)
    before.setdefault(project.install_lock, b"")
    assert {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()} == before
    if change == "install":
        assert [path.name for path in specify.iterdir()] == [".workflow-install.lock"], "no empty folder is left"


def test_words_on_the_command_line(project, file):
    def no_catalog(workflow_id):
        raise LookupError(workflow_id)

    def wanted(source, url=None, dev=False):
        return wanted_of(project, source, url=url, dev=dev, catalog=no_catalog)

    assert wanted("https://example.org/x").url == "https://example.org/x"
    assert wanted("hello", "https://example.org/x").workflow_id == "hello"
    assert wanted(str(file)).path == file
    assert wanted(str(file), "https://example.org/x", dev=True).url is None, "ADD-02"
    with pytest.raises(LookupError):
        wanted("hello")
    for bad in (("../hello", "https://x.org/y"), ("hello", ""), ("nowhere.yml",), ("a/b",), ("runs",), ("A B",)):
        with pytest.raises(UsageError):
            wanted(*bad)
    with pytest.raises(UsageError):
        wanted("hello", dev=True)
