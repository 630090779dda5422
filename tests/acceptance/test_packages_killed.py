"""`plait add` and `plait update` killed half-way: the old or the new version is there, whole, and all goes on."""

import json
import shutil
import signal

import pytest

from support.killing import environment_that_kills
from support.workflow_packages import packed, workflow_package

STRIDE = 9


def publish(server, folder, version):
    """Put a version of `hello` into the catalog of a server; return its address."""
    archive = packed(folder / version, folder / f"{version}.tar.gz")
    url = server.page(f"/{version}.tar.gz", archive.read_bytes())
    listed = {"id": "hello", "name": "Hello", "version": version, "url": url}
    return server.page("/catalog.json", json.dumps({"schema_version": "1.0", "workflows": {"hello": listed}}))


@pytest.mark.slow
@pytest.mark.parametrize("change", ["add", "update"])
def test_killed_at_any_moment_one_of_the_two_versions_runs(project, project_at, server, tmp_path, change):
    for version in ("1.0.0", "2.0.0"):
        workflow_package(tmp_path / "packages" / version, version, custom_step=True)
    (project.path / ".specify").mkdir()
    env = {"HOME": str(tmp_path), "SPECKIT_WORKFLOW_CATALOG_URL": publish(server, tmp_path / "packages", "1.0.0")}
    assert project.plait("add", "hello", "--yes", env=env).code == 0
    publish(server, tmp_path / "packages", "2.0.0")
    assert project.plait("catalog", "refresh", env=env).code == 0
    words = ("update", "--yes") if change == "update" else ("add", tmp_path / "packages/2.0.0", "--yes")
    codes, found = [], []
    while 0 not in codes:
        copy = project_at(tmp_path / f"{change}-{len(codes)}")
        for name in (".specify", "plait.lock"):
            source, target = project.path / name, copy.path / name
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        killing = environment_that_kills(STRIDE * len(codes), copy.path, tmp_path / "site")
        codes.append(copy.plait(*words, env=env | killing).code)
        run = copy.plait("run", "hello", env=env)
        assert run.code == 0, run
        assert copy.plait("sync", "--check", env=env).code == 0
        found.append(json.loads(copy.plait("list", "--json", env=env).out)["workflows"][0]["version"])
        assert list((copy.path / ".specify/workflows").glob(".plait-change-*")) == []
    assert codes == [-signal.SIGKILL] * (len(codes) - 1) + [0]
    assert found == ["1.0.0"] * found.count("1.0.0") + ["2.0.0"] * found.count("2.0.0")
    assert set(found) == {"1.0.0", "2.0.0"}
    assert len(codes) > 5, "it was killed often enough to tell"
