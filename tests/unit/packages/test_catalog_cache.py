"""Copies of catalogs: Spec Kit's places and format, and nothing believed that is not sound."""

import hashlib
import json
import os

import pytest

from plait.packages.catalog_cache import CatalogCache
from support.catalogs import project_in

URL = "https://c.example/c.json"
NAME = hashlib.sha256(URL.encode()).hexdigest()[:16]
PAYLOAD = {"schema_version": "1.0", "workflows": {"a": {"name": "é"}}}


@pytest.fixture
def folder(tmp_path):
    return project_in(tmp_path).workflows / ".cache"


@pytest.fixture
def cache(tmp_path):
    return CatalogCache(project_in(tmp_path), "workflow")


def test_the_files_are_those_of_spec_kit(cache, folder):
    cache.store(URL, PAYLOAD, 12.5)
    assert {path.name for path in folder.iterdir()} == {
        f"workflow-catalog-{NAME}.json",
        f"workflow-catalog-{NAME}-meta.json",
    }
    assert json.loads((folder / f"workflow-catalog-{NAME}.json").read_text()) == PAYLOAD
    assert json.loads((folder / f"workflow-catalog-{NAME}-meta.json").read_text()) == {"url": URL, "fetched_at": 12.5}
    assert cache.load(URL) == (PAYLOAD, 12.5)
    assert cache.load(URL + "x") is None


def test_those_of_step_types_lie_with_the_step_types(tmp_path):
    project = project_in(tmp_path)
    CatalogCache(project, "step").store(URL, {"steps": {}}, 1.0)
    assert (project.steps / f".cache/step-catalog-{NAME}.json").is_file()


@pytest.mark.parametrize(
    ("fetched_at", "fresh"), [(1000.0, True), (1001.0, False), (-2600.0, False), (-2599.0, True), (float("nan"), False)]
)
def test_a_copy_is_fresh_for_an_hour(cache, fetched_at, fresh):
    cache.store(URL, PAYLOAD, fetched_at)
    assert cache.load(URL).is_fresh(1000.0) is fresh


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("", b""),
        ("", b"{"),
        ("", b'{"workflows": 3}'),
        ("", b"[" * 100_000),
        ("-meta", b"[]"),
        ("-meta", b"{}"),
        ("-meta", b'{"url": "https://other.example/", "fetched_at": 1}'),
        ("-meta", b'{"url": "https://c.example/c.json", "fetched_at": true}'),
        ("-meta", b'{"url": "https://c.example/c.json", "fetched_at": "1"}'),
        ("-meta", b'{"url": "https://c.example/c.json", "fetched_at": 1' + b"0" * 400 + b"}"),
        ("-meta", b"\xff"),
    ],
)
def test_what_is_not_sound_is_not_there(cache, folder, name, content):
    cache.store(URL, PAYLOAD, 1.0)
    (folder / f"workflow-catalog-{NAME}{name}.json").write_bytes(content)
    assert cache.load(URL) is None


def test_neither_links_nor_pipes_are_read(cache, folder, tmp_path):
    cache.store(URL, PAYLOAD, 1.0)
    path = folder / f"workflow-catalog-{NAME}.json"
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert cache.load(URL) is None
    path.unlink()
    os.mkfifo(path)
    assert cache.load(URL) is None


def test_nothing_is_kept_through_a_link(cache, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder.parent.mkdir()
    folder.symlink_to(outside)
    cache.store(URL, PAYLOAD, 1.0)
    assert list(outside.iterdir()) == []
    assert cache.load(URL) is None


def test_what_cannot_be_kept_is_left(cache, folder):
    folder.parent.mkdir()
    folder.write_text("a file")
    cache.store(URL, PAYLOAD, 1.0)
    assert cache.load(URL) is None
    assert folder.read_text() == "a file"


def test_outside_of_a_project_nothing_is_kept(tmp_path):
    project = project_in(tmp_path)
    (project.root / ".specify").rmdir()
    CatalogCache(project, "workflow").store(URL, PAYLOAD, 1.0)
    assert list(project.root.iterdir()) == []
