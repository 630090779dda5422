"""The exact words, place and advice of every mistake in an expression."""

import pytest

from plait.errors import ExpressionError
from plait.expressions import FILTERS, Condition, Template

FILTER_LIST = "the filters are " + ", ".join(sorted(FILTERS))


def drawn(error):
    """Draw an error the way a person sees it: the line, a caret below it, the message, the hint."""
    marks = " " * error.offset + "^" * error.length
    return "\n".join(line for line in (error.text, marks, error.message, error.hint) if line)


MISTAKES = {
    "empty block": """\
a {{  }}
    ^^
this block is empty
write an expression in it""",
    "EXP-05 open quote": """\
{{ inputs.x == 'y }}
               ^
this quote is never closed
a text with a quote in it goes between quotes of the other kind""",
    "CON-05 braces in quotes": """\
{{ it's }} and it's late
        ^^
these braces are inside quotes, so the block is never closed
a text with a quote in it goes between quotes of the other kind""",
    "EXP-13 plus": """\
{{ inputs.x + 1 }}
            ^
Plait's expressions have no arithmetic
compute it in a shell step; to join texts, write two blocks side by side: {{ a }}{{ b }}""",
    "EXP-13 minus": """\
{{ inputs.x - 1 }}
            ^
Plait's expressions have no arithmetic
compute it in a shell step""",
    "EXP-13 minus next to the number": """\
{{ inputs.x -1 }}
            ^^
Plait's expressions have no arithmetic
compute it in a shell step""",
    "EXP-13 times": """\
{{ inputs.x * 2 }}
            ^
Plait's expressions have no arithmetic
compute it in a shell step""",
    "EXP-13 tilde": """\
{{ inputs.x ~ 'a' }}
            ^
there is no operator that joins texts
write two blocks side by side: {{ a }}{{ b }}""",
    "EXP-13 method": """\
{{ inputs.name.upper() }}
                    ^
Plait's expressions have no calls
use the filter: inputs.name | upper""",
    "EXP-13 method with an argument": """\
{{ inputs.name.split(',') }}
                    ^
Plait's expressions have no calls
use the filter: inputs.name | split or split(',')""",
    "EXP-13 function": """\
{{ len(inputs.x) }}
      ^
Plait's expressions have no calls
use a filter: value | name(argument)""",
    "EXP-13 mapping": """\
{{ {'a': 1} }}
   ^
there are no mappings in expressions
write the mapping in YAML; for literal braces write {{ '{{' }}""",
    "EXP-13 ternary": """\
{{ 'a' if inputs.x else 'b' }}
       ^^
there is no conditional expression
use an 'if' or a 'switch' step""",
    "EXP-13 question mark": """\
{{ inputs.x ? 1 : 2 }}
            ^
there is no conditional expression
use an 'if' or a 'switch' step""",
    "EXP-13 braces of another language": """\
docker ps --format '{{.Names}}'
                      ^
a path starts with a name, such as inputs
for literal braces write {{ '{{' }}""",
    "EXP-15 &&": """\
{{ inputs.x && inputs.y }}
            ^^
'&&' is not an operator
write 'and'""",
    "EXP-15 ||": """\
{{ inputs.x || inputs.y }}
            ^^
'||' is not an operator
write 'or'""",
    "EXP-15 !": """\
{{ !inputs.x }}
   ^
'!' is not an operator
write 'not'""",
    "EXP-15 =": """\
{{ inputs.x = 1 }}
            ^
'=' is not an operator
write '==' to compare""",
    "EXP-15 ===": """\
{{ inputs.x === 1 }}
            ^^^
'===' is not an operator
write '=='""",
    "EXP-15 upper case": """\
{{ inputs.x AND inputs.y }}
            ^^^
'AND' is not expected here
write 'and' in lower case""",
    "EXP-15 is": """\
{{ inputs.x is none }}
            ^^
'is' is not expected here
write == to compare""",
    "EXP-15 not between values": """\
{{ inputs.x not inputs.y }}
            ^^^
'not' is not expected here
write 'not in' for membership, 'and not' or 'or not' to join conditions""",
    "EXP-15 not after a comparison": """\
{{ inputs.x == not inputs.y }}
               ^^^
'not' needs parentheses here
write (not ...)""",
    "EXP-17 chain": """\
{{ 1 < inputs.x < 9 }}
                ^
comparisons cannot be chained
write (1 < inputs.x) < 9, 1 < (inputs.x < 9) or 1 < inputs.x and inputs.x < 9""",
    "EXP-17 chain of equals": """\
{{ inputs.a == inputs.b == true }}
                        ^^
comparisons cannot be chained
write (inputs.a == inputs.b) == true, inputs.a == (inputs.b == true) or inputs.a == inputs.b and inputs.b == true""",
    "EXP-12 no number": """\
{{ inputs.version == 1.2.3 }}
                     ^^^^
this is not a number
put it in quotes if it is text""",
    "EXP-12 open list": """\
{{ inputs.x in ['a', 'b' }}
               ^
this '[' is never closed""",
    "EXP-14 open parenthesis": """\
{{ (inputs.x == 1 }}
   ^
this '(' is never closed""",
    "EXP-14 parenthesis too many": """\
{{ inputs.x == 1) }}
                ^
this ')' closes nothing""",
    "EXP-14 nothing in parentheses": """\
{{ () }}
   ^^
these parentheses are empty""",
    "EXP-09 index": """\
{{ inputs.x[inputs.i] }}
           ^
an index is a whole number or a quoted key
write [0], [-1] or ['key']""",
    "EXP-08 dot at the end": """\
{{ inputs. }}
         ^
a name is missing after this dot""",
    "value missing at the end": """\
{{ inputs.x == }}
            ^^
a value is missing after '=='""",
    "value missing before": """\
{{ == 1 }}
   ^^
a value is missing before '=='""",
    "value missing between": """\
{{ inputs.x and or inputs.y }}
                ^^
a value is missing before 'or'""",
    "two values": """\
{{ inputs.x inputs.y }}
            ^^^^^^^^
'inputs.y' is not expected here
an operator, or '|' and a filter, goes between two values""",
    "filter without a bar": """\
{{ inputs.x contains 'a' }}
            ^^^^^^^^
'contains' is not expected here
a filter goes after '|': inputs.x | contains('text')""",
    "foreign character": """\
{{ inputs.x @ 1 }}
            ^
'@' has no meaning in an expression""",
    "EXP-28 unknown filter": """\
{{ inputs.x | uper }}
              ^^^^
there is no filter 'uper'
did you mean upper?""",
    "EXP-28 unlike any filter": f"""\
{{{{ inputs.x | zzz }}}}
              ^^^
there is no filter 'zzz'
{FILTER_LIST}""",
    "EXP-28 no filter": f"""\
{{{{ inputs.x | }}}}
            ^
the name of a filter is missing after '|'
{FILTER_LIST}""",
    "EXP-23 empty parentheses": """\
{{ inputs.x | default() }}
              ^^^^^^^^^
the parentheses of default are empty
write default or default('text')""",
    "EXP-24 bare join": """\
{{ inputs.x | join }}
              ^^^^
join needs an argument
write join(', ')""",
    "EXP-24 separator": """\
{{ inputs.x | join(1) }}
                   ^
join takes text as its argument
write join(', ')""",
    "EXP-25 attribute": """\
{{ inputs.x | map(true) }}
                  ^^^^
map takes text as its argument
write map('field')""",
    "EXP-27 parentheses": """\
{{ inputs.x | from_json() }}
              ^^^^^^^^^^^
the parentheses of from_json are empty
write from_json""",
    "EXP-27 argument": """\
{{ inputs.x | from_json('a') }}
              ^^^^^^^^^^^^^^
from_json takes no argument
write from_json""",
    "EXP-28 colon instead of parentheses": """\
{{ inputs.x | default 'a' }}
                      ^^^
'a' is not expected here
write default or default('text')""",
    "ADD-E several arguments": """\
{{ inputs.x | default('a', 'b') }}
              ^^^^^^^^^^^^^^^^^
default takes one argument, not 2
write default or default('text')""",
    "ADD-E replace with one": """\
{{ inputs.x | replace('a') }}
              ^^^^^^^^^^^^
replace takes two arguments, not 1
write replace('old', 'new')""",
    "ADD-E filter then comparison": """\
{{ inputs.x | length > 3 }}
                     ^
a filter next to an operator needs parentheses
write (inputs.x | length) > 3""",
    "EXP-28 after the parenthesis": """\
{{ inputs.x | default(0) > 5 }}
                         ^
a filter next to an operator needs parentheses
write (inputs.x | default(0)) > 5""",
    "ADD-E comparison then filter": """\
{{ inputs.x == inputs.y | default(2) }}
                        ^
a filter next to an operator needs parentheses
write inputs.x == (inputs.y | default(2))""",
    "ADD-E or then filter": """\
{{ inputs.x or inputs.y | contains('a') }}
                        ^
a filter next to an operator needs parentheses
write inputs.x or (inputs.y | contains('a'))""",
    "ADD-E not then filter": """\
{{ not inputs.x | contains('a') }}
                ^
a filter next to an operator needs parentheses
write not (inputs.x | contains('a'))""",
    "ADD-E filter then and": """\
{{ inputs.x | trim and inputs.y }}
                   ^^^
a filter next to an operator needs parentheses
write (inputs.x | trim) and inputs.y""",
    "ADD-E filter then not in": """\
{{ inputs.x | trim not in inputs.y }}
                   ^^^
a filter next to an operator needs parentheses
write (inputs.x | trim) not in inputs.y""",
}


