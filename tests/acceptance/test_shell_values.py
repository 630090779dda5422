"""Values reach real shells intact, and nothing of them is ever run."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from plait.errors import EvaluationError
from plait.expressions import Template
from plait.steps.shell_text import ShellText

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = [pytest.param([shell], id=shell) for shell in ("dash", "bash") if shutil.which(shell)]
if shutil.which("bash"):
    SHELLS.append(pytest.param(["bash", "--posix"], id="bash-posix"))

HOSTILE = [
    "$(touch CANARY)",
    "`touch CANARY`",
    "; touch CANARY",
    "' ; touch CANARY ; '",
    '" ; touch CANARY ; "',
    "'\"; touch CANARY; \"'",
    "x\ntouch CANARY\n",
    "x touch CANARY",
    "*",
    "~",
    "~/x",
    "back\\slash\\",
    "\\",
    "!",
    "!!",
    "${IFS}touch${IFS}CANARY",
    "a[$(touch CANARY)]",
    "-n",
    "-rf --help",
    "é ü 漢字 \u2028 \U0001f600",
    "{a,b}",
    "# not a comment",
    "a & touch CANARY",
    "| touch CANARY",
    "< CANARY",
    "> CANARY",
    "A=b",
    "EOF\ntouch CANARY\nEOF",
    ") ; touch CANARY; (",
    "}; touch CANARY; {",
    "esac; touch CANARY;;",
    "&& touch CANARY ||",
    "$PLAIT_1 ${PLAIT_1} $$ $0",
    "%s%n\\n\\0",
    "[a-z]?*",
    "\ttab\r\x01\x7f",
    "   ",
    "",
    "\n",
    " a  b\n",
    "${x:-$(touch CANARY)}",
    "if then fi do done",
    "$'\\n'",
    "2>&1",
    "($(touch CANARY))",
    "([$(touch CANARY)]=x)",
]

# Each template ends in SHOW, which is followed by the words to print; the value arrives as one of them, whole.
WHOLE = {
    "double quotes": 'SHOW "{{ inputs.v }}"',
    "single quotes": "SHOW '{{ inputs.v }}'",
    "quotes with text": """SHOW "<{{ inputs.v }}>" '<{{ inputs.v }}>'""",
    "single quotes in double quotes": "SHOW \"it's '{{ inputs.v }}' \"",
    "substitution": 'x=$(printf "%s." "{{ inputs.v }}"); SHOW "${x%.}"',
    "substitution in double quotes": 'SHOW "$(printf "%s." "{{ inputs.v }}")"',
    "nested substitutions": 'SHOW "$(printf %s "$(printf "%s." "{{ inputs.v }}")")"',
    "assignment": 'V={{ inputs.v }}; SHOW "$V"',
    "assignments": 'A={{ inputs.v }} B=x{{ inputs.v }}y; SHOW "$A" "$B"',
    "assignment in double quotes": 'V="{{ inputs.v }}"; SHOW "$V"',
    "assignment before a command": 'V={{ inputs.v }} sh -c \'printf "%s\\0" "$V"\'',
    "export": 'export V={{ inputs.v }}; SHOW "$V"',
    "readonly": 'readonly V={{ inputs.v }} W={{ inputs.v }}; SHOW "$V" "$W"',
    "continued name": 'V\\\n={{ inputs.v }}; SHOW "$V"',
    "local": 'f() { local v={{ inputs.v }}; SHOW "$v"; }; f',
    "env": 'env V={{ inputs.v }} sh -c \'printf "%s\\0" "$V"\'',
    "here-document": 'x=$(cat <<EOF\n<{{ inputs.v }}>\nEOF\n); SHOW "$x"',
    "here-document with tabs": 'x=$(cat <<-END\n\t<{{ inputs.v }}>\n\tEND\n); SHOW "$x"',
    "two here-documents": '{ cat; cat <&3; } <<A 3<<B >out\n<{{ inputs.v }}>\nA\n{{ inputs.v }}|\nB\nSHOW "$(cat out)"',
    "default": 'unset U; SHOW "${U:-{{ inputs.v }}}"',
    "default in an assignment": 'unset U; V=${U:-{{ inputs.v }}}; SHOW "$V"',
    "assigned default": 'unset U; : "${U:={{ inputs.v }}}"; SHOW "$U"',
    "alternative": 'SHOW "${PATH:+{{ inputs.v }}}"',
    "pattern": 'x="<{{ inputs.v }}>"; SHOW "${x#<{{ inputs.v }}}"',
    "case": 'case {{ inputs.v }} in "{{ inputs.v }}") SHOW "{{ inputs.v }}";; *) SHOW no;; esac',
    "case pattern": 'case "{{ inputs.v }}" in (no|{{ inputs.v }}) SHOW "{{ inputs.v }}";; *) SHOW no;; esac',
    "case in a substitution": 'SHOW "$(case x in x) printf "%s." "{{ inputs.v }}";; esac)"',
    "argument of another shell": 'sh -c \'printf "%s\\0" "$1"\' sh "{{ inputs.v }}"',
    "in a function": 'f() { SHOW "$1" "{{ inputs.v }}"; }; f "{{ inputs.v }}"',
    "test": 'if [ "{{ inputs.v }}" = "{{ inputs.v }}" ]; then SHOW "{{ inputs.v }}"; else SHOW no; fi',
    "after a comment": '# don\'t "{{ inputs.v }}\nSHOW "{{ inputs.v }}"',
    "continued line": 'SHOW \\\n  "{{ inputs.v }}" \\\n  end',
    "subshell": '( ( SHOW "{{ inputs.v }}" ) )',
    "pipeline": 'printf "%s" "{{ inputs.v }}." | { x=$(cat); SHOW "$x"; }',
    "after parameters": 'x=1; y=ab; SHOW "$#${#x}${x#\'}\'}${y%b}" "{{ inputs.v }}"',
    "loop": 'for i in 1 2; do SHOW "$i{{ inputs.v }}"; done',
    "strict shell": 'set -euf; SHOW "{{ inputs.v }}"',
    "quoted by the filter": "SHOW a{{ inputs.v | shell_quote }}b",
}
BASH_ONLY = {
    "here-string": 'x=$(cat <<< {{ inputs.v }}; echo .); SHOW "$x"',
    "double brackets": 'if [[ {{ inputs.v }} == {{ inputs.v }} ]]; then SHOW "{{ inputs.v }}"; fi',
    "regular expression": 'if [[ "<{{ inputs.v }}>" =~ ^(<){{ inputs.v }}(>)$ ]]; then SHOW "{{ inputs.v }}"; fi',
    "declare": 'declare -x V={{ inputs.v }}; SHOW "$V"',
    "replacement": 'x=abc; SHOW "${x/b/{{ inputs.v }}}"',
    "process substitution": 'SHOW "$(cat <(printf "%s." "{{ inputs.v }}"))"',
    "array": 'a=("{{ inputs.v }}" [5]={{ inputs.v }}); SHOW "${a[@]}"',
    "quoted key": 'declare -A a; a["]"]={{ inputs.v }}; SHOW "${a["]"]}"',
    "translated quotes": 'SHOW $"{{ inputs.v }}"',
}
EXPECTED = {
    "quotes with text": ["<@>", "<@>"],
    "single quotes in double quotes": ["it's '@' "],
    "substitution in double quotes": ["@."],
    "nested substitutions": ["@."],
    "assignments": ["@", "x@y"],
    "readonly": ["@", "@"],
    "here-document": ["<@>"],
    "here-document with tabs": ["<@>"],
    "two here-documents": ["<@>\n@|"],
    "pattern": [">"],
    "case in a substitution": ["@."],
    "in a function": ["@", "@"],
    "continued line": ["@", "end"],
    "pipeline": ["@."],
    "after parameters": ["011a", "@"],
    "loop": ["1@", "2@"],
    "quoted by the filter": ["a@b"],
    "here-string": ["@\n."],
    "replacement": ["a@c"],
    "process substitution": ["@."],
    "array": ["@", "@"],
}

# Unquoted: the words are those of the text with the value spliced in, split at blanks.
SPLIT = {
    "argument": "SHOW {{ inputs.v }}",
    "inside text": "SHOW pre{{ inputs.v }}post",
    "before text": "SHOW a {{ inputs.v }}post",
    "behind text": "SHOW --flag {{ inputs.v }} b pre{{ inputs.v }}",
    "side by side": "SHOW {{ inputs.v }}{{ inputs.v }} x",
    "before a comment sign": "SHOW a{{ inputs.v }}#b",
    "before a tilde": "SHOW a{{ inputs.v }}~",
    "before an assignment": "SHOW a{{ inputs.v }}B=c",
    "paths": "SHOW src/{{ inputs.v }}/main.py",
    "in a list": 'for w in {{ inputs.v }}; do SHOW "$w"; done',
    "in a substitution": "x=$(SHOW {{ inputs.v }} | tr '\\000' '\\002'); printf '%s' \"$x\" | tr '\\002' '\\000'",
    "after a variable": "E=; SHOW $E{{ inputs.v }} x",
    "in a default": "unset U; SHOW ${U:-{{ inputs.v }}} ${U:-x{{ inputs.v }}y}",
}
SPLIT_TEXT = {
    "argument": "@",
    "inside text": "pre@post",
    "before text": "a @post",
    "behind text": "--flag @ b pre@",
    "side by side": "@@ x",
    "before a comment sign": "a@#b",
    "before a tilde": "a@~",
    "before an assignment": "a@B=c",
    "paths": "src/@/main.py",
    "in a list": "@",
    "in a substitution": "@",
    "after a variable": "@ x",
    "in a default": "@ x@y",
}


def blank_split(text: str) -> list[str]:
    """Split at the white space a shell splits at, and at no other."""
    return [word for word in text.replace("\t", " ").replace("\n", " ").split(" ") if word]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one.txt", "two.txt", "{a,b}"):
        (tmp_path / name).touch()
    return tmp_path


def bound(text: str, value: object, files: Path) -> tuple[str, dict[str, str]]:
    template = Template.parse(text.replace("SHOW", "show"))
    shell_text = ShellText.parse(template)
    assert shell_text.findings == ()
    command = shell_text.bind(lambda each: each.evaluate({"inputs": {"v": value}}), lambda: files)
    return command.script, dict(command.env)


SHOW = "show() { if [ $# -gt 0 ]; then printf '%s\\0' \"$@\"; fi; }; "


def run_batch(shell: list[str], cases: list[tuple[str, dict[str, str]]], folder: Path) -> list[str]:
    """Run every script in one process of the shell, each in a subshell with its variables; return their outputs."""
    env = dict(os.environ, LC_ALL="C.UTF-8", HOME="/home/of/nobody")
    scripts = []
    for number, (script, variables) in enumerate(cases):
        names = {name: f"CASE_{number}_{name}" for name in variables}
        env |= {names[name]: text for name, text in variables.items()}
        exports = "".join(f'export {name}="${new}"; ' for name, new in names.items())
        scripts.append(f"(\n{exports}\n{script}\n)\nprintf '\\0END\\0'\n")
    (folder / "batch.sh").write_text(SHOW + "\n".join(scripts))
    done = subprocess.run([*shell, "batch.sh"], cwd=folder, env=env, capture_output=True, check=False, timeout=60)
    assert done.stderr.decode() == ""
    return done.stdout.decode().split("\0END\0")[:-1]


def check(shell: list[str], text: str, expected: list[list[str]], folder: Path) -> None:
    cases = [bound(text, value, folder) for value in HOSTILE]
    got = run_batch(shell, cases, folder)
    assert not (folder / "CANARY").exists()
    assert len(got) == len(HOSTILE)
    for value, output, words in zip(HOSTILE, got, expected, strict=True):
        assert output.split("\0")[:-1] == words, (text, value, bound(text, value, folder))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("context", WHOLE)
def test_a_quoted_value_arrives_whole(shell: list[str], context: str, folder: Path) -> None:
    wanted = EXPECTED.get(context, ["@"])
    check(shell, WHOLE[context], [[word.replace("@", value) for word in wanted] for value in HOSTILE], folder)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("context", BASH_ONLY)
def test_a_value_arrives_whole_in_what_only_bash_knows(context: str, folder: Path) -> None:
    wanted = EXPECTED.get(context, ["@"])
    expected = [[word.replace("@", value) for word in wanted] for value in HOSTILE]
    check(["bash"], BASH_ONLY[context], expected, folder)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("context", SPLIT)
def test_an_unquoted_value_arrives_as_its_words(shell: list[str], context: str, folder: Path) -> None:
    expected = [blank_split(SPLIT_TEXT[context].replace("@", value)) for value in HOSTILE]
    check(shell, SPLIT[context], expected, folder)


# The shell would evaluate these values: a number is let in, everything else fails the step.
NUMBERS = {
    "arithmetic": ("SHOW $(({{ inputs.v }} + 1))", "6"),
    "arithmetic in double quotes": ('SHOW "$(( 2 * ({{ inputs.v }}) ))"', "10"),
    "nested arithmetic": ("SHOW $(( $(printf %s $(({{ inputs.v }}))) + 1 ))", "6"),
    "subtraction": ("SHOW $((1-{{ inputs.v }}))", "-4"),
}
BASH_NUMBERS = {
    "arithmetic command": ("(( x = {{ inputs.v }} + 1 )); SHOW $x", "6"),
    "arithmetic loop": ("for ((i=0; i<{{ inputs.v }}; i++)); do :; done; SHOW $i", "5"),
    "old arithmetic": ("SHOW $[{{ inputs.v }}+1]", "6"),
    "subscript": ('a=(0 1 2 3 4 x); SHOW "${a[{{ inputs.v }}]}"', "x"),
    "assigned subscript": ('a[{{ inputs.v }} + 1]=y; SHOW "${a[6]}"', "y"),
    "keyed element": ('a=([{{ inputs.v }}]=z); SHOW "${a[5]}"', "z"),
    "comparison": ("[[ {{ inputs.v }} -eq 5 ]] && SHOW yes", "yes"),
    "comparison over lines": ("[\\\n[ {{ inputs.v }} -\\\neq 5 ]] && SHOW yes", "yes"),
    "quoted subscript": ("declare -A a; a[']']={{ inputs.v }}; SHOW $(( a[']'] + {{ inputs.v }} ))", "10"),
    "quoted comparison": ('[[ 5 -ge "{{ inputs.v }}" ]] && SHOW yes', "yes"),
    "let": ("let x={{ inputs.v }}+1; SHOW $x", "6"),
    "quoted let": ('let "x = {{ inputs.v }}"; SHOW $x', "5"),
    "substring": ("x=abcdefgh; SHOW ${x:{{ inputs.v }}:1}", "f"),
    "length": ('x=abcdefgh; SHOW "${x:1:{{ inputs.v }}}"', "bcdef"),
    "integer declaration": ("declare -i x={{ inputs.v }}; SHOW $x", "5"),
    "integer variable": ("declare -i x; x={{ inputs.v }}; SHOW $x", "5"),
    "integer variable of the shell": ("OPTIND={{ inputs.v }}; SHOW $OPTIND", "5"),
    "range": ("for i in {1..{{ inputs.v }}}; do :; done; SHOW $i", "5"),
}


def check_numbers(shell: list[str], text: str, shown: str, folder: Path) -> None:
    assert run_batch(shell, [bound(text, 5, folder)], folder)[0].split("\0") == [shown, ""]
    assert run_batch(shell, [bound(text, " 5\n", folder)], folder)[0].split("\0") == [shown, ""]
    for value in (*HOSTILE, "1.5", "x", "5 6", "0x10", "5;6", "\u0665"):
        with pytest.raises(EvaluationError, match="must be a whole number here"):
            bound(text, value, folder)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("context", NUMBERS)
def test_only_a_number_is_let_into_arithmetic(shell: list[str], context: str, folder: Path) -> None:
    check_numbers(shell, *NUMBERS[context], folder)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("context", BASH_NUMBERS)
def test_only_a_number_is_let_into_what_bash_evaluates(context: str, folder: Path) -> None:
    check_numbers(["bash"], *BASH_NUMBERS[context], folder)


NAMES = {
    "unset": 'V=x; unset {{ inputs.v }}; SHOW "${V-gone}"',
    "read": 'read -r {{ inputs.v }} <<EOF\ngone\nEOF\nSHOW "$V"',
    "export": 'export {{ inputs.v }}=gone; SHOW "$V"',
    "getopts": 'getopts ab {{ inputs.v }} -a; V=gone; SHOW "$V"',
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("context", NAMES)
def test_only_a_name_is_let_in_where_a_variable_is_named(shell: list[str], context: str, folder: Path) -> None:
    assert run_batch(shell, [bound(NAMES[context], "V", folder)], folder)[0] == "gone\0"
    for value in (*HOSTILE, "V[0]", "V W", "1"):
        with pytest.raises(EvaluationError, match="must be the name of a variable here"):
            bound(NAMES[context], value, folder)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("text", ["test {{ inputs.v }}", "[ {{ inputs.v }} ]", "printf {{ inputs.v }}"])
def test_a_value_cannot_make_a_command_evaluate_a_name(text: str, folder: Path) -> None:
    with pytest.raises(EvaluationError):
        bound(text, "-v a[$(touch${IFS}CANARY)]", folder)
    with pytest.raises(EvaluationError):
        bound("wait -n {{ inputs.v }}", "-p a[$(touch${IFS}CANARY)]", folder)
    with pytest.raises(EvaluationError):
        bound('printf "{{ inputs.v }}"', "-va[$(touch CANARY)]", folder)


@pytest.mark.parametrize("shell", SHELLS)
def test_long_values_go_through_files_and_keep_line_numbers(shell: list[str], folder: Path) -> None:
    spill = folder / "it's private"
    spill.mkdir()
    long = "$(touch CANARY) é\n" * 20_000 + "\n\n"
    text = 'set -eu\nprintf %s "{{ inputs.v }}" >whole\nprintf %s\\\\n {{ inputs.v }} >words\n'
    shell_text = ShellText.parse(Template.parse(text.replace("\\\\n", "' '")))
    command = shell_text.bind(lambda each: long, lambda: spill)
    assert command.script.count("\n") == text.count("\n")
    assert all((file.stat().st_mode & 0o777) == 0o600 for file in spill.iterdir())
    assert sum(map(len, command.env.values())) < 500_000
    subprocess.run([*shell, "-c", command.script], cwd=folder, env={**os.environ, **command.env}, check=True)
    assert (folder / "whole").read_text() == long
    assert (folder / "words").read_text().split(" ")[:-1] == blank_split(long)
    assert not (folder / "CANARY").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_many_words_reach_one_command(shell: list[str], folder: Path) -> None:
    words = [f"w{number}" for number in range(20_000)] + ["*", "$(touch${IFS}CANARY)"]
    script, env = bound("SHOW {{ inputs.v }} end", "\n".join(words), folder)
    done = subprocess.run(
        [*shell, "-c", SHOW + script], cwd=folder, env={**os.environ, **env}, capture_output=True, check=True
    )
    assert done.stdout.decode().split("\0")[:-1] == [*words, "end"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_authors_own_wildcard_still_expands(shell: list[str], folder: Path) -> None:
    got = run_batch(shell, [bound("SHOW {{ inputs.v }}*.txt *{{ inputs.v }}", "", folder)], folder)
    assert got == ["one.txt\0two.txt\0batch.sh\0one.txt\0two.txt\0{a,b}\0"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_redirection_takes_the_whole_value_as_a_file_name(shell: list[str], folder: Path) -> None:
    for value in ("x touch CANARY", "$(touch CANARY)", "*", "a;b", "two.txt one.txt"):
        script, env = bound("echo hi >{{ inputs.v }}; cat <{{ inputs.v }}", value, folder)
        done = subprocess.run(
            [*shell, "-c", script], cwd=folder, env={**os.environ, **env}, capture_output=True, check=False
        )
        assert (done.stdout, done.stderr) == (b"hi\n", b"")
        assert (folder / value).read_text() == "hi\n"
    assert not (folder / "CANARY").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_raw_and_a_whole_command_are_spliced(shell: list[str], folder: Path) -> None:
    command = "printf '%s|' a 'b c'"
    for text in ("{{ inputs.v }}", "{{ inputs.v | raw }} d", "x={{ inputs.v | raw }}; $x"):
        shell_text = ShellText.parse(Template.parse(text))
        script = shell_text.bind(lambda each: command, lambda: folder).script
        assert script == text.replace("{{ inputs.v }}", command).replace("{{ inputs.v | raw }}", command)
        assert shell_text.findings == ()
