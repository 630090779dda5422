"""What the filters give, and what they refuse."""

import json

import pytest

from plait.errors import EvaluationError
from plait.expressions import FILTERS, Template


def put(value, pipeline):
    return Template.parse(f"{{{{ item | {pipeline} }}}}").evaluate({"item": value})


RESULTS = [
    ("EXP-23 null", None, "default('x')", "x"),
    ("EXP-23 empty text", "", "default('x')", "x"),
    ("EXP-23 zero stays", 0, "default('x')", 0),
    ("EXP-23 false stays", False, "default('x')", False),
    ("EXP-23 empty list stays", [], "default('x')", []),
    ("EXP-23 no argument", None, "default", ""),
    ("EXP-23 list argument", None, "default([1])", [1]),
    ("EXP-24 list", ["a", 1, 2.5], "join(', ')", "a, 1, 2.5"),
    ("EXP-24 booleans and lists as JSON", [True, ["a"]], "join(';')", 'true;["a"]'),
    ("EXP-24 null item", ["a", None, "b"], "join('-')", "a--b"),
    ("EXP-24 empty separator", ["a", "b"], "join('')", "ab"),
    ("EXP-24 not a list", 5, "join(',')", "5"),
    ("EXP-25 field", [{"a": 1}, {"a": 2}], "map('a')", [1, 2]),
    ("EXP-25 dotted", [{"a": {"b": 1}}, {"a": 2}, {}], "map('a.b')", [1, None, None]),
    ("EXP-25 others pass", [{"a": 1}, "x", 3], "map('a')", [1, "x", 3]),
    ("EXP-25 not a list", {"a": 1}, "map('a')", []),
    ("EXP-26 text", "hello", "contains('ell')", True),
    ("EXP-26 list", ["a", 1], "contains(1)", True),
    ("EXP-26 list without", ["a"], "contains('b')", False),
    ("EXP-26 null", None, "contains('b')", False),
    ("EXP-26 mapping", {"a": 1}, "contains('a')", False),
    ("EXP-26 number", 5, "contains(5)", False),
    ("EXP-27 mapping", '{"a": [1, null]}', "from_json", {"a": [1, None]}),
    ("EXP-27 white space", " 3 \n", "from_json", 3),
    ("to_json mapping", {"a": [1, None, True, "é"]}, "to_json", '{"a": [1, null, true, "é"]}'),
    ("to_json text", 'a"b', "to_json", '"a\\"b"'),
    ("to_json null", None, "to_json", "null"),
    ("from_yaml", "a: [1, two]\n", "from_yaml", {"a": [1, "two"]}),
    ("from_yaml empty", "", "from_yaml", None),
    ("length of text", "héé", "length", 3),
    ("length of a list", [1, 2], "length", 2),
    ("length of a mapping", {"a": 1}, "length", 1),
    ("first", ["a", "b"], "first", "a"),
    ("first of none", [], "first", None),
    ("last", ["a", "b"], "last", "b"),
    ("last of none", [], "last", None),
    ("lower", "AbÉ", "lower", "abé"),
    ("upper", "abé", "upper", "ABÉ"),
    ("trim", " \n a b\t\n", "trim", "a b"),
    ("split", "a,b,,c", "split(',')", ["a", "b", "", "c"]),
    ("split at spaces keeps empty parts", "a  b", "split(' ')", ["a", "", "b"]),
    ("split at white space", " a \n b ", "split", ["a", "b"]),
    ("lines", "a\r\nb\n\nc\n", "lines", ["a", "b", "", "c"]),
    ("lines without a last end", "a\nb", "lines", ["a", "b"]),
    ("lines of nothing", "", "lines", []),
    ("lines keep a form feed", "a\x0cb\u2028c", "lines", ["a\x0cb\u2028c"]),
    ("replace", "a.b.c", "replace('.', '/')", "a/b/c"),
    ("unique", ["b", "a", "b", 1, True, 1, [1], [1]], "unique", ["b", "a", 1, True, [1]]),
    ("sort texts", ["b", "a"], "sort", ["a", "b"]),
    ("sort numbers", [3, 1.5, 2], "sort", [1.5, 2, 3]),
    ("reverse a list", [1, 2], "reverse", [2, 1]),
    ("reverse a text", "ab", "reverse", "ba"),
    ("keys", {"a": 1, "b": 2}, "keys", ["a", "b"]),
    ("values", {"a": 1, "b": 2}, "values", [1, 2]),
    ("shell_quote plain", "abc", "shell_quote", "abc"),
    ("shell_quote", "it's; rm *", "shell_quote", "'it'\"'\"'s; rm *'"),
    ("shell_quote empty", "", "shell_quote", "''"),
    ("shell_quote null", None, "shell_quote", "''"),
    ("shell_quote list", ["a b", "c", 1], "shell_quote", "'a b' c 1"),
    ("shell_quote mapping", {"a": 1}, "shell_quote", "'{\"a\": 1}'"),
    ("raw text", "$x", "raw", "$x"),
    ("raw list", [1], "raw", [1]),
    ("basename", "/a/b.txt", "basename", "b.txt"),
    ("dirname", "/a/b.txt", "dirname", "/a"),
    ("slug", "  Add Crème-Brûlée: v2_final! ", "slug", "add-creme-brulee-v2-final"),
    ("slug of a number", 12, "slug", "12"),
    ("number from an int", " 42\n", "number", 42),
    ("number from a float", "-2.5", "number", -2.5),
    ("number stays", 7, "number", 7),
    ("number exact", str(2**70), "number", 2**70),
    ("string of a number", 5, "string", "5"),
    ("string of null", None, "string", ""),
    ("string of a list", ["a"], "string", '["a"]'),
]


