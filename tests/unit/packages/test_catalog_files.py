"""Files that list catalogs: what they may say, and how they are changed."""

import os

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.errors import PlaitError
from plait.packages.catalog_files import CatalogFileError, add_to, priority_after, remove_from, sources_in
from support.cases import cases

ONE = "{url: 'https://one.example/c.json'}"


def read(tmp_path, text):
    path = tmp_path / "catalogs.yml"
    path.write_text(text)
    return sources_in(path, "project")


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n", "catalogs:\n", "catalogs: []\n", "other: 1\n"])
def test_an_empty_file_lists_none(tmp_path, text):
    assert read(tmp_path, text) == ((), False)


def test_a_missing_file_lists_none(tmp_path):
    assert sources_in(tmp_path / "none.yml", "user").sources == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "must be a mapping"),
        ("false", "must be a mapping"),
        ("catalogs: {}", "`catalogs` must be a list"),
        ("catalogs: false", "`catalogs` must be a list"),
        ("catalogs: ''", "`catalogs` must be a list"),
        ("catalogs: [1]", "a catalog must be a mapping"),
        ("catalogs: [{name: x}]", "none of the catalogs has a `url`"),
        ("catalogs: [{url: 3}]", "`url` must be a text"),
        ("catalogs: [{url: 'http://example.com/'}]", "plain HTTP"),
        ("catalogs: [{url: 'file:///etc/passwd'}]", "not an https:// address"),
        (f"replace: maybe\ncatalogs: [{ONE}]", "`replace` must be true or false"),
        ("catalogs: [", "catalogs.yml:"),
        ("catalogs: [{url: 'https://a.example/', priority: true}]", "`priority` must be a whole number"),
        ("catalogs: [{url: 'https://a.example/', priority: .inf}]", "`priority` must be a whole number"),
        ("catalogs: [{url: 'https://a.example/', priority: high}]", "`priority` must be a whole number"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, reason):
    with pytest.raises(CatalogFileError, match=r"catalogs\.yml:\d+: ") as caught:
        read(tmp_path, text)
    assert reason in caught.value.message


def test_the_line_is_that_of_the_fault(tmp_path):
    with pytest.raises(CatalogFileError, match=r"catalogs\.yml:3: "):
        read(tmp_path, "catalogs:\n- url: https://a.example/\n- url: ftp://b.example/\n")


def test_defaults_and_order(tmp_path):
    found = read(
        tmp_path,
        """
        catalogs:
        - {url: '  '}
        - {url: https://b.example/, priority: '7', install_allowed: 'Yes', description: "two\\nlines"}
        - {url: https://c.example/, name: third, install_allowed: 'on'}
        - {url: https://d.example/, priority: 2.0, install_allowed: true}
        """,
    ).sources
    assert [(each.name, each.priority, each.install_allowed, each.description, each.place) for each in found] == [
        ("catalog-4", 2, True, "", 3),
        ("third", 3, False, "", 2),
        ("catalog-2", 7, True, "two lines", 1),
    ]


ENTRY = {"name": "n", "url": "https://n.example/", "priority": 3, "install_allowed": True, "description": ""}


@pytest.mark.parametrize(
    "text",
    [
        "# ours\ncatalogs:\n- url: https://a.example/  # the first\n",
        "# ours\ncatalogs:\n  - url: https://a.example/  # the first\n    name: a",
    ],
)
def test_comments_survive_adding_and_removing(tmp_path, text):
    path = tmp_path / "catalogs.yml"
    path.write_text(text)
    add_to(path, ENTRY)
    assert path.read_text().startswith(text)
    assert yaml.safe_load(path.read_text())["catalogs"][1] == ENTRY
    remove_from(path, 1)
    assert path.read_text().rstrip() == text.rstrip()


@pytest.mark.parametrize(
    "text", ["", "catalogs: []", f"catalogs: [{ONE}]", f"catalogs:\n- {ONE}\nother: [1]\n", "a: b"]
)
def test_whatever_the_file_looks_like_nothing_else_changes(tmp_path, text):
    path = tmp_path / "deep" / "catalogs.yml"
    if text:
        path.parent.mkdir()
        path.write_text(text)
    before = yaml.safe_load(text) or {}
    known = before.get("catalogs") or []
    add_to(path, ENTRY)
    assert yaml.safe_load(path.read_text()) == {**before, "catalogs": [*known, ENTRY]}
    remove_from(path, 0)
    assert yaml.safe_load(path.read_text()) == {**before, "catalogs": [*known, ENTRY][1:]}


def test_nothing_is_written_through_a_link(tmp_path):
    target = tmp_path / "target.yml"
    target.write_text("catalogs: []\n")
    (tmp_path / "catalogs.yml").symlink_to(target)
    with pytest.raises(CatalogFileError, match="symbolic link"):
        add_to(tmp_path / "catalogs.yml", ENTRY)
    assert target.read_text() == "catalogs: []\n"


def test_what_is_not_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo"):
        with pytest.raises(CatalogFileError, match="not a file"):
            sources_in(path, "project")


def test_garbage_counts_as_nothing_for_the_next_priority(tmp_path):
    path = tmp_path / "catalogs.yml"
    path.write_text("catalogs: [{priority: x}, {priority: 4}, {priority: true}]")
    assert priority_after(path) == 5


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("https://a.example/"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["catalogs", "url", "name", "priority", "install_allowed", "replace"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@settings(max_examples=cases(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES | st.dictionaries(st.just("catalogs"), st.lists(VALUES, max_size=4)))
def test_any_file_is_read_or_refused(tmp_path, data):
    path = tmp_path / "catalogs.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    try:
        found = sources_in(path, "project")
    except PlaitError:
        return
    for source in found.sources:
        assert source.url.startswith("https://")
        assert source.name.isprintable()
        assert isinstance(source.priority, int)
