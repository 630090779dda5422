"""What catalogs list, whoever wrote them: strange values are told or left out, and nothing steers a terminal."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.packages.catalog_entries import CatalogError, entries_in, parse_catalog, shown_text
from plait.packages.catalog_files import CatalogSource
from plait.packages.releases import release_of, versions_of
from plait.packages.step_downloads import files_of
from plait.views.catalogs import entries_lines, entries_payload, entry_lines, versions_lines
from plait.views.json_text import as_json
from plait.views.palette import Palette
from support.cases import cases

SOURCE = CatalogSource("mine", "https://c.example/c.json", 1, True, "", "project")
DIGEST = "0123456789abcdef" * 4


def one(kind="workflow", source=SOURCE, **written):
    entries, left_out = entries_in({f"{kind}s": {"a": {"url": "https://a.example/a.yml", **written}}}, source, kind)
    assert left_out == []
    return entries[0]


def test_all_fields():
    found = one(
        name="Alpha",
        version="1.2",
        description="two\nlines",
        author="Ada",
        tags=["x", 3, "y", None],
        sha256="SHA256:" + DIGEST.upper(),
        repository="https://r.example/",
        license="MIT",
        requires={"speckit_version": ">=1"},
    )
    assert (found.id, found.name, found.version, found.description) == ("a", "Alpha", "1.2", "two lines")
    assert (found.tags, found.sha256, found.catalog_name, found.install_allowed) == (("x", "y"), DIGEST, "mine", True)
    assert found.facts == {"repository": "https://r.example/", "license": "MIT"}
    assert found.requires == {"speckit_version": ">=1"}
    found.require_installable()


def test_a_list_of_objects_with_ids_does_as_well():
    payload = {"workflows": [{"id": "a"}, {"id": 3}, {}, "b", {"id": "a"}, {"id": "../x"}]}
    entries, left_out = entries_in(payload, SOURCE, "workflow")
    assert [each.id for each in entries] == ["a"]
    assert [reason.partition(" has")[0].partition(" is")[0] for reason in left_out] == [
        f"entry {number}" for number in range(2, 7)
    ]


@pytest.mark.parametrize(
    "key", ["", ".", "..", ".cache", "a/b", "a\\b", "con", "a\x1b[31m", "a ", "x" * 300, "a\u202e", "\ud800"]
)
def test_an_id_that_is_no_plain_name_is_left_out(key):
    entries, left_out = entries_in({"workflows": {key: {}}}, SOURCE, "workflow")
    assert (entries, len(left_out)) == ([], 1)
    assert left_out[0].isprintable()


@pytest.mark.parametrize("sha256", ["", " ", "abc", 3, False, [], DIGEST + "0", "md5:" + DIGEST[:32], "g" * 64])
def test_a_digest_that_is_none_keeps_the_package_from_being_installed(sha256):
    found = one(sha256=sha256)
    assert found.sha256 == ""
    with pytest.raises(CatalogError, match="'a' in the catalog 'mine' cannot be installed: its `sha256` is not"):
        found.require_installable()


@pytest.mark.parametrize(
    "url", [None, 3, "", "http://a.example/", "ftp://a.example/", "https://", "a.yml", "https://a\nb/"]
)
def test_an_address_that_may_not_be_asked_keeps_it_from_being_installed(url):
    with pytest.raises(CatalogError, match="cannot be installed: it"):
        one(url=url).require_installable()


def test_nothing_is_installed_from_a_catalog_for_discovery():
    with pytest.raises(CatalogError, match="discovery only"):
        one(source=SOURCE._replace(install_allowed=False)).require_installable()


def test_the_files_of_a_step_type():
    url = "https://a.example/demo/step.yml"
    extra = {"lib/a.py": "https://b.example/a", "STEP.YML": url, "/__init__.py": url, "sub\\b.py": url}
    found = one("step", url="https://other.example/", step_yml_url=url + "?v=1", extra_files=extra)
    assert files_of(found) == {
        "step.yml": url + "?v=1",
        "__init__.py": "https://a.example/demo/__init__.py?v=1",
        "lib/a.py": "https://b.example/a",
        "sub/b.py": url,
    }
    assert files_of(one("step", url=url, init_url="https://i.example/"))["__init__.py"] == "https://i.example/"
    with pytest.raises(CatalogError, match=r"does not say where __init__\.py of 'a' is"):
        files_of(one("step", url="https://a.example/manifest"))


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/x", "a//b", "a/./b", "a/../b", "C:/x", "nul", "a\x00b", "Lib/x\u202e", "step.yml/x", " x"]
)
def test_a_file_that_would_leave_the_folder_is_refused(path):
    found = one("step", url="https://a.example/step.yml", extra_files={path: "https://a.example/x"})
    with pytest.raises(CatalogError, match="extra_files"):
        files_of(found)


def test_too_many_files_are_refused_before_any_is_asked_for():
    extra = {f"f{number}": "https://a.example/x" for number in range(511)}
    with pytest.raises(CatalogError, match="more than 512 files"):
        files_of(one("step", url="https://a.example/step.yml", extra_files=extra))


@pytest.mark.parametrize(
    "written", [{"init_url": 3}, {"init_url": "http://a.example/"}, {"extra_files": []}, {"extra_files": {"a": 3}}]
)
def test_strange_files_keep_it_from_being_installed(written):
    with pytest.raises(CatalogError, match="cannot be installed: its "):
        one("step", url="https://a.example/step.yml", **written).require_installable()


@pytest.mark.parametrize(
    "text", ["a\x1b[31mb", "a\x9b31mb", "a\u202eb", "a\nb\x00", "\ud800", "[bold]a[/bold]\x07", "\x1b]0;title\x07"]
)
def test_texts_hold_nothing_that_steers_a_terminal(text):
    shown = shown_text(text)
    assert not any(character in shown for character in "\x1b\x9b\u202e\n\x00\x07\ud800")


NASTY = st.text(st.characters(categories=None), max_size=30) | st.sampled_from(
    ["\x1b[2J", "https://a.example/step.yml", DIGEST, "../..", "a", "http://127.0.0.1:1/x.zip"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NASTY
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3))
FIELDS = ["id", "name", "version", "description", "author", "tags", "url", "sha256", "init_url", "step_yml_url"]
RELEASES = st.dictionaries(NASTY | st.from_regex(r"[0-3]\.[0-3]", fullmatch=True), VALUES, max_size=3)
ENTRIES = st.dictionaries(
    st.sampled_from([*FIELDS, "extra_files", "requires", "license", "releases"]), VALUES | RELEASES, max_size=8
)
PACKAGES = st.dictionaries(NASTY, ENTRIES | VALUES, max_size=4) | st.lists(ENTRIES | VALUES, max_size=4)


@settings(max_examples=cases(300), deadline=None)
@given(
    VALUES | st.fixed_dictionaries({"workflows": PACKAGES | VALUES, "steps": PACKAGES}),
    st.sampled_from(["workflow", "step"]),
)
def test_any_catalog_is_read_or_refused(data, kind):
    try:
        payload = parse_catalog(json.dumps(data).encode(), kind)
    except CatalogError:
        return
    entries, left_out = entries_in(payload, SOURCE, kind)
    shown = [*left_out, *entries_lines(entries, "package", Palette()), as_json(entries_payload(entries, "found"))]
    for each in entries:
        shown += [*entry_lines(each, Palette()), *versions_lines(versions_of(each), "1.0", Palette())]
        try:
            each.require_installable()
            files_of(each)
            shown.append(release_of(each, ">=1").version)
        except CatalogError as error:
            shown.append(error.message)
    text = "".join(shown).replace("\n", "")
    assert not any(character in text for character in "\x1b\x9b\x07\x00\u202e\ud800")


@settings(max_examples=cases(200), deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    for body in (content, b'{"workflows": {"a": ' + content + b"}}"):
        try:
            entries_in(parse_catalog(body, "workflow"), SOURCE, "workflow")
        except CatalogError:
            continue
