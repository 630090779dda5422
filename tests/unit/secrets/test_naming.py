"""Finding the secrets that the text of a workflow file names."""

import pytest

from plait.secrets import Secret, secrets_named_in

TEXT = """
env: {A: {secret: ONE}}
steps:
  - {id: a, type: shell, run: x, env: {B: &b {secret: TWO, file: two.txt}, C: plain}}
  - id: b
    type: fan-out
    items: [1]
    steps: [{id: c, type: shell, run: x, env: {B: *b, D: {secret: 3}}}]
"""


def test_secrets_are_found_wherever_they_stand():
    assert set(secrets_named_in(TEXT)) == {Secret("ONE"), Secret("TWO", "two.txt")}


@pytest.mark.parametrize(
    "text", ["", "secret", "a: [secret", "- secret: {secret: [A]}", "&a [*a, secret]", "secret: \0"]
)
def test_there_may_be_none(text):
    assert list(secrets_named_in(text)) == []
