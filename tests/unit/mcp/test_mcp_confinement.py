"""What a client names stays inside the project, and its inputs are data."""

import pytest

from plait.errors import UsageError
from plait.mcp.confinement import input_words, workflow_source


@pytest.mark.parametrize(
    "source",
    [
        "../outside.yml",
        "a/../../outside.yml",
        "/etc/outside.yml",
        "~/outside.yml/../../../../x.yml",
        "link/outside.yml",
        "https://example.invalid/w.yml",
        "http:/x",
        "a\0b.yml",
        "..",
        "a/b",
        "",
        "-x",
        "--events",
        "x" * 70_000 + "/../../y.yml",
        "id\n",
    ],
)
def test_no_path_leads_out(source, tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.yml").write_text("")
    (root / "link").symlink_to(tmp_path)

    try:
        found = workflow_source(root, source)
    except UsageError:
        return
    assert found.startswith(f"{root.resolve()}/"), "an address or a tilde is only a name inside the project"


def test_what_is_inside_is_named_whole(tmp_path):
    assert workflow_source(tmp_path, "sub/w.yml") == str(tmp_path.resolve() / "sub" / "w.yml")
    assert workflow_source(tmp_path, str(tmp_path / "w.YAML")) == str(tmp_path.resolve() / "w.YAML")
    assert workflow_source(tmp_path, "review-files") == "review-files"


def test_inputs_are_single_arguments():
    words = input_words({"a": "--events\n; rm -rf x", "b": True, "c": 2.5})

    assert words == ["--input=a=--events\n; rm -rf x", "--input=b=true", "--input=c=2.5"]


@pytest.mark.parametrize("inputs", [{"a=b": "x"}, {"a": "x\0y"}, {"a": "x" * 100_001}, {"a": [1]}, {"a": None}])
def test_inputs_that_cannot_be_handed_over_are_refused(inputs):
    with pytest.raises(UsageError):
        input_words(inputs)