@pytest.mark.parametrize("expected", MISTAKES.values(), ids=MISTAKES)
def test_mistake(expected):
    with pytest.raises(ExpressionError) as caught:
        Template.parse(expected.partition("\n")[0])

    assert drawn(caught.value) == expected


CONDITIONS = {
    "CON-03 no braces": """\
inputs.x == 'true'
^^^^^^^^^^^^^^^^^^
a condition without {{ }} is never evaluated
write condition: "{{ inputs.x == 'true' }}\"""",
    "CON-04 unknown root": """\
ready
^^^^^
a condition without {{ }} is never evaluated
in {{ }} it would read 'ready', which is none of context, fan_in, inputs, item, item_index, run, steps""",
    "CON-04 no expression": """\
inputs.x >
^^^^^^^^^^
a condition without {{ }} is never evaluated
in {{ }} it is not an expression either: a value is missing after '>'""",
    "CON-03 open block": """\
{{ inputs.x
^^
this '{{' is never closed, so the condition is never evaluated""",
    "ADD-E text next to a block": """\
{{ inputs.x }} == 'a'
               ^^^^^^
a condition is one {{ }} block; text next to it is not allowed
write condition: "{{ inputs.x == 'a' }}\"""",
    "ADD-E blocks side by side": """\
{{ inputs.x }}{{ inputs.y }}
^^^^^^^^^^^^^^^^^^^^^^^^^^^^
a condition is one {{ }} block; text next to it is not allowed
write one expression in {{ }}""",
}


@pytest.mark.parametrize("expected", CONDITIONS.values(), ids=CONDITIONS)
def test_mistaken_condition(expected):
    with pytest.raises(ExpressionError) as caught:
        Condition.parse(expected.partition("\n")[0])

    assert drawn(caught.value) == expected


FAILURES = {
    "EXP-27 not JSON": """\
{{ item | from_json }}
          ^^^^^^^^^
from_json got text that is not JSON: Expecting value at line 1, column 1 in 'item | from_json'""",
    "null": """\
{{ nothing | default(nothing) | upper }}
                                ^^^^^
upper needs text, not null in 'nothing | default(nothing) | upper'
put default('') before it if the value may be missing""",
}


@pytest.mark.parametrize("expected", FAILURES.values(), ids=FAILURES)
def test_failed_evaluation(expected):
    with pytest.raises(ExpressionError) as caught:
        Template.parse(expected.partition("\n")[0]).evaluate({"item": "not json"})

    assert drawn(caught.value) == expected
