"""Which catalogs are asked, in which order, and what comes of it when they fail."""

import json
import time

import pytest

from plait.errors import UsageError
from plait.packages.addresses import DownloadError
from plait.packages.catalogs import CatalogError
from support.catalogs import catalog, entry, project_in, stack_of, write_list
from support.web_server import Answer

pytestmark = pytest.mark.usefixtures("no_proxies")


def only(folder, *urls):
    """Make a project whose catalogs are these and no others."""
    lines = "".join(f"- {{url: '{url}', name: c{index}, install_allowed: true}}\n" for index, url in enumerate(urls))
    write_list(project_in(folder).workflow_catalogs, f"replace: true\ncatalogs:\n{lines}")
    return stack_of(folder)


def test_the_built_in_catalogs_are_there_without_any_file(tmp_path):
    found = [(each.name, each.layer, each.install_allowed) for each in stack_of(tmp_path).sources]
    assert found == [("default", "built-in", True), ("community", "built-in", False)]
    steps = stack_of(tmp_path, "step").sources
    assert [each.url.rpartition("/")[2] for each in steps] == ["step-catalog.json", "step-catalog.community.json"]


def test_the_project_s_catalogs_come_before_the_user_s_and_the_built_in_ones(tmp_path):
    project = project_in(tmp_path)
    write_list(project.workflow_catalogs, "catalogs: [{url: 'https://p.example/c.json', name: p}]")
    write_list(tmp_path / "home/.specify/workflow-catalogs.yml", "catalogs: [{url: 'https://u.example/c', name: u}]")
    assert [each.name for each in stack_of(tmp_path).sources] == ["p", "u", "default", "community"]


def test_replace_hides_what_comes_after_a_file(tmp_path):
    project = project_in(tmp_path)
    write_list(
        tmp_path / "home/.specify/workflow-catalogs.yml", "replace: true\ncatalogs: [{url: 'https://u.example/'}]"
    )
    assert [each.layer for each in stack_of(tmp_path).sources] == ["user"]
    write_list(project.workflow_catalogs, "replace: true\ncatalogs: []")
    assert stack_of(tmp_path).sources == ()
    assert stack_of(tmp_path).entries() == []
    assert stack_of(tmp_path).find("a") is None


def test_a_catalog_that_two_files_name_is_asked_once(tmp_path):
    url = "https://raw.githubusercontent.com/github/spec-kit/main/workflows/catalog.json"
    write_list(project_in(tmp_path).workflow_catalogs, f"catalogs: [{{url: '{url}', name: mine}}]")
    assert [each.name for each in stack_of(tmp_path).sources] == ["mine", "community"]


def test_the_variable_replaces_all_of_them(tmp_path):
    write_list(project_in(tmp_path).workflow_catalogs, "catalogs: [{url: 'https://p.example/c.json'}]")
    stack = stack_of(tmp_path, environ={"SPECKIT_WORKFLOW_CATALOG_URL": " https://e.example/c.json "})
    assert [(each.name, each.url, each.install_allowed) for each in stack.sources] == [
        ("env-override", "https://e.example/c.json", True)
    ]
    assert len(stack_of(tmp_path, environ={"SPECKIT_WORKFLOW_CATALOG_URL": " "}).sources) == 3
    with pytest.raises(UsageError, match=r"SPECKIT_STEP_CATALOG_URL is http://e.example/: plain HTTP"):
        stack_of(tmp_path, "step", {"SPECKIT_STEP_CATALOG_URL": "http://e.example/"})


def test_the_first_catalog_that_lists_a_package_wins(tmp_path, server):
    first = catalog(server, "/1", {"a": entry(server, "a", "1.0")})
    second = catalog(server, "/2", [entry(server, "a", "2.0"), entry(server, "b")])
    stack = only(tmp_path, first, second)
    assert [(each.id, each.version, each.catalog_name) for each in stack.entries()] == [
        ("a", "1.0", "c0"),
        ("b", "1.0.0", "c1"),
    ]
    assert [each.version for each in stack.versions("a")] == ["1.0", "2.0"]


def test_catalogs_after_the_one_that_has_it_are_not_asked(tmp_path, server):
    stack = only(tmp_path, catalog(server, "/1", {"a": entry(server, "a")}), catalog(server, "/2", {}))
    assert stack.find("a").catalog_name == "c0"
    assert [asked.path for asked in server.asked] == ["/1"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({}, ["a", "b"]),
        ({"query": "DOES A"}, ["a"]),
        ({"query": "b does"}, ["b"]),
        ({"query": "ada"}, []),
        ({"tag": "BUILD"}, ["a"]),
        ({"tag": "buil"}, []),
        ({"author": "ADA"}, ["a"]),
        ({"query": "a", "tag": "x"}, ["b"]),
    ],
)
def test_searching(tmp_path, server, words, found):
    other = entry(server, "b", tags=[1, "x"], author=["Ada"], description="a")
    other["description"] = "Does b, not the other, a bit"
    stack = only(tmp_path, catalog(server, "/c", {"a": entry(server, "a"), "b": other}))
    assert [each.id for each in stack.search(**words)] == found


def test_a_catalog_is_asked_once_an_hour(tmp_path, server):
    url = catalog(server, "/c", {"a": entry(server, "a")})
    only(tmp_path, url).entries()
    stack = only(tmp_path, url)
    stack.entries()
    assert len(server.asked) == 1
    stack.entries(refresh=True)
    stack.entries(refresh=True)
    assert len(server.asked) == 2


