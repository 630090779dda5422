"""What expressions mean, row by row of the compatibility contract."""

import math
from collections import UserDict
from types import MappingProxyType

import pytest

from plait.expressions import Template

SCOPE = {
    "inputs": {
        "name": "abc",
        "count": 5,
        "empty": "",
        "nothing": None,
        "zero": 0,
        "digits": "10",
        "big": 2**80,
        "flag": True,
        "list": [1, "b", True, None],
        "nested": [[1, 2], [3]],
        "people": [{"name": "Ann", "home": {"city": "Oslo"}}, {"name": "Bo"}, "guest"],
        "map": {"k": 1, "with.dot": 2},
        "kebab-case": "k",
        "nan": math.nan,
        "1st": "first",
    },
    "steps": {
        "fan:t:0": {"output": {"x": 7}},
        "make-plan": {"output": {"stdout": "done\n", "exit_code": 0}},
    },
    "item": ["first", "second"],
    "item_index": 3,
    "fan_in": None,
    "context": {"run_id": "r1", "workflow_dir": ""},
}


def evaluate(text):
    return Template.parse(text).evaluate(SCOPE)


MEANINGS = [
    ("EXP-02 number", "{{ inputs.count }}", 5),
    ("EXP-02 list", "{{ inputs.nested }}", [[1, 2], [3]]),
    ("EXP-02 white space around", " \n{{ inputs.count }}\n ", 5),
    ("EXP-02 null", "{{ inputs.nothing }}", None),
    ("EXP-02 two blocks are text", "{{ inputs.count }}{{ inputs.count }}", "55"),
    ("EXP-02 null in text", "<{{ inputs.nothing }}>", "<>"),
    ("EXP-02 number in text", "n={{ inputs.count }}", "n=5"),
    ("EXP-02 float in text", "n={{ 1.50 }}", "n=1.5"),
    ("EXP-03 list in text", "l={{ inputs.list }}", 'l=[1, "b", true, null]'),
    ("EXP-03 mapping in text", "m={{ inputs.map }}", 'm={"k": 1, "with.dot": 2}'),
    ("EXP-03 boolean in text", "b={{ inputs.flag }} {{ 1 == 2 }}", "b=true false"),
    ("EXP-03 readable letters", "{{ ['é'] }}!", '["é"]!'),
    ("EXP-04 braces in double quotes", '{{ "}}" }}', "}}"),
    ("EXP-04 braces in single quotes", "a{{ '{{ }}' }}b", "a{{ }}b"),
    ("EXP-04 quote in other quotes", """{{ "it's }}" }}""", "it's }}"),
    ("EXP-05 unterminated stays", "a {{ inputs.name", "a {{ inputs.name"),
    ("EXP-05 unterminated after a block", "{{ inputs.name }} {{ b", "abc {{ b"),
    ("EXP-06 item", "{{ item }}", ["first", "second"]),
    ("EXP-06 item_index", "{{ item_index }}", 3),
    ("EXP-06 unknown root is null", "{{ nowhere.to.be.seen }}", None),
    ("EXP-07 context", "{{ context.run_id }}/{{ context.workflow_dir }}", "r1/"),
    ("EXP-08 missing key", "{{ inputs.absent }}", None),
    ("EXP-08 null stops", "{{ inputs.nothing.more.and.more }}", None),
    ("EXP-08 scalar stops", "{{ inputs.count.real }}", None),
    ("EXP-08 no attributes", "{{ inputs.name.upper }}", None),
    ("EXP-08 no dunder", "{{ inputs.__class__.__mro__ }}", None),
    ("EXP-09 index", "{{ inputs.list[1] }}", "b"),
    ("EXP-09 out of range", "{{ inputs.list[4] }}", None),
    ("EXP-09 index of a text", "{{ inputs.name[0] }}", None),
    ("EXP-09 index of a mapping", "{{ inputs.map[0] }}", None),
    ("EXP-09 path after an index", "{{ inputs.people[0].home.city }}", "Oslo"),
    ("EXP-09 index after an index", "{{ inputs.nested[0][1] }}", 2),
    ("EXP-09 quoted key", "{{ inputs.map['with.dot'] }}", 2),
    ("EXP-09 quoted key of a list", "{{ inputs.list['0'] }}", None),
    ("ADD-E negative index", "{{ inputs.list[-3] }}", "b"),
    ("ADD-E negative out of range", "{{ inputs.list[-5] }}", None),
    ("EXP-10 item list", "{{ item[0] }}", "first"),
    ("EXP-11 colon id", "{{ steps.fan:t:0.output.x }}", 7),
    ("EXP-11 hyphen id", "{{ steps.make-plan.output.exit_code }}", 0),
    ("EXP-11 hyphen key", "{{ inputs.kebab-case }}", "k"),
    ("EXP-11 segment begins with a digit", "{{ inputs.1st }}", "first"),
    ("EXP-12 single quotes", "{{ 'a\"b' }}", 'a"b'),
    ("EXP-12 no escapes", r"{{ 'a\n' }}", r"a\n"),
    ("EXP-12 int", "{{ 12 }}", 12),
    ("EXP-12 underscores", "{{ 1_000 }}", 1000),
    ("EXP-12 negative", "{{ -4 }}", -4),
    ("EXP-12 float", "{{ 1.5 }}", 1.5),
    ("EXP-12 float, dot last", "{{ 5. }}", 5.0),
    ("EXP-12 float, dot first", "{{ .5 }}", 0.5),
    ("EXP-12 exponent", "{{ 1e3 }}", 1000.0),
    ("EXP-12 True", "{{ TRUE }}", True),
    ("EXP-12 False", "{{ False }}", False),
    ("EXP-12 None", "{{ None }}", None),
    ("EXP-12 null", "{{ null }}", None),
    ("EXP-12 list", "{{ [1, 'a', true] }}", [1, "a", True]),
    ("EXP-12 empty list", "{{ [] }}", []),
    ("EXP-12 trailing comma", "{{ [1, 2,] }}", [1, 2]),
    ("EXP-12 nested list", "{{ [[1], [inputs.count]] }}", [[1], [5]]),
    ("EXP-14 parentheses group", "{{ (inputs.count == 5) and true }}", True),
    ("EXP-14 parentheses change the order", "{{ not (false or true) }}", False),
    ("EXP-15 or", "{{ false or true }}", True),
    ("EXP-15 and", "{{ true and false }}", False),
    ("EXP-15 not", "{{ not false }}", True),
    ("EXP-15 not not", "{{ not not 'x' }}", True),
    ("EXP-15 no white space", "{{inputs.count>=5}}", True),
    ("ADD-E newlines", "{{ true\nand\n\ttrue }}", True),
    ("EXP-15 keyword next to a quote", "{{ 'a'in'abc' }}", True),
    ("EXP-16 and before or", "{{ true or true and false }}", True),
    ("EXP-16 not before and", "{{ not false and false }}", False),
    ("EXP-16 comparison before not", "{{ not 1 == 2 }}", True),
    ("EXP-18 and gives a boolean", "{{ inputs.count and 'no' }}", True),
    ("EXP-18 or gives a boolean", "{{ '' or 'x' }}", True),
    ("EXP-18 or of nothing", "{{ '' or inputs.nothing or 0 }}", False),
    ("ADD-E or stops early", "{{ true or ('{' | from_json) }}", True),
    ("ADD-E and stops early", "{{ false and ('{' | from_json) }}", False),
    ("EXP-19 no coercion", "{{ '1' == 1 }}", False),
    ("EXP-19 unequal kinds", "{{ '1' != 1 }}", True),
    ("EXP-19 int and float", "{{ 1 == 1.0 }}", True),
    ("EXP-19 lists", "{{ inputs.nested[1] == [3] }}", True),
    ("EXP-19 nan", "{{ inputs.nan == inputs.nan }}", False),
    ("EXP-20 numbers", "{{ inputs.count > 3 }}", True),
    ("EXP-20 both look numeric", "{{ inputs.digits > 9 }}", True),
    ("EXP-20 both texts look numeric", "{{ '10' > '9' }}", True),
    ("EXP-20 one looks numeric", "{{ '10' > 'x9' }}", False),
    ("EXP-20 white space around a number", "{{ ' 10 ' > 9 }}", True),
    ("EXP-20 texts", "{{ 'a' < 'b' }}", True),
    ("EXP-20 incomparable", "{{ inputs.list > 1 }}", False),
    ("EXP-20 incomparable the other way", "{{ inputs.list <= 1 }}", False),
    ("EXP-20 null", "{{ inputs.nothing < 1 }}", False),
    ("EXP-20 boolean as a number", "{{ true > 0 }}", True),
    ("EXP-20 nan", "{{ inputs.nan >= 0 or inputs.nan < 0 }}", False),
    ("EXP-20 the word inf is text", "{{ 'inf' > 9 }}", False),
    ("EXP-20 exact integers", "{{ 9007199254740993 > 9007199254740992 }}", True),
    ("EXP-20 less or equal", "{{ 5 <= inputs.count }}", True),
    ("EXP-21 in a list", "{{ 'b' in inputs.list }}", True),
    ("EXP-21 in a mapping", "{{ 'k' in inputs.map }}", True),
    ("EXP-21 in a text", "{{ 'bc' in inputs.name }}", True),
    ("EXP-21 not in", "{{ 'z' not in inputs.name }}", True),
    ("EXP-21 not  in, white space", "{{ 'z' not\n in inputs.name }}", True),
    ("EXP-21 in null", "{{ 'x' in inputs.nothing }}", False),
    ("EXP-21 not in null", "{{ 'x' not in inputs.nothing }}", True),
    ("EXP-21 in a number", "{{ 5 in 5 }}", False),
    ("EXP-21 number in a text", "{{ 5 in '5' }}", False),
    ("EXP-21 list in a mapping", "{{ [] in inputs.map }}", False),
    ("EXP-22 filters chain", "{{ inputs.people | map('name') | join(', ') }}", "Ann, Bo, guest"),
    ("EXP-29 argument is an expression", "{{ inputs.nothing | default(inputs.name) }}", "abc"),
    ("EXP-29 argument with an operator", "{{ inputs.nothing | default(1 == 1) }}", True),
    ("EXP-29 argument with a filter", "{{ inputs.nothing | default('a' | upper) }}", "A"),
    ("ADD-E filter in parentheses compared", "{{ (inputs.list | length) > 3 }}", True),
    ("ADD-E comparison in parentheses filtered", "{{ (1 == 2) | string }}", "false"),
    ("REAL-2 unknown field", "{{ steps.make-plan.output.pr_url | default('none') }}", "none"),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in MEANINGS], ids=[row[0] for row in MEANINGS])
