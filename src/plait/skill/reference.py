"""The references of the skill, each a page that an agent reads when it needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plait.agents.catalogue import agents_of
from plait.expressions.filters import TABLE
from plait.load.config_facts import facts_of
from plait.load.file_fields import INPUT_FIELDS, STEP_FIELDS, TOP_FIELDS, WORKFLOW_FIELDS, WORKFLOW_REQUIRED
from plait.load.header import TopFields
from plait.load.json_schema import summary_of
from plait.load.settings import RetryFields, SettingsFields
from plait.model.budget_fields import BudgetFields
from plait.model.fields import StepConfig
from plait.model.workflow import PERMISSIONS
from plait.skill.fields import described_lines, field_lines
from plait.steps import StepTypes
from plait.views import exits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plait.model.step_type import StepBase
    from plait.skill.contents import CommandFacts

OUTPUTS = {
    "shell": "`exit_code`, `stdout`, `stderr`, `data` (with `output_format`)",
    "gate": "`choice`; if a person answered also `comment`, `answered_by`",
    "if": "`condition_result`; its steps have outputs of their own",
    "switch": "`matched_case`; its steps have outputs of their own",
    "while": (
        "`iterations`, `ended_by` (`condition`, `max_iterations`, `halt`); its steps have outputs of their own, "
        "`steps.ID` is the latest pass"
    ),
    "do-while": "as of `while`",
    "fan-out": "`results` (the items' outputs, in the order of the items), `items`, `item_count`, `failures`",
    "fan-in": "`results`, and what `output` says",
    "workflow": "`workflow` (its id), `status`, and the `outputs` of the called workflow by their names",
    "slot": "`slot`, the name",
    "github": "`repository`, `target`, `number`, `label`, `added` (false if the label was there)",
    "parallel": "`branches`, their names; the steps in them have outputs of their own",
    "command": (
        "`text` (the last message), `data` (with `output_schema`), `changes` (paths), `session`, `usage`, `verified`, "
        "`agent`, `attempts`, `exit_code`"
    ),
    "prompt": "as of `command`",
    "init": "`argv`, `exit_code`, `stdout`, `stderr`",
}
"""What the output of each built-in step type holds, in words."""
_EXPRESSIONS = """\
`{{ … }}` stands in texts. A text that is one expression alone keeps its value's type.

- Names: `inputs.NAME`, `steps.ID.output.FIELD`, `steps.ID.status` (`completed`, `failed`, `skipped`), `steps.ID.error`;
  inside a fan-out `item`, `item_index`; in a fan-in's `output` `fan_in.results`; in `finally` `run.status`,
  `run.error`.
- `a.b`, `a[0]`, `a['key']`; what is missing is null.
- `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `and`, `or`, `not`, parentheses; `'text'`, numbers, `true`,
  `false`, `null`, `[1, 2]`.
- `value | filter`, `value | filter('argument')`; filters may follow one another. There are no others than these:
"""
_VALUES = """\
In `run: …` of a shell step values arrive as data: quote them as you would a variable (`"{{ inputs.x }}"`), never build
code of them. An agent's answer is data, too.
"""
_CODES = (
    (exits.COMPLETED, "completed; of `validate`: the file can run"),
    (exits.FAILED, "the run failed, or any other error than those below"),
    (exits.USAGE, "the call or the workflow is wrong; nothing ran"),
    (exits.PAUSED, "paused: it waits for a person, or for a larger budget"),
    (exits.ABORTED, "aborted, by a gate or `plait cancel`"),
    (exits.INTERRUPTED, "interrupted by a signal; `plait resume` goes on"),
)


def workflow() -> str:
    """Return what stands outside of the steps' own fields."""
    return _page(
        "The workflow file",
        [
            *described_lines(TOP_FIELDS, ("workflow", "steps")),
            *field_lines(TopFields),
            "",
            "`workflow`:",
            "",
            *described_lines(WORKFLOW_FIELDS, WORKFLOW_REQUIRED),
            "",
            "`inputs` maps names to declarations; `--input NAME=VALUE` gives a value:",
            "",
            *described_lines(INPUT_FIELDS),
            "",
            "## Fields of every step",
            "",
            *described_lines(STEP_FIELDS, ("id",)),
            *field_lines(SettingsFields),
            "",
            "`retry` is a number of attempts or a mapping:",
            "",
            *field_lines(RetryFields),
            "",
            "`budget`, of a step or of the file:",
            "",
            *field_lines(BudgetFields),
        ],
    )


def steps() -> str:
    """Return every built-in step type with its own fields and what its output holds."""
    types = StepTypes()
    lines = ["Besides these, every step has the fields in workflow.md; its output is `steps.ID.output`.", ""]
    seen: dict[str, type[StepConfig]] = {}
    for key in types:
        lines += _step_type(key, types[key], seen)
    return _page("Step types", lines)


def _step_type(key: str, step_type: StepBase, seen: dict[str, type[StepConfig]]) -> Iterator[str]:
    yield f"## {key}"
    yield ""
    yield summary_of(step_type)
    yield ""
    config = step_type.Config or StepConfig
    written: frozenset[str] = frozenset()
    for other, known in seen.items():
        shared = _shared(config, known) - written
        if shared:
            written |= shared
            keys = [facts.key for facts in facts_of(config).fields.values() if facts.name in shared]
            yield f"- {', '.join(f'`{each}`' for each in keys)}: as of `{other}`"
    yield from field_lines(config, without=written)
    yield f"- output: {OUTPUTS[key]}"
    yield ""
    seen[key] = config


def _shared(config: type[StepConfig], other: type[StepConfig]) -> frozenset[str]:
    """Return the names of the fields that two models have from the same class."""
    common = next(each for each in config.__mro__ if each in other.__mro__)
    return frozenset(common.model_fields) if issubclass(common, StepConfig) else frozenset()


def expressions() -> str:
    """Return the syntax of expressions and every filter."""
    rows = [
        f"- {' or '.join(f'`{form}`' for form in each.forms or (each.name,))}: {each.description}"
        for each in TABLE.values()
    ]
    return _page("Expressions and filters", [_EXPRESSIONS, *rows, "", _VALUES])


def command_line(commands: Sequence[CommandFacts]) -> str:
    """Return every command with its options, and the exit codes."""
    lines = ["Every command that shows something has `--json`, and takes `--project DIR`.", ""]
    for command in commands:
        lines.append(f"- `{command.usage}`: {command.summary}")
        lines += [f"  - `{each.written}`: {each.help}" for each in command.options]
    lines += ["", "## Exit codes", "", *(f"- {code}: {meaning}" for code, meaning in _CODES)]
    return _page("The command line", lines)


def agents() -> str:
    """Return the agents that steps can name."""
    known = agents_of(Path("/"), {"HOME": "/"})
    rows = [
        f"| `{agent.key}` | {agent.name} | {' '.join(level for level in PERMISSIONS if level in agent.permissions)} | "
        f"{'yes' if agent.can_continue else 'no'} |"
        for agent in known.values()
        if agent.executable
    ]
    return _page(
        "Agents",
        [
            "`integration: NAME` of a step, or of `workflow:`. A level of `permissions` that is not listed is refused.",
            "`plait agents list` says which are installed here; a project may add its own in `.specify/agents.toml`.",
            "",
            "| name | agent | permissions | sessions go on |",
            "|---|---|---|---|",
            *rows,
        ],
    )


def _page(title: str, lines: Iterable[str]) -> str:
    return f"# {title}\n\n" + "\n".join(lines).rstrip() + "\n"
