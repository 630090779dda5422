import pytest

from plait.load.compose import compose
from plait.load.positions import index_of
from plait.load.source import Source


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("a: echo {{ x }}\n", "{{"),
        ("a: 'it''s {{ x }}'\n", "{{"),
        ('a: "tab\\t\\u00e9\\"{{ x }}"\n', "{{"),
        ("a: |\n  one\n\n    {{ x }}\n", "{{"),
        ("a: |2-\n    one {{ x }}\n", "{{"),
        ("a: > # a {{ comment\n  one\n  two {{ x }}\n", "{{"),
        ("a: one\n  two\n  {{ x }}\n", "{{"),
        ("a: 'one\n\n  two {{ x }}'\n", "{{"),
        ('a: "one \\\n  two {{ x }}"\n', "{{"),
        ("a: 日本 {{ x }}\n", "{{"),
    ],
)
def test_a_character_is_found_in_every_style(text, needle):
    scalar = compose(Source(text, "test.yml")).get("a")
    expected = text.index(needle, text.index("comment") if "comment" in text else 0)
    assert index_of(text, scalar, scalar.text.index(needle)) == expected


@pytest.mark.parametrize(("text", "index"), [("a: xyz", 3), ("a: 'xyz'", 4), ("a: |\n  xyz", 7)])
def test_the_first_character(text, index):
    assert index_of(text, compose(Source(text, "test.yml")).get("a"), 0) == index


def test_white_space_and_what_lies_past_the_end_stay_inside():
    text = "a: 'x  y'"
    scalar = compose(Source(text, "test.yml")).get("a")
    assert [index_of(text, scalar, offset) for offset in (0, 1, 2, 3, 99)] == [4, 5, 6, 7, 8]