def test_meaning(text, expected):
    value = evaluate(text)

    assert value == expected
    assert type(value) is type(expected)


def test_exp_12_integers_stay_exact():
    assert evaluate("{{ inputs.big }}") == 2**80
    assert evaluate("<{{ inputs.big }}>") == f"<{2**80}>"


def test_exp_32_nothing_but_the_scope_is_seen():
    class Secret:
        token = "hidden"

    assert Template.parse("{{ inputs.token }}").evaluate({"inputs": Secret()}) is None


@pytest.mark.parametrize(
    "mapping", [MappingProxyType({"a": {"b": 1}}), UserDict({"a": {"b": 1}})], ids=["proxy", "user"]
)
def test_exp_08_any_mapping_is_walked(mapping):
    template = Template.parse("{{ inputs.a.b }}")

    assert template.evaluate({"inputs": mapping}) == 1
    assert template.evaluate(MappingProxyType({"inputs": mapping})) == 1


def test_mapping_other_than_a_dict_is_written_as_json():
    assert Template.parse("{{ inputs }}!").evaluate({"inputs": MappingProxyType({"a": (1, 2)})}) == '{"a": [1, 2]}!'


def test_exp_09_tuples_are_lists():
    assert Template.parse("{{ item[1] }}").evaluate({"item": (1, 2)}) == 2


def test_a_typed_value_is_the_very_object():
    value = [{"a": 1}]

    assert Template.parse("{{ item }}").evaluate({"item": value}) is value
