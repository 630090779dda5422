import pytest

from plait.errors import InputError
from plait.model.inputs import coerce, missing_inputs, resolve_inputs
from plait.model.workflow import Input


def declare(*inputs):
    return {each.name: each for each in inputs}


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("string", "x", "x"),
        ("string", "", ""),
        ("number", "1e2", 100),
        ("number", "3.14", 3.14),
        ("number", 2.0, 2),
        ("number", " 7 ", 7),
        ("number", "123456789012345678901234567890", 123456789012345678901234567890),
        ("integer", "5", 5),
        ("integer", 5.0, 5),
        ("boolean", "TRUE", True),
        ("boolean", "1", True),
        ("boolean", "yes", True),
        ("boolean", "No", False),
        ("boolean", "0", False),
        ("boolean", False, False),
        (None, [1], [1]),
    ],
)
def test_values_that_fit(kind, given, expected):
    """INP-05, INP-06, INP-07, ADD-F."""
    found = coerce(Input("x", type=kind), given)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("string", 5, "input `x` must be text, not 5"),
        ("number", True, "input `x` must be a number, not True"),
        ("number", "nan", "input `x` must be a number, not 'nan'"),
        ("number", float("inf"), "input `x` must be a number, not inf"),
        ("number", "many", "input `x` must be a number, not 'many'"),
        ("number", None, "input `x` must be a number, not None"),
        ("number", "9" * 5000, "input `x` must be a number, not '" + "9" * 56 + "..."),
        ("integer", "1.5", "input `x` must be a whole number, not '1.5'"),
        ("boolean", 1, "input `x` must be true or false, not 1"),
        ("boolean", "on", "input `x` must be true or false, not 'on'"),
    ],
)
def test_values_that_do_not_fit(kind, given, message):
    with pytest.raises(InputError) as caught:
        coerce(Input("x", type=kind), given)
    assert str(caught.value) == message


def test_choices_are_compared_after_coercion():
    """INP-08."""
    declared = Input("x", type="number", enum=(1, 2))
    assert coerce(declared, "2") == 2
    with pytest.raises(InputError, match=r"input `x` must be one of 1, 2, not 3"):
        coerce(declared, "3")


def test_true_is_not_one_among_choices():
    with pytest.raises(InputError):
        coerce(Input("x", type=None, enum=(1,)), True)


def test_resolution_order():
    """INP-03, INP-04."""
    declared = declare(
        Input("given", required=True, has_default=True, default="d"),
        Input("defaulted", required=True, has_default=True, default="d"),
        Input("absent"),
    )
    assert resolve_inputs(declared, {"given": "g"}) == {"given": "g", "defaulted": "d"}


def test_every_complaint_is_told_at_once():
    declared = declare(Input("spec", required=True, prompt="Which spec?"), Input("count", type="number"))
    with pytest.raises(InputError) as caught:
        resolve_inputs(declared, {"conut": "1", "count": "many", "zzz": ""})
    assert str(caught.value).splitlines() == [
        "input `conut` is not declared by this workflow; did you mean `count`?",
        "input `zzz` is not declared by this workflow; it has `spec`, `count`",
        "input `spec` is required: Which spec?",
        "input `count` must be a number, not 'many'",
    ]
    assert caught.value.exit_code == 2


def test_undeclared_without_any_inputs():
    with pytest.raises(InputError, match="it has no inputs"):
        resolve_inputs({}, {"x": "1"})


@pytest.mark.parametrize(
    ("provided", "auto", "expected"),
    [({}, "claude", "claude"), ({}, None, "auto"), ({"integration": "auto"}, "codex", "codex")],
)
def test_the_automatic_integration(provided, auto, expected):
    """INP-11: a remaining `auto` need not be among the choices."""
    declared = declare(Input("integration", has_default=True, default="auto", enum=("claude", "codex")))
    assert resolve_inputs(declared, provided, auto_integration=auto) == {"integration": expected}


def test_an_automatic_integration_must_be_among_the_choices():
    declared = declare(Input("integration", has_default=True, default="auto", enum=("claude",)))
    with pytest.raises(InputError, match="must be one of 'claude', not 'codex'"):
        resolve_inputs(declared, {}, auto_integration="codex")


def test_missing_inputs():
    declared = declare(Input("a", required=True), Input("b", required=True, has_default=True), Input("c"))
    assert [each.name for each in missing_inputs(declared, {})] == ["a"]
    assert missing_inputs(declared, {"a": ""}) == []
