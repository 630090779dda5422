"""Write the pages of the documentation that are made from the program: `python scripts/reference.py [--check]`.

`docs/commands.md` is made from the command line, `docs/fields.md` from the models that check workflows, the tables of
`docs/journal-events.md` from the events. With `--check` nothing is written, and the exit code is 1 if a page is not as
it would be made.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli.commands import COMMANDS, plait
from plait.journal.events import RUN_EVENTS, STEP_EVENTS
from plait.load.field_reference import describe_file, describe_step_types
from plait.steps import StepTypes
from plait.views.json_text import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plait.journal.events import EventKind
    from plait.load.field_reference import DescribedFields

DOCS = Path(__file__).resolve().parent.parent / "docs"
_GROUPS = {
    "file": "The file",
    "workflow": "workflow",
    "requires": "requires",
    "input": "An input",
    "limits": "An agent's limits",
    "budget": "budget",
    "notify": "notify",
    "step": "Every step",
    "retry": "retry",
    "secret": "A secret",
}
_MADE = "Made from the program by `scripts/reference.py`; not to be edited."


def main(arguments: list[str]) -> int:
    """Write the pages, or say which of them are stale."""
    stale = [name for name, make in PAGES.items() if _is_stale(DOCS / name, make())]
    for name in stale:
        if "--check" in arguments:
            print(f"docs/{name} is stale: python scripts/reference.py writes it anew", file=sys.stderr)
        else:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
            print(DOCS / name)
    return 1 if stale and "--check" in arguments else 0


def _is_stale(page: Path, text: str) -> bool:
    return not page.is_file() or page.read_text(encoding="utf-8") != text


def commands() -> str:
    """Return the page of all commands with all their options."""
    lines = [
        "# Every command and option",
        "",
        f"{_MADE} [The command line](command-line.md) explains them by what they are for.",
        "",
    ]
    for name in COMMANDS:
        command = plait.get_command(click.Context(plait, info_name="plait"), name)
        if command is not None:
            lines += _command(command, f"plait {name}")
    return "\n".join(lines).rstrip() + "\n"


def _command(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield from [f"## {name}", "", f"`{_usage(command, context)}`", "", *_help(command), ""]
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    if options:
        yield from ["| option | meaning |", "|---|---|", *map(_option, options), ""]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            child = command.get_command(context, inner)
            if child is not None and not child.hidden:
                yield from _command(child, f"{name} {inner}")


def _usage(command: click.Command, context: click.Context) -> str:
    return " ".join([context.command_path, *command.collect_usage_pieces(context)])


def _help(command: click.Command) -> list[str]:
    text = (command.help or "").split("\f")[0].replace("\b\n", "")
    return [line.strip() for line in text.strip().splitlines()]


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    takes = "" if option.is_flag or option.count else f" {_metavar(option)}"
    meaning = " ".join((option.help or "").split())
    default: Any = option.default
    if isinstance(default, (str, int)) and not option.is_flag and str(default) and "default" not in meaning:
        meaning += f" Default: `{default}`."
    return f"| {names}{takes} | {_cell(meaning)} |"


def _metavar(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return " or ".join(f"`{choice}`" for choice in option.type.choices)
    return option.type.name.upper()


def fields() -> str:
    """Return the page of all fields of a workflow file."""
    lines = [
        "# Every field",
        "",
        f"{_MADE} [The workflow reference](workflow-reference.md) explains how they work together.",
    ]
    lines += ["A step has the fields of every step and those of its type.", ""]
    described = {group.name: group for group in describe_file()}
    lines += [line for name, title in _GROUPS.items() for line in _group(title, described[name])]
    for group in describe_step_types(StepTypes()):
        lines += _group(f"type: {group.name}", group)
    return "\n".join(lines).rstrip() + "\n"


def _group(title: str, group: DescribedFields) -> Iterator[str]:
    yield from [f"## {title}", "", *([group.summary, ""] if group.summary else [])]
    yield from ["| field | takes | meaning |", "|---|---|---|"]
    for field in group.fields:
        notes = " Required." if field.required else f" Default: `{field.default}`." if field.default else ""
        meaning = _cell(field.description) + _examples(field.examples)
        yield f"| `{field.key}` | {_cell(field.takes)} | {meaning}{notes} |"
    yield ""


def _examples(examples: tuple[object, ...]) -> str:
    shown = [_code(each if isinstance(each, str) else as_json(each, indent=None)) for each in examples]
    return f" For example {', or '.join(shown)}." if shown else ""


def _code(text: str) -> str:
    """Return code for a cell; bars are written so that every reader of Markdown shows them as they are."""
    return f"<code>{escape(text, quote=False).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def events() -> str:
    """Return the page of the journal's events, its tables of events made anew."""
    page = (DOCS / "journal-events.md").read_text(encoding="utf-8")
    for title, kinds in (("The run", RUN_EVENTS), ("Steps", STEP_EVENTS)):
        table = "\n".join(["| event | fields | when |", "|---|---|---|", *_events(kinds)])
        page = re.sub(rf"(?<=^## {title}\n\n)(\|.*\n)+", f"{table}\n".replace("\\", r"\\"), page, flags=re.MULTILINE)
    return page


def _events(kinds: Mapping[str, EventKind]) -> Iterator[str]:
    for name, kind in kinds.items():
        fields = ", ".join(f"`{field}`" for field in kind.fields)
        if kind.optional:
            fields += "; may have " + ", ".join(f"`{field}`" for field in kind.optional)
        yield f"| `{name}` | {fields} | {_cell(kind.when)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


PAGES: dict[str, Callable[[], str]] = {"journal-events.md": events, "commands.md": commands, "fields.md": fields}

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
