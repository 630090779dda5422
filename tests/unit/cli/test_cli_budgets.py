import pytest

from plait.cli.budgets import parse_budgets
from plait.errors import UsageError
from plait.model.spending import Budget


def test_amounts_by_step():
    given = ["usd=20", " tokens = 3_000_000 , minutes=60", "each:work:2:usd=.5,tokens=7", "usd=30"]
    assert parse_budgets(given) == {
        None: Budget(30.0, 3_000_000, 60.0),
        "each:work:2": Budget(usd=0.5, tokens=7),
    }


def test_nothing_given_is_nothing_raised():
    assert parse_budgets([]) == {}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("20", "--budget '20' is not of the form [STEP:]UNIT=AMOUNT,…", "such as usd=20"),
        ("", "--budget '' is not of the form [STEP:]UNIT=AMOUNT,…", "such as usd=20"),
        (":usd=3", "--budget ':usd=3' is not of the form [STEP:]UNIT=AMOUNT,…", "such as usd=20"),
        ("usd=3,b:tokens=4", "--budget 'usd=3,b:tokens=4' is not of the form [STEP:]UNIT=AMOUNT,…", "such as"),
        ("usd=3,", "--budget 'usd=3,' is not of the form [STEP:]UNIT=AMOUNT,…", "such as usd=20"),
        ("uds=3", "--budget 'uds=3': 'uds' is no unit of a budget", "did you mean `usd`?"),
        ("euro=3", "--budget 'euro=3': 'euro' is no unit of a budget", "the units are usd, tokens and minutes"),
        ("usd=many", "--budget 'usd=many': usd must be a positive, finite number, not 'many'", "such as"),
        ("usd=inf", "--budget 'usd=inf': usd must be a positive, finite number, not 'inf'", "such as"),
        ("usd=nan", "--budget 'usd=nan': usd must be a positive, finite number, not 'nan'", "such as"),
        ("minutes=-1", "--budget 'minutes=-1': minutes must be a positive, finite number, not '-1'", "such as"),
        ("tokens=1.5", "--budget 'tokens=1.5': tokens must be a positive whole number, not '1.5'", "such as"),
        ("tokens=0", "--budget 'tokens=0': tokens must be a positive whole number, not '0'", "such as"),
    ],
)
def test_what_is_no_budget(text, message, hint):
    with pytest.raises(UsageError) as caught:
        parse_budgets([text])
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)
