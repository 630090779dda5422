import time

import pytest

from plait.errors import InvalidWorkflowError
from plait.load.compose import MAX_DEPTH, compose
from plait.load.source import MAX_BYTES, Source, decode_source


def value_of(text):
    return compose(Source(text, "test.yml")).value


def refusals(text):
    with pytest.raises(InvalidWorkflowError) as caught:
        value_of(text)
    return [(problem.message, problem.mark.line, problem.mark.column) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ('"5"', "5"),
        ("5", 5),
        ("-7", -7),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("!!float 5", 5.0),
        ("!!bool yes", True),
        ("! 5", "5"),
        ("!!binary aGk=", "aGk="),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_scalars_follow_the_core_schema(written, value):
    found = value_of(f"key: {written}\n")["key"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number():
    assert str(value_of("key: .nan")["key"]) == "nan"


def test_keys_are_what_yaml_says_and_known_by_their_text():
    root = compose(Source("on: 1\ntrue: 2\n3: 4\n", "test.yml"))
    assert root.value == {"on": 1, True: 2, 3: 4}
    assert [key.text for key, _ in root.entries] == ["on", "true", "3"]


def test_aliases_and_merge_keys():
    text = "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\ncopy: *b\nmerged: {<<: [*b, *o], x: 0}\n"
    value = value_of(text)
    assert value["copy"] == {"x": 1, "y": 2}
    assert value["merged"] == {"x": 0, "y": 2, "z": 4}


def test_a_quoted_merge_key_is_a_key():
    assert value_of("'<<': 1") == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", ("`a` is here a second time; the first is in line 1", 3, 1)),
        ("a: &x [*x]\n", ("the alias `*x` is inside what it stands for", 1, 8)),
        ("a: *x\n", ("the alias `*x` stands for nothing", 1, 4)),
        ("a: b\n---\nc: d\n", ("a second YAML document starts here", 2, 1)),
        ("a: !!python/name:os x\n", ("the tag `!!python/name:os` is not supported", 1, 4)),
        ("a: !!int x\n", ("`x` is no value of the tag `!!int`", 1, 4)),
        ("a: {<<: 5}\n", ("`<<` merges mappings only", 1, 9)),
        ("? [a]\n: b\n", ("a key must be text", 1, 3)),
        ("a: b\x00c\n", ("the character U+0000 is not allowed in YAML", 1, 5)),
        ("", ("the file is empty", 1, 1)),
        ("- a\n", ("a workflow must be a mapping, and this is a list", 1, 1)),
        ("a: '😀\n\n", ("found unexpected end of stream (while scanning a quoted scalar)", 1, 4)),
        ("a: 😀 x\n b: c\n", ("mapping values are not allowed in this context", 2, 3)),
        ("a: " + "9" * 5000, ("a number of 5000 digits is too long", 1, 4)),
    ],
)
def test_what_is_refused_and_where(text, expected):
    assert refusals(text) == [expected]


def test_every_duplicate_is_told():
    assert len(refusals("a: 1\na: 2\nb: {c: 1, c: 2}\n")) == 2


def test_nesting_up_to_the_limit_is_read():
    inside = MAX_DEPTH - 1
    value = value_of("a: " + "[" * inside + "]" * inside)["a"]
    for _ in range(inside - 1):
        (value,) = value
    assert value == []


@pytest.mark.parametrize("text", ["a: " + "[" * MAX_DEPTH, "[" * 1_000_000, "- " * 100_000, "{a: " * 1000])
def test_deeper_nesting_is_refused_at_once(text):
    before = time.process_time()
    assert refusals(text)[0][0] == f"nested more than {MAX_DEPTH} levels deep"
    assert time.process_time() - before < 10  # libyaml alone needs minutes for the second text


def test_aliases_cannot_get_around_the_depth():
    lines = ["a0: &a0 []"] + [f"a{n}: &a{n} [[[[*a{n - 1}]]]]" for n in range(1, 100)]
    assert "levels deep" in refusals("\n".join(lines))[0][0]


def test_an_alias_bomb_is_refused():
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 64)]
    assert refusals("\n".join(lines))[0][0] == "the aliases of this file stand for more than 200,000 values"


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        (b"a: caf\xe9\n", "the byte 0xe9 is not UTF-8", (1, 7)),
        (b"\xff\xfea\x00", "the file is encoded as UTF-16", (1, 1)),
        (b"#" * (MAX_BYTES + 1), "the file is larger than 5 MiB", (1, 1)),
    ],
)
def test_bytes_that_are_no_text(content, message, place):
    with pytest.raises(InvalidWorkflowError) as caught:
        decode_source(content, "test.yml")
    (problem,) = caught.value.problems
    assert (problem.message, (problem.mark.line, problem.mark.column)) == (message, place)


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert compose(decode_source(b"\xef\xbb\xbfa: b", "test.yml")).value == {"a": "b"}


def test_places_are_those_an_editor_shows():
    """YAML takes U+2028 for a line break; editors do not, and positions are for them."""
    source = Source("a: 'x\u2028y'\r\nb: c\rd: e\n", "test.yml")
    root = compose(source)
    assert [source.mark(key.start).line for key, _ in root.entries] == [1, 2, 3]
    assert [source.line_text(number) for number in (1, 2, 3, 9)] == ["a: 'x\u2028y'", "b: c", "d: e", ""]
