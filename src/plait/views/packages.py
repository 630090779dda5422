"""Packages of workflows: what is in one, what was installed, what does not match the lock file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.packages.install import Candidate, Installed
    from plait.packages.sync import Difference
    from plait.views.palette import Palette

_WIDTH = 100
_MOST = 40
UNTRUSTED = (
    "This comes from an address that no catalog of yours vouches for. A workflow runs commands with all your rights."
)
"""What is said before something is installed or run from an address that somebody typed."""


def candidate_lines(candidate: Candidate, palette: Palette) -> Iterator[str]:
    """Yield what is going to be installed."""
    definition, contents = candidate.definition, candidate.contents
    title = palette.paint(one_line(definition.id), "bold")
    yield f"{title} {one_line(definition.version)}: {one_line(definition.name)}"
    if definition.author or definition.description:
        yield f"  {one_line(' - '.join(text for text in (definition.author, definition.description) if text))}"
    origin = candidate.obtained.wanted
    yield f"  from {one_line(origin.url or str(origin.path))}; {plural(len(contents.files), 'file')}"
    yield f"  {plural(len(contents.steps), 'step')}:"
    yield from _listed(f"{'  ' * step.depth}{step.step_id} ({step.type_key})" for step in contents.steps)
    parts: list[tuple[str, list[str]]] = [
        ("shell commands", [f"{step_id}: {text}" for step_id, text in contents.commands]),
        ("agents used", list(contents.agents)),
        ("when a run of it stops", list(contents.notices)),
        ("scripts that it brings", list(contents.scripts)),
        ("network addresses in it", list(contents.addresses)),
    ]
    for title, found in parts:
        if found:
            yield f"  {title}:"
            yield from _listed(found)
    if contents.python:
        types = ", ".join(map(one_line, contents.step_types))
        text = f"  step types that it brings ({types}), Python code that runs with all your rights:"
        yield palette.paint(text, "yellow")
        yield from _listed(contents.python)


def unmet_lines(candidate: Candidate) -> Iterator[str]:
    """Yield what it requires in vain, a line each."""
    for text in candidate.unmet:
        yield f"warning: {one_line(text)}"


def candidate_payload(candidate: Candidate) -> dict[str, Any]:
    """Return what is in a package as an object."""
    definition, contents = candidate.definition, candidate.contents
    return {
        "id": definition.id,
        "name": definition.name,
        "version": definition.version,
        "description": definition.description,
        "author": definition.author,
        **candidate.obtained.wanted.origin,
        "sha256": candidate.obtained.sha256,
        "steps": [step._asdict() for step in contents.steps],
        "commands": [{"step_id": step_id, "run": text} for step_id, text in contents.commands],
        "agents": contents.agents,
        "step_types": contents.step_types,
        "python_files": contents.python,
        "scripts": contents.scripts,
        "addresses": contents.addresses,
        "files": contents.files,
        "notices": contents.notices,
        "unmet_requirements": candidate.unmet,
    }


def installed_line(installed: Installed) -> str:
    """Return the sentence that says what was installed."""
    version = one_line(str(installed.entry["version"]))
    instead = f" in place of {one_line(installed.replaced)}" if installed.replaced else ""
    off = "; it is still disabled" if installed.entry.get("enabled") is False else ""
    return f"installed {one_line(installed.workflow_id)} {version}{instead}{off}"


def difference_lines(differences: Sequence[Difference]) -> Iterator[str]:
    """Yield what does not match the lock file, a line each."""
    for each in differences:
        yield f"{each.kind} {one_line(each.name)}: {one_line(each.reason)}"


def _listed(texts: Iterator[str] | Sequence[str]) -> Iterator[str]:
    found = list(texts)
    for text in found[:_MOST]:
        stripped = text.lstrip(" ")
        yield f"    {text[: len(text) - len(stripped)]}{clip(one_line(stripped), _WIDTH)}"
    if len(found) > _MOST:
        yield f"    … and {len(found) - _MOST} more"