@pytest.mark.parametrize(
    ("value", "pipeline", "expected"), [row[1:] for row in RESULTS], ids=[row[0] for row in RESULTS]
)
def test_result(value, pipeline, expected):
    result = put(value, pipeline)

    assert result == expected
    assert json.dumps(result) == json.dumps(expected)


def test_every_filter_has_a_result_in_the_table():
    assert {pipeline.partition("(")[0] for _, _, pipeline, _ in RESULTS} == set(FILTERS)


REFUSALS = [
    ("EXP-24 separator", [], "join(item)", "join takes text as its argument, not []"),
    ("EXP-25 attribute", [], "map(item)", "map takes text as its argument, not []"),
    ("EXP-26 needle", "a", "contains(1)", "contains looks for text in text, not for a number"),
    ("EXP-27 not text", 5, "from_json", "from_json needs text, not a number"),
    ("EXP-27 null", None, "from_json", "from_json needs text, not null"),
    ("EXP-27 not JSON", "{a}", "from_json", "from_json got text that is not JSON: "),
    ("EXP-27 trailing text", "1 2", "from_json", "from_json got text that is not JSON: Extra data at line 1, column 3"),
    ("EXP-27 deep", "[" * 100_000, "from_json", "from_json got JSON that is nested too deep"),
    ("from_yaml", "a: [", "from_yaml", "from_yaml got text that is not YAML: "),
    ("from_yaml runs no code", "!!python/object/apply:os.getcwd []", "from_yaml", "could not determine a constructor"),
    ("length of null", None, "length", "length needs text, a list or a mapping, not null"),
    ("length of a boolean", True, "length", "length needs text, a list or a mapping, not a boolean"),
    ("first of text", "abc", "first", "first needs a list, not text"),
    ("first of null", None, "first", "first needs a list, not null"),
    ("upper of null", None, "upper", "upper needs text, not null"),
    ("trim of a list", [1], "trim", "trim needs text, not a list"),
    ("split at nothing", "abc", "split('')", "split cannot split at an empty separator"),
    ("sort a mixture", ["a", 1], "sort", "sort cannot put a number and text in order"),
    ("keys of a list", [], "keys", "keys needs a mapping, not a list"),
    ("number of text", "ten", "number", "number got text that is not a number"),
    ("number of a boolean", True, "number", "number needs text, not a boolean"),
]


@pytest.mark.parametrize(
    ("value", "pipeline", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_refusal_names_the_filter_the_kind_and_the_place(value, pipeline, message):
    with pytest.raises(EvaluationError) as caught:
        put(value, pipeline)

    error = caught.value
    assert message in error.message
    assert f"item | {pipeline}" in error.message
    assert error.text == f"{{{{ item | {pipeline} }}}}"
    assert error.text[error.offset : error.offset + error.length] == pipeline.partition("(")[0]


def test_to_json_refuses_a_list_that_holds_itself():
    loop = []
    loop.append(loop)

    with pytest.raises(EvaluationError, match="holds itself"):
        put(loop, "to_json")


def test_a_value_that_grows_when_written_is_refused():
    value = ["lol"]
    for _ in range(40):
        value = [value] * 9

    with pytest.raises(EvaluationError, match="too large to write as text"):
        put(value, "to_json")
    with pytest.raises(EvaluationError, match="too large to write as text"):
        Template.parse("<{{ item }}>").evaluate({"item": value})


def test_from_yaml_refuses_an_alias_bomb():
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]

    with pytest.raises(EvaluationError, match="too large"):
        put("\n".join(lines), "from_yaml")


def test_a_number_too_long_to_write_is_an_evaluation_error():
    with pytest.raises(EvaluationError, match="cannot be evaluated"):
        Template.parse("<{{ item }}>").evaluate({"item": 10**5000})


def test_a_value_nested_too_deep_is_an_evaluation_error():
    deep = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(EvaluationError, match="nested too deep"):
        put(deep, "to_json")
    with pytest.raises(EvaluationError, match="nested too deep"):
        Template.parse("<{{ item }}>").evaluate({"item": deep})
