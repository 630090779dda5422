"""`plait.lock` and the registries: what is written is read again, and what is damaged is told."""

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import PlaitError
from plait.packages.lock_file import LockFile, LockFileError, digests_of
from plait.packages.project import Project
from plait.packages.registry import Registry, RegistryError, is_folder_name
from plait.packages.requirements import unmet
from plait.packages.sync import accept, differences
from support.cases import cases

MANY = settings(max_examples=cases(200), deadline=None)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
NAMES = TEXT.filter(is_folder_name)
FILES = st.dictionaries(TEXT, TEXT, max_size=2)
PACKAGES = st.dictionaries(
    NAMES, st.fixed_dictionaries({"version": TEXT, "files": FILES}, optional={"url": TEXT, "sha256": TEXT}), max_size=2
)


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".specify/workflows").mkdir(parents=True)
    return Project(tmp_path)


@MANY
@given(PACKAGES, PACKAGES, st.dictionaries(TEXT, st.dictionaries(TEXT, TEXT, min_size=1, max_size=2), max_size=3))
def test_what_is_written_is_read_again(workflows, steps, overlays):
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        lock = LockFile(project)
        lock.shelves, lock.overlays = {"workflows": workflows, "steps": steps}, overlays
        lock.save()
        again = LockFile(project)
        assert (again.shelves, again.overlays) == (lock.shelves, overlays)
        assert again.text() == lock.text()


@MANY
@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(TEXT | st.integers(), lambda inner: st.dictionaries(TEXT, inner, max_size=3), max_leaves=6),
    )
)
def test_any_lock_file_is_read_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        raw = content if isinstance(content, bytes) else f"version = 1\nworkflows = {json.dumps(content)}".encode()
        project.lock_file.write_bytes(raw)
        try:
            LockFile(project)
        except LockFileError as error:
            assert "plait.lock" in error.message  # noqa: PT017 - either way is right


ANY_TEXT = TEXT | st.text(st.characters(categories=None), max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@MANY
@given(st.one_of(st.binary(max_size=200), ANYTHING, ANYTHING.map(lambda value: {"workflows": value})))
def test_any_registry_is_read_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.workflows.mkdir(parents=True)
        project.registry.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        try:
            registry = Registry(project, "workflows")
            assert not set(registry.corrupted) & set(registry.sound)
            accept(project)
            differences(project)
        except RegistryError as error:
            assert "is damaged" in error.message  # noqa: PT017 - either way is right


def test_what_is_not_utf_8_is_written_down_all_the_same(project):
    package, overlays = project.workflows / "ok", project.overlays / os.fsdecode(b"w\xff")
    for folder in (package, overlays):
        folder.mkdir(parents=True)
        (folder / os.fsdecode(b"a\xff.yml")).symlink_to(os.fsdecode(b"b\xff"))
    entries = {"\ud800": {"version": "1"}, "ok": {"version": "1", "source": "\ud800"}}
    project.registry.write_text(json.dumps({"workflows": entries}))
    lock = accept(project)
    assert lock.shelves["workflows"] == {
        "ok": {"version": "1", "source": "\\ud800", "files": {"a\\udcff.yml": "link to b\\udcff"}}
    }
    assert list(lock.overlays) == ["w\\udcff"]
    assert differences(project) == []


def test_names_that_lead_elsewhere_are_never_followed(project):
    project.registry.write_text(json.dumps({"workflows": {"../..": {"version": "1"}, "/etc": {}, "..": {}}}))
    assert Registry(project, "workflows").sound == {}
    project.lock_file.write_text('version = 1\n[workflows."../.."]\nversion = "1"\n')
    with pytest.raises(LockFileError):
        differences(project)


def test_what_is_no_file_has_no_digest_of_its_own(tmp_path):
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "file").write_text("a")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/x.pyc").write_text("")
    assert digests_of(tmp_path) == {
        "file": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        "link": "link to /etc",
    }


def test_a_lock_file_of_another_version_is_not_understood(project):
    project.lock_file.write_text("version = 2\n")
    with pytest.raises(LockFileError, match="another Plait"):
        accept(project)
    project.lock_file.unlink()
    project.lock_file.symlink_to("/dev/null")
    with pytest.raises(PlaitError, match="symbolic link"):
        accept(project)


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        ({}, []),
        ({"speckit_version": ">=1.0,<2"}, []),
        ({"speckit_version": ">=1.2.4"}, ["follows Spec Kit 1.2.3"]),
        ({"speckit_version": "newest"}, ["is no version specifier"]),
        ({"speckit_version": 1.0}, ["follows Spec Kit"]),
        ({"integrations": ["claude", "codex"]}, []),
        ({"integrations": {"all": ["claude", "nobody"]}}, ["unknown: nobody"]),
        ({"integrations": {"any": ["nobody", "claude"]}}, []),
        ({"integrations": {"any": ["codex"]}}, ["the project's is claude"]),
        ({"integrations": {"any": 5, "some": []}}, ["cannot be understood", "cannot be understood"]),
    ],
)
def test_requirements_that_are_not_met_are_told(requires, told):
    found = unmet(requires, ("claude", "codex"), "claude")
    assert len(found) == len(told)
    assert all(text in sentence for text, sentence in zip(told, found, strict=True))
