import pytest

from plait.expressions import Template
from plait.secrets import Secret

STEPS = "steps: [{id: a, type: shell, run: x}]\n"


def test_secrets_of_the_file_and_of_a_step(workflow):
    found = workflow(
        "env: {A: {secret: TOKEN_1}, B: plain}\n"
        "steps: [{id: a, type: shell, run: x, env: {C: {secret: KEY, file: ~/keys/id}, D: '{{ context.run_id }}'}}]\n"
    )
    assert found.env == {"A": Secret("TOKEN_1"), "B": Template.parse("plain")}
    assert found.steps[0].settings.env == {
        "C": Secret("KEY", "~/keys/id"),
        "D": Template.parse("{{ context.run_id }}"),
    }


@pytest.mark.parametrize(
    ("value", "column", "message"),
    [
        ("{secret: a-b}", 19, "`env.A.secret` must be a name of letters, digits and underscores, written out"),
        ("{secret: ''}", 19, "`env.A.secret` must be a name of letters, digits and underscores, written out"),
        ("{secret: é}", 19, "`env.A.secret` must be a name of letters, digits and underscores, written out"),
        (
            "{secret: '{{ inputs.n }}'}",
            19,
            "`env.A.secret` must be a name of letters, digits and underscores, written out",
        ),
        ("{secret: 5}", 19, "`env.A.secret` must be text"),
        ("{secret: T, file: ''}", 28, "`env.A.file` must be the path of a file, written out"),
        ("{secret: T, file: '{{ inputs.n }}'}", 28, "`env.A.file` must be the path of a file, written out"),
        ("{secret: T, path: x}", 22, "unknown key `env.A.path`"),
        ("{file: x}", 7, "`env.A` must be text, a number, a boolean or `{secret: NAME}`"),
        ("[T]", 7, "`env.A` must be text, a number, a boolean or `{secret: NAME}`"),
    ],
)
def test_a_malformed_secret_is_told_with_its_place(load, value, column, message):
    loaded = load("env: {A: " + value + "}\n" + STEPS)
    assert [(problem.message, problem.mark.line) for problem in loaded.problems] == [(message, 2)]
    assert loaded.problems[0].mark.column == column
    assert loaded.workflow is None
