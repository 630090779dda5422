"""What is said about places where a value cannot be put, or should not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.errors import EvaluationError
from plait.expressions import Template
from plait.model.problems import Severity
from plait.model.workflow import Input, Surroundings
from plait.steps.shell_text import ShellText

FOLDER = Path("/nowhere")
X = "{{ inputs.x }}"


def parse(text: str) -> ShellText:
    return ShellText.parse(Template.parse(text))


def bind(text: str, value: object = "a b") -> str:
    return parse(text).bind(lambda each: value, lambda: FOLDER).script


REFUSED = {
    f"cat <<'EOF'\n{X}\nEOF": "a here-document whose end word is quoted",
    f'cat <<"EOF"\n{X}\nEOF': "a here-document whose end word is quoted",
    f"cat <<\\EOF\n{X}\nEOF": "a here-document whose end word is quoted",
    f"cat <<E{X}\nE": "the end word of a here-document",
    f"echo `ls {X}`": "between backticks",
    f'echo "`ls {X}`"': "between backticks",
    f"echo $'{X}'": "in $'…'",
    f"echo \\{X}": "follow a backslash",
    f'echo "\\{X}"': "follow a backslash",
    f"echo ${X}": "follow a dollar sign",
    f'echo "cost: ${X}"': "follow a dollar sign",
    f"python -c 'print(\"{X}\")'": "python would run the value as part of its code",
    f"python3.12 -Ic \"print('{X}')\"": "python3.12 would run",
    f"python3 -c'print({X})'": "python3 would run",
    f"sh -c 'echo {X}'": "sh would run",
    f'bash -lc "echo {X}"': "bash would run",
    f"bash -euo pipefail -c 'echo {X}'": "bash would run",
    f"/bin/bash -c {X}": "bash would run",
    f"bash -c -e 'echo {X}'": "bash would run",
    f"node -e 'log({X})'": "node would run",
    f"node --eval='log({X})'": "node would run",
    f"perl -ne 'print {X}'": "perl would run",
    f"ruby -e 'puts {X}'": "ruby would run",
    f"php -r 'echo {X};'": "php would run",
    f"osascript -e 'say {X}'": "osascript would run",
    f"pwsh -NoProfile -c 'echo {X}'": "pwsh would run",
    f"su - me -c 'echo {X}'": "su would run",
    f"eval echo {X}": "eval would run",
    f"command eval {X}": "eval would run",
    f"trap 'rm {X}' EXIT": "trap would run",
    f"alias a='{X}'": "an alias's code",
    f"env A=b sh -c '{X}'": "sh would run",
    f"sudo -u me sh -c '{X}'": "sh would run",
    f"timeout -k 5 10 sh -c '{X}'": "sh would run",
    f"nohup nice -n 5 sh -c '{X}' &": "sh would run",
    f"ls | xargs -I{{}} sh -c 'echo {{}} {X}'": "sh would run",
    f"ls | xargs --null sh -c '{X}'": "sh would run",
    f"A=b exec sh -c '{X}'": "sh would run",
    f"if true; then ! sh -c '{X}'; fi": "sh would run",
    f"x=$(sh -c '{X}')": "sh would run",
    f"bash <<EOF\necho {X}\nEOF": "bash would run",
    f"python3 - one <<EOF\nprint('{X}')\nEOF": "python3 would run",
    f"sudo bash -s one <<EOF && echo\necho {X}\nEOF": "bash would run",
    f"eval bash <<EOF\necho {X}\nEOF": "bash would run",
    f"declare -a a={X}": "given to an array by declare",
    f"a=(1); f() {{ local a={X}; }}": "given to an array by local",
    f'declare -a "a=({X})"': "given to an array by declare",
    f"readarray -t a; readonly a={X}": "given to an array by readonly",
    f"read -ra a; local a={X}": "given to an array by local",
    f"bash -c bash <<EOF\n{X}\nEOF": "bash would run",
    f"echo $[1 {X}": "this arithmetic is never closed",
    f"((echo {X}); ls)": "two opening parentheses may mean arithmetic",
    f"echo $((echo {X}); ls)": "two opening parentheses may mean arithmetic",
    f"(\\\n( {X} ))": "before a continued line",
    f"echo $(\\\n({X}))": "before a continued line",
    f"a[{X} x": "a subscript that does not end",
    f"bash <<< 'echo {X}'": "bash would run",
    f"source {X}": "chooses the file",
    f'. "{X}"': "chooses the file",
    f"PS4={X}": "the shell would evaluate what PS4 holds",
    f"compgen -W {X}": "compgen would expand",
    f"for {X} in a; do :; done": "the name of a loop variable",
    f"f{X}() {{ :; }}": "the name of a function",
    f"function {X} {{ :; }}": "the name of a function",
    f"echo ${{a{X}}}": "the name of a shell variable",
    f'echo "${{a:-"{X}"}}"': "double quotes inside a quoted",
    f"echo \"${{a#'{X}'}}\"": "in single quotes here",
    f"echo 'abc\necho {X}": "this single quote is never closed",
    f'echo "abc\necho {X}': "this double quote is never closed",
    f"echo $(abc\necho {X}": "never closed",
    f"echo `abc\necho {X}": "this backtick is never closed",
    f"echo )\necho {X}": "has no opening one",
    f"sh -c {X} 'abc": "this single quote is never closed",
    f"echo ${{ ls; }} {X}": "not a form that is known",
    f"cat <<$E\n{X}\n$E": "the end word of this here-document is not understood",
    f"case a b; {X} esac": "this case has no `in`",
    f"echo {'$(' * 100} {X} {')' * 100}": "nested too deeply",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_place_no_value_can_be_put_is_an_error_that_points_at_it(text: str) -> None:
    errors = [flaw for flaw in parse(text).findings if flaw.severity is Severity.ERROR]
    assert REFUSED[text] in errors[0].message
    assert text[errors[0].offset : errors[0].offset + errors[0].length] == X
    with pytest.raises(EvaluationError):
        bind(text)


@pytest.mark.parametrize("opening", ["$((", "a[", "((", '"$(', "case x in a) ", "$[", "${x:-", "<(", "`", "a=("])
def test_absurd_nesting_is_refused_at_once(opening: str) -> None:
    (flaw,) = parse(opening * 3001 + X).findings
    assert flaw.severity is Severity.ERROR
    assert "uncertain" in flaw.message


def test_much_arithmetic_is_not_too_much() -> None:
    assert parse("x=$((1 + 1)); " * 1000 + f"echo {X}").findings == ()


WARNED = {
    f"{X} --version": "chooses the program",
    f'"{X}" a': "chooses the program",
    f"{X}/bin/tool a": "chooses the program",
    f"sudo {X} a": "chooses the program",
    f"exec {X}": "chooses the program",
    f"if {X}; then :; fi": "chooses the program",
    f"awk '/{X}/ {{ print }}' f": "awk may take",
    f"sed -i 's/a/{X}/' f": "sed may take",
    f"sed -n -e 's/a/{X}/' f": "sed may take",
    f"jq '.{X}' f": "jq may take",
    f'ssh host "ls {X}"': "the shell on the other host",
    f"ssh host <<EOF\nls {X}\nEOF": "the shell on the other host",
    f"find . -exec sh -c 'echo {X}' \\;": "sh may run",
    f"docker exec -i it bash <<EOF\n{X}\nEOF": "bash may run",
    f"docker exec it bash -c 'echo {X}'": "bash may run",
    f"$PYTHON -c 'print({X})'": "the program may run",
    f'. "{X}/bin/activate"': "chooses the file",
    'echo "{{ inputs.x | shell_quote }}"': "leaves its quotes in the value",
}


@pytest.mark.parametrize("text", WARNED)
def test_a_risky_place_is_a_warning(text: str) -> None:
    (flaw,) = parse(text).findings
    assert flaw.severity is Severity.WARNING
    assert WARNED[text] in flaw.message
    bind(text, "a")


@pytest.mark.parametrize(
    "text",
    [
        f"python -c 'import sys; print(sys.argv[1])' {X}",
        f"python script.py -c {X}",
        f"python -m pytest -c {X}",
        f"sh -c 'echo \"$1\"' sh {X}",
        f"bash script.sh -c {X}",
        f"bash script.sh <<EOF\n{X}\nEOF",
        f"cat <<EOF | grep x\n{X}\nEOF",
        f"awk -v x={X} '{{ print x }}' {X}",
        f"sed -n 5p {X}",
        f"jq --arg a {X} '.a' {X}",
        f"git commit -m {X}",
        f"git commit -m 'eval {X}'",
        f"command -v {X}",
        f"case {X} in {X}) ;; esac",
        f"./scripts/{X}.sh",
        f"ssh -i {X} host ls",
        'ssh host "ls {{ inputs.x | shell_quote }}"',
        "sh -c {{ inputs.x | raw }}",
        "eval {{ inputs.x | raw }}",
        f"# `don't {X}\necho {X}",
        f"echo a#'{X}'",
        f"echo $# ${{#x}} ${{x#'}}'}} {X}",
        f"x >| f 2>&1 &> g <> h >&2; echo {X}",
        f"cat <<-A <<B\n\tA\n'\nB\necho {X}",
        f"a() {{ echo {X}; }}; a",
        f"if [ -n {X} ]; then :; elif [[ {X} =~ ^(a|b)$ ]]; then :; fi",
        f"diff <(echo {X}) >(cat) {X}",
        f"while read -r l; do echo $l {X}; done < f",
        f"until false; do break; done; select x in {X}; do :; done",
        f"echo \\\n  {X}",
        f"x=$(cat <<EOF\n) ' {X}\nEOF\n) y={X}",
        f"case x in\n  # don't\n  (a|b) echo {X} ;;\n  *) esac=1 ;& c) ;; esac; echo {X}",
        f"time -p make {X}; ! make {X}; {{ make {X}; }} 2>&1",
        f"((x = 1 << 2)); echo $((1 << 2)) {X}",
        f"a=(1 2 # '\n {X}) ; a+=({X}); echo ${{a[@]}} ${{!a[@]}} ${{a[@]:1:2}} ${{x@Q}} ${{x^^}} {X}",
        f"echo `echo \\`date\\`` {X}",
        f"cat <<EOF\n$(echo ')') ${{x:-'}} `date`\nEOF\necho {X}",
        f"for ((i=0;i<3;i++)); do echo {X}; done; for x; do :; done; for y in; do :; done",
        f"read -r x && ls -a; a=(1); f() {{ local b={X}; }}; a=({X})",
        f"coproc cat; function g {{ echo {X}; }}; g",
    ],
)
def test_a_safe_place_needs_no_word(text: str) -> None:
    assert parse(text).findings == ()


def surroundings(**inputs: tuple[object, ...] | None) -> Surroundings:
    declared = {name: Input(name, enum=enum) for name, enum in inputs.items()}
    return Surroundings("step", declared, frozenset({"step"}))


@pytest.mark.parametrize("text", [X, f" {X}\n"])
def test_a_command_that_is_a_value_is_warned_of_unless_it_is_from_an_enum(text: str) -> None:
    (flaw,) = parse(text).check(surroundings(x=None))
    assert flaw.severity is Severity.WARNING
    assert "the whole command is the value" in flaw.message
    assert not list(parse(text).check(surroundings(x=("ls", "date"))))
    assert list(parse("{{ inputs.x | lower }}").check(surroundings(x=("ls", "date"))))
    assert bind(text, "ls -l | wc") == text.replace(X, "ls -l | wc")


def test_a_program_from_an_enum_is_not_warned_of() -> None:
    assert not list(parse(f"{X} --version").check(surroundings(x=("npm", "pnpm"))))
    assert len(list(parse(f"{X} --version").check(surroundings(x=None)))) == 1


def test_raw_says_that_splicing_is_meant() -> None:
    assert not list(parse("{{ inputs.x | raw }}").check(surroundings(x=None)))


def test_a_literal_text_is_returned_as_it_is() -> None:
    text = "echo 'it\"s $PLAIT_1"
    command = parse(text).bind(lambda each: pytest.fail("nothing to evaluate"), lambda: pytest.fail("no files"))
    assert (command.script, dict(command.env)) == (text, {})


def test_variables_do_not_clash_with_the_authors() -> None:
    shell_text = parse(f'echo "$PLAIT_1 $PLAIT_V1_1" "{X}"')
    command = shell_text.bind(lambda each: "v", lambda: FOLDER)
    assert command.script == 'echo "$PLAIT_1 $PLAIT_V1_1" "${PLAIT_V2_1}"'
    assert dict(command.env) == {"PLAIT_V2_1": "v"}


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (True, "true"), ([1, "a b"], '[1, "a b"]'), ({"k": None}, '{"k": null}'), (3, "3")]
)
def test_values_are_written_as_in_any_text(value: object, shown: str) -> None:
    command = parse(f'echo "{X}"').bind(lambda each: value, lambda: FOLDER)
    assert command.env["PLAIT_1"] == shown


@pytest.mark.parametrize(("value", "reason"), [("a\0b", "NUL"), ("\ud800", "cannot be encoded")])
@pytest.mark.parametrize("text", [f'echo "{X}"', X, "echo {{ inputs.x | raw }}"])
def test_what_no_shell_can_take_is_an_error(text: str, value: str, reason: str) -> None:
    with pytest.raises(EvaluationError, match=reason) as caught:
        bind(text, value)
    assert "inputs.x" in caught.value.message


def test_a_comment_is_left_without_its_values() -> None:
    text = f"# {X}\necho ok"
    assert parse(text).bind(lambda each: pytest.fail("not needed"), lambda: FOLDER).script == "# \necho ok"


def test_a_list_quoted_by_the_filter_arrives_as_its_items() -> None:
    shell_text = parse("ls {{ inputs.x | shell_quote }}")
    command = shell_text.bind(lambda each: each.evaluate({"inputs": {"x": ["a b", "", "'"]}}), lambda: FOLDER)
    assert command.script == 'ls "${PLAIT_1_1}" "${PLAIT_1_2}" "${PLAIT_1_3}"'
    assert list(command.env.values()) == ["a b", "", "'"]
