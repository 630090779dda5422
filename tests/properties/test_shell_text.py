"""Whatever the text and whatever the values: nothing of a value is run, and every value arrives."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import EvaluationError, ExpressionError
from plait.expressions import Template
from plait.model.problems import Severity
from plait.steps.shell_text import ShellText

SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]
FRAGMENTS = [
    "$(touch CANARY)", "`touch CANARY`", ";touch CANARY;", "touch", "CANARY", "'", '"', "\\", "$", "{", "}", "(", ")",
    "\n", " ", "\t", "*", "?", "[", "]", "~", "!", "#", "&", "|", "<", ">", "=", "-", "a", "é", "EOF", "esac", "${IFS}",
    "a[$(touch CANARY)]", "\r", "%",
]  # fmt: skip
values = st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join) | st.text(
    st.characters(exclude_characters="\0", codec="utf-8"), max_size=8
)
letters = st.sampled_from(["", "a", "B=", "/x.", "#b", "-", "'q '", '"r s"', "2", "\\*", "~"])

QUOTED = ['"{}"', "'{}'", '"<{}>"', "'<{}>'", '"$(printf "%s." "{}")"', '"${{UNSET:-{}}}"', '"it\'s {}"']
SHOWN = ["{}", "{}", "<{}>", "<{}>", "{}.", "{}", "it's {}"]
WRAPPED = [
    "{}", "( {} )", "{{ {}; }}", "if true; then {}; fi", "case a in (b) ;; a) {} ;; esac", "f() {{ {}; }}; f",
    "for i in 1; do {}; done", "# don't\n{}", "cat <<A >/dev/null\n' {v} $(echo ')' \")\" {v})\nA\n{}", "x={v}; {}",
    "true \\\n && {}", '[ a = "{v}" ]; {}', "echo \"${{x#'}}'}}$#\" $((1 << 2)) >/dev/null; {}",
]  # fmt: skip


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """Draw a template, a value and the words that the template shows for it."""
    value = draw(values)
    arguments, words = [], []
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            place = draw(st.integers(0, len(QUOTED) - 1))
            arguments.append(QUOTED[place].format("@"))
            words.append(SHOWN[place].replace("{}", value))
        else:
            before, after = draw(letters), draw(letters)
            arguments.append(f"w{before}@{after}" if before else f"@{after}")
            words += split(f"w{before}" if before else "", value, after)
    text = "show " + " ".join(arguments)
    for _ in range(draw(st.integers(0, 3))):
        text = draw(st.sampled_from(WRAPPED)).replace("{v}", "@").format(text).replace("{v}", "@")
    return text.replace("@", "{{ inputs.v }}"), value, words


def split(before: str, value: str, after: str) -> list[str]:
    """Split a word as the shell splits it with the value spliced in, the author's own quotes removed."""
    mark = "\ue000"
    spliced = f"{quoted_away(before, mark)}{value}{quoted_away(after, mark)}"
    words = [word for word in spliced.replace("\t", " ").replace("\n", " ").split(" ") if word]
    return [word.replace(mark, " ") for word in words]


def quoted_away(text: str, mark: str) -> str:
    plain = {"'q '": "q ", '"r s"': "r s", "\\*": "*", "#b": "#b"}
    for quoted, bare in plain.items():
        text = text.replace(quoted, bare.replace(" ", mark))
    return text


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=100, deadline=None)
@given(st.lists(commands(), min_size=1, max_size=8))
def test_every_value_arrives_and_none_is_run(shell: str, drawn: list[tuple[str, str, list[str]]]) -> None:
    env = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/home/of/nobody"}
    script = "show() { if [ $# -gt 0 ]; then printf '%s\\0' \"$@\"; fi; }\n"
    for number, (text, value, _) in enumerate(drawn):
        # Each text brings variables of its own by mentioning the names the ones before it took.
        taken = "".join(f": PLAIT_1 PLAIT_V{each}_\n" for each in range(1, number + 1))
        shell_text = ShellText.parse(Template.parse(taken + text))
        assert shell_text.findings == (), text
        command = shell_text.bind(lambda each, value=value: value, lambda: pytest.fail("no files are needed"))
        assert not set(command.env) & set(env)
        env |= command.env
        script += f"(\n{command.script}\n)\nprintf '\\0END\\0'\n"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "one.txt").touch()
        done = subprocess.run([shell, "-c", script], cwd=folder, env=env, capture_output=True, check=False)
        assert [each.name for each in Path(folder).iterdir()] == ["one.txt"]
    assert done.stderr == b"", script
    outputs = done.stdout.decode().split("\0END\0")[:-1]
    assert [output.split("\0")[:-1] for output in outputs] == [words for _, _, words in drawn], script


SYNTAX = [
    "{{ inputs.v }}", "{{ inputs.v | raw }}", "{{ inputs.v | shell_quote }}", "'", '"', "`", "$(", ")", "$((",
    "))", "${", "}", "x", "a=", "a[", "]", "=(", "<<EOF",
    "<<-'E'", "\nEOF\n", "\n", " ", ";", ";;", "&", "|", "case ",
    " in ", "esac", "[[ ", " ]]", " -eq ", "if ", "then ", "fi", "{ ",
    "for x in ", "\\", "\\\n", "#", "<(", ">", "$'", "$[", "((",
    ":-", "/", "eval ", "sh -c ", "export ", "declare -i ", "let ", "unset ", "test ",
    "printf ", "read ", "sudo ", "python ",
]  # fmt: skip
anything = st.lists(st.sampled_from(SYNTAX), max_size=14).map("".join) | st.text(max_size=30)


@settings(max_examples=500, deadline=None)
@given(anything)
def test_no_text_is_too_strange_to_be_judged(text: str) -> None:
    try:
        template = Template.parse(text)
    except ExpressionError:
        return
    secret = "secret 'value' $(x)"
    shell_text = ShellText.parse(template)
    assert all(0 <= flaw.offset < flaw.offset + flaw.length <= len(text) for flaw in shell_text.findings)
    try:
        command = shell_text.bind(lambda each: secret, lambda: pytest.fail("no files are needed"))
    except EvaluationError:
        return
    assert not any(flaw.severity is Severity.ERROR for flaw in shell_text.findings)
    if "raw" not in text and template.single is None:
        assert "secret" not in command.script
