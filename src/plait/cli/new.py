"""`plait new`."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.agents.catalogue import agents_of
from plait.agents.default_agent import default_agent
from plait.api import WorkflowEngine
from plait.cli.options import json_option, project_option
from plait.cli.output import show
from plait.cli.project import command_suffix, project_root
from plait.errors import UsageError
from plait.expressions.filters import TABLE
from plait.load.json_schema import schema_text, workflow_schema
from plait.packages.project import Project, is_workflow_id
from plait.packages.registry import write_at_once
from plait.scaffold.choice import likely_agent
from plait.scaffold.starting_points import STARTING_POINTS, starting_point
from plait.views.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_READABLE = 0o644
_SUFFIXES = (".yml", ".yaml")
_LISTED = "\n".join(f"  {name:<9} {summary}" for name, summary in STARTING_POINTS.items())


@click.command(epilog=f"\b\nTemplates:\n{_LISTED}")
@click.argument("name", metavar="[NAME|FILE]", default="workflow")
@click.option(
    "--template",
    type=click.Choice(list(STARTING_POINTS)),
    default=next(iter(STARTING_POINTS)),
    show_default=True,
    help="What to start from.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@project_option
@json_option
def new(name: str, template: str, project: Path | None, *, force: bool, as_json: bool) -> None:
    """Write a workflow to start from: NAME.yml in this folder, or FILE.

    It is valid at once and says in remarks what to change. Editors complete and check it with a JSON Schema that is
    written into `.specify` of the project; `plait new` and `plait schema` renew that.
    """
    file = _file_of(name)
    workflow_id = _id_of(file)
    _refuse_what_is_there(file, force=force)
    root = project_root(project)
    place = Project(root).workflow_schema
    renewed = _renew_schema(root, place)
    overwritten = file.exists()
    text = starting_point(
        template,
        workflow_id=workflow_id,
        file=one_line(shlex.quote(str(file))),
        schema=_seen_from(file, place),
        agent=default_agent(root) or likely_agent(agents_of(root), os.environ),
    )
    write_at_once(file, text.encode(), mode=_READABLE)
    following = [f"plait {word} {shlex.quote(str(file))}{command_suffix(project)}" for word in _FOLLOWING]
    payload = {
        "file": str(file),
        "id": workflow_id,
        "template": template,
        "overwritten": overwritten,
        "schema": str(place),
        "schema_renewed": renewed,
        "next": following,
    }
    show(payload if as_json else None, _lines(file, place, following, renewed=renewed))


_FOLLOWING = {
    "validate": "says what is wrong with it",
    "plan": "shows what it would do",
    "run": "runs it",
}


def _file_of(name: str) -> Path:
    path = Path(name)
    try:
        if name.endswith(("/", os.sep)) or path.is_dir():
            raise UsageError(f"{name!r} is a folder", hint="name a file in it, such as review.yml")
        file = path if path.suffix.lower() in _SUFFIXES else path.with_name(f"{path.name}.yml")
        file.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:  # the name is too long, or what should be a folder is none
        raise UsageError(f"{name!r} cannot be the name of a file: {error.strerror}") from error
    return file


def _id_of(file: Path) -> str:
    name = file.stem
    if is_workflow_id(name):
        return name
    slug = str(TABLE["slug"].apply(name))
    hint = f"call it {file.with_name(slug + file.suffix)}" if is_workflow_id(slug) else ""
    raise UsageError(
        f"{name!r} cannot be the id of a workflow, which is made of lower-case letters, digits and inner hyphens",
        hint=hint,
    )


def _refuse_what_is_there(file: Path, *, force: bool) -> None:
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise UsageError(f"{file} is not a plain file", hint="choose another name")
    if file.exists() and not force:
        raise UsageError(f"{file} is there already", hint="--force overwrites it; or choose another name")


def _renew_schema(root: Path, place: Path) -> bool:
    """Write the project's schema unless it is as it should be; return whether it was written."""
    with redirect_stdout(sys.stderr):  # step packages may print while they are imported
        text = schema_text(workflow_schema(WorkflowEngine(root).step_types)).encode()
    if place.is_file() and place.read_bytes() == text:
        return False
    write_at_once(place, text, mode=_READABLE)
    return True


def _seen_from(file: Path, schema: Path) -> str:
    """Return the schema's path as a modeline has it: relative to the file, so that a checkout may be anywhere."""
    relative = os.path.relpath(schema, Path.cwd() / file.parent)
    return schema.as_uri() if "#" in relative or any(character.isspace() for character in relative) else relative


def _lines(file: Path, schema: Path, following: list[str], *, renewed: bool) -> Iterator[str]:
    yield f"wrote {one_line(str(file))}"
    if renewed:
        here = Path.cwd()
        shown = schema.relative_to(here) if schema.is_relative_to(here) else schema
        yield f"wrote {one_line(str(shown))}: with it editors complete and check workflows"
    yield ""
    width = max(len(command) for command in following)
    for command, meaning in zip(following, _FOLLOWING.values(), strict=True):
        yield f"  {one_line(command):<{width}}  {meaning}"