def test_what_was_kept_is_used_when_a_catalog_fails(tmp_path, server):
    url = catalog(server, "/c", {"a": entry(server, "a")})
    only(tmp_path, url).entries()
    server.page("/c", "gone", status=500)
    told = []
    only(tmp_path, url)
    stack = stack_of(tmp_path, warn=told.append)
    assert [each.id for each in stack.entries(refresh=True)] == ["a"]
    assert len(told) == 1
    assert told[0].startswith("the catalog 'c0' cannot be read: ")
    assert told == stack.warnings


def test_an_old_copy_is_not_fresh(tmp_path, server):
    url = catalog(server, "/c", {"a": entry(server, "a")})
    only(tmp_path, url).entries()
    (meta,) = (tmp_path / "project/.specify/workflows/.cache").glob("*-meta.json")
    for age in (3601, -100):
        meta.write_text(json.dumps({"url": url, "fetched_at": time.time() - age}))
        before = len(server.asked)
        only(tmp_path, url).entries()
        assert len(server.asked) == before + 1


def test_a_failing_catalog_is_named_and_the_others_are_used(tmp_path, server):
    stack = only(tmp_path, server.url + "/none", catalog(server, "/c", {"a": entry(server, "a")}))
    assert [each.id for each in stack.entries()] == ["a"]
    assert len(stack.warnings) == 1
    assert stack.warnings[0].startswith(f"the catalog 'c0' ({server.url}/none) cannot be read: there is no such file")


def test_if_all_fail_that_is_an_error(tmp_path, server):
    stack = only(tmp_path, server.url + "/none", server.page("/text", "<html>"))
    for ask in (stack.entries, lambda: stack.find("a"), lambda: stack.search("a")):
        with pytest.raises(
            CatalogError, match=r"^no catalog can be read: c0: there is no such file .*; c1: it is not JSON"
        ):
            ask()


def test_a_package_of_a_later_file_does_not_stand_in_for_one_out_of_reach(tmp_path, server):
    project = project_in(tmp_path)
    write_list(project.workflow_catalogs, f"catalogs: [{{url: '{server.url}/none', name: ours}}]")
    public = catalog(server, "/public", {"a": entry(server, "a")})
    write_list(
        tmp_path / "home/.specify/workflow-catalogs.yml",
        f"replace: true\ncatalogs: [{{url: '{public}', name: public}}]",
    )
    stack = stack_of(tmp_path)
    with pytest.raises(CatalogError, match="'a' is in the catalog 'public', but the catalog 'ours'"):
        stack.find("a")
    assert [each.id for each in stack.search("a")] == ["a"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"workflows": 3}', b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_a_catalog_that_is_none_fails_with_a_reason(tmp_path, server, body):
    stack = only(tmp_path, server.page("/c", body))
    with pytest.raises(CatalogError, match="no catalog can be read: c0: it "):
        stack.entries()
    assert not list((tmp_path / "project/.specify").rglob("*.json"))


def test_a_catalog_may_not_be_huge(tmp_path, server):
    server.pages["/c"] = Answer(b"{", length=9 * 1024 * 1024)
    with pytest.raises(CatalogError, match="no catalog can be read"):
        only(tmp_path, server.url + "/c").entries()


def test_a_redirect_to_plain_http_elsewhere_is_not_followed(tmp_path, server):
    with pytest.raises(CatalogError, match="no catalog can be read"):
        only(tmp_path, server.redirect("/c", "http://example.com/catalog.json")).entries()


def test_adding_and_removing(tmp_path, server):
    stack = stack_of(tmp_path)
    added = stack.add("https://one.example/c.json")
    assert (added.name, added.priority, added.install_allowed) == ("catalog-1", 1, True)
    second = stack.add(" https://two.example/c.json ", name="two\x1b[31m", install_allowed=False)
    assert (second.name, second.url, second.priority) == ("two", "https://two.example/c.json", 2)
    assert stack.add("https://one.example/c.json") is None
    assert [each.name for each in stack.sources][:2] == ["catalog-1", "two"]
    assert stack.remove("two").url == second.url
    assert stack.remove("https://one.example/c.json").name == "catalog-1"
    assert [each.layer for each in stack.sources] == ["built-in", "built-in"]
    with pytest.raises(DownloadError, match="plain HTTP"):
        stack.add("http://example.com/")


def test_the_number_is_that_of_the_list(tmp_path):
    project = project_in(tmp_path)
    first = "{url: 'https://b.example/', name: b, priority: 2}"
    text = f"catalogs: [{first}, {{url: 'https://a.example/', name: a, priority: 1}}]"
    write_list(project.workflow_catalogs, text)
    stack = stack_of(tmp_path)
    assert [each.name for each in stack.sources][:2] == ["a", "b"]
    assert stack.remove("0").name == "a"
    assert [each.name for each in stack_of(tmp_path).sources] == ["b", "default", "community"]


@pytest.mark.parametrize("which", ["none", "9", "-1", "²", "", "default", "0" * 5000])
def test_what_is_not_the_project_s_is_not_removed(tmp_path, which):
    stack = stack_of(tmp_path)
    with pytest.raises(UsageError):
        stack.remove(which)


def test_two_catalogs_of_one_name_are_told_apart_by_number(tmp_path):
    text = "catalogs: [{url: 'https://a.example/', name: x}, {url: 'https://b.example/', name: x}]"
    write_list(project_in(tmp_path).workflow_catalogs, text)
    stack = stack_of(tmp_path)
    with pytest.raises(UsageError, match="2 catalogs are named 'x'"):
        stack.remove("x")
    assert stack.remove("1").url == "https://b.example/"
