"""The versions of a workflow that its catalog lists, and which of them is meant."""

import pytest

from plait.packages.catalog_entries import CatalogError, entries_in
from plait.packages.catalog_files import CatalogSource
from plait.packages.releases import release_of, versions_of
from plait.packages.sources import SourceError, wanted_entry
from plait.views.catalogs import entry_lines, versions_lines
from plait.views.palette import Palette
from support.catalogs import catalog, entry, stack_of, write_list

SOURCE = CatalogSource("team", "https://c.example/catalog.json", 1, True, "", "project")
DIGEST = "0" * 64


def listed(releases, *, digest=DIGEST, version="2.0.0"):
    """The entry of a workflow whose catalog has these releases, by version."""
    if isinstance(releases, (list, tuple)):
        releases = {each: {"url": f"https://c.example/{each}.yml", "sha256": digest} for each in releases}
    package = {"version": version, "description": "Greets", "url": "https://c.example/2.yml", "releases": releases}
    found, left_out = entries_in({"workflows": {"hello": package}}, SOURCE, "workflow")
    assert left_out == []
    return found[0]


def names(entries):
    return [each.version for each in entries]


def test_the_current_version_comes_first_then_the_newest_of_the_others():
    found = versions_of(listed(["0.9", "1.10.0", "nightly", "1.9.0", "3.0.0rc1", "2.0.0"]))
    assert names(found) == ["2.0.0", "3.0.0rc1", "1.10.0", "1.9.0", "0.9", "nightly"]
    assert {each.description for each in found} == {"Greets"}
    assert versions_of(found[1]) == [found[1]]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("1.9.0", "1.9.0"),
        (" v1.9 ", "1.9.0"),
        ("==1.9", "1.9.0"),
        ("==1.*", "1.10.0"),
        ("<2", "1.10.0"),
        (">=1,!=1.10.0,<2", "1.9.0"),
        ("~=1.9", "1.10.0"),
        (">=1", "2.0.0"),
        (">2", "3.0.0rc1"),
        ("3.0.0rc1", "3.0.0rc1"),
        ("nightly", "nightly"),
    ],
)
def test_which_version_is_meant(wanted, found):
    assert release_of(listed(["0.9", "1.10.0", "nightly", "1.9.0", "3.0.0rc1"]), wanted).version == found


@pytest.mark.parametrize("wanted", ["4", "==0.8", "<0.1", "banana", "", "1.9 || 2"])
def test_a_version_that_is_not_there_is_told_with_those_that_are(wanted):
    with pytest.raises(CatalogError, match=f"no version {wanted.strip()!r} of 'hello'".replace("|", r"\|")) as caught:
        release_of(listed(["1.9.0"]), wanted)
    assert caught.value.hint == "it has 2.0.0, 1.9.0"


@pytest.mark.parametrize(
    ("release", "problem"),
    [
        ({"url": "https://c.example/1.yml"}, "needs"),
        ({"url": "https://c.example/1.yml", "sha256": "abc"}, "not a SHA-256 digest"),
        ({"url": "http://c.example/1.yml", "sha256": DIGEST}, "refused"),
        ({"sha256": DIGEST}, "no `url`"),
        ("https://c.example/1.yml", "no `url`"),
    ],
)
def test_a_release_that_cannot_be_trusted_is_listed_and_not_installed(release, problem):
    package = listed({"1.0.0": release})
    package.require_installable()
    with pytest.raises(CatalogError, match=problem):
        release_of(package, "1.0.0").require_installable()
    assert "cannot be installed" in list(versions_lines(versions_of(package), None, Palette()))[1]


def test_releases_that_are_no_mapping_keep_the_workflow_from_being_installed():
    with pytest.raises(CatalogError, match="`releases` are not a mapping"):
        listed(3).require_installable()


def test_the_lines_say_what_is_installed_and_what_else_there_is():
    package = listed(["1.0.0"])
    assert list(versions_lines(versions_of(package), "1.0.0", Palette())) == [
        "hello 2.0.0  in team",
        "hello 1.0.0  in team (installed)",
    ]
    assert list(versions_lines([package], "0.1", Palette()))[-1] == "installed: 0.1, which no catalog has"
    assert "    also:           1.0.0" in list(entry_lines(package, Palette()))


def test_the_versions_are_those_of_the_catalog_that_counts(tmp_path, server):
    """Another catalog's package of the same name need not be the same package."""
    release = {"1.0.0": {"url": f"{server.url}/old.yml", "sha256": DIGEST}}
    first = catalog(server, "/1", {"a": entry(server, "a", "2.0.0")})
    second = catalog(server, "/2", {"a": entry(server, "a", "3.0.0", releases=release)})
    lines = "".join(f"- {{url: '{url}', install_allowed: true}}\n" for url in (first, second))
    write_list(tmp_path / "project/.specify/workflow-catalogs.yml", f"replace: true\ncatalogs:\n{lines}")
    stack = stack_of(tmp_path)
    assert names(stack.versions("a")) == ["2.0.0", "3.0.0", "1.0.0"]
    with pytest.raises(SourceError, match=r"no version '1\.0\.0' of 'a'"):
        wanted_entry(stack, "a", "1.0.0")
    assert wanted_entry(stack, "a", ">=1").version == "2.0.0"
