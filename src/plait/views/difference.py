"""What differs between two runs, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.history.changes import MISSING, Change, text_diff
from plait.views.spending import tokens_text, usd_text
from plait.views.text import clean, clip, duration, one_line, plural
from plait.views.values import listed, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.history.difference import Difference, StepDifference, Totals
    from plait.views.palette import Palette

_MOST_CHANGES = 20
_MOST_STEPS = 100
_MOST_LINES = 12
_LONGEST_LINE = 200
_LONG_TEXT = 80


def difference_lines(found: Difference, palette: Palette, *, everything: bool = False) -> Iterator[str]:
    """Yield what differs, part by part, or that nothing does; long parts are cut unless `everything`."""
    yield palette.paint(f"{found.before} → {found.after}", "bold")
    if found.is_empty:
        yield "no difference"
    yield from _written_lines(found, palette, everything=everything)
    for title, changes in (("run", found.run), ("inputs", found.inputs)):
        yield from _part(title, changes, palette, everything=everything)
    yield from _steps_lines(found.steps, palette, everything=everything)
    yield from _part("outputs", found.outputs, palette, everything=everything)
    yield from _totals_lines(found.totals, palette)


def _written_lines(found: Difference, palette: Palette, *, everything: bool) -> Iterator[str]:
    written = found.written
    if not written.diff:
        return
    yield ""
    yield palette.paint("workflow", "bold")
    for sign, names, style in (
        ("+", written.added, "green"),
        ("-", written.removed, "red"),
        ("~", written.changed, ""),
    ):
        if names:
            line = f"  {sign} steps: {listed(names, 1000 if everything else _MOST_STEPS)}"
            yield palette.paint(line, style) if style else line
    yield from _diff_lines(written.diff, "  ", palette, most=None if everything else 5 * _MOST_LINES)


def _part(title: str, changes: Sequence[Change], palette: Palette, *, everything: bool) -> Iterator[str]:
    if changes:
        yield ""
        yield palette.paint(title, "bold")
        yield from _change_lines(changes, "  ", palette, everything=everything)


def _change_lines(changes: Sequence[Change], indent: str, palette: Palette, *, everything: bool) -> Iterator[str]:
    most = len(changes) if everything else _MOST_CHANGES
    for change in changes[:most]:
        name = path_text(change.path)
        if _is_long(change.before) and _is_long(change.after):
            yield f"{indent}{name}:"
            diff = text_diff(change.before, change.after)[2:]
            yield from _diff_lines(diff, indent + "  ", palette, most=None if everything else _MOST_LINES)
        elif change.before is MISSING:
            yield palette.paint(f"{indent}+ {name}: {shown(change.after)}", "green")
        elif change.after is MISSING:
            yield palette.paint(f"{indent}- {name}: {shown(change.before)}", "red")
        else:
            before, after = palette.paint(shown(change.before), "red"), palette.paint(shown(change.after), "green")
            yield f"{indent}{name}: {before} → {after}"
    if len(changes) > most:
        yield palette.paint(f"{indent}… {plural(len(changes) - most, 'more difference')} (--all shows them)", "dim")


def _is_long(value: object) -> bool:
    return isinstance(value, str) and ("\n" in value or len(value) > _LONG_TEXT)


def path_text(path: Sequence[str | int]) -> str:
    """Return a path as expressions write it: `data.files[2].name`."""
    text = ""
    for each in path:
        text += f"[{each}]" if isinstance(each, int) else (f".{each}" if text else str(each))
    return clip(one_line(text), _LONGEST_LINE)


def _diff_lines(lines: Sequence[str], indent: str, palette: Palette, *, most: int | None) -> Iterator[str]:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    kept = lines if most is None else lines[:most]
    for line in kept:
        text = clean(line.expandtabs(4))
        text = text if most is None else clip(text, _LONGEST_LINE)
        style = styles.get(line[:1])
        yield indent + (palette.paint(text, style) if style else text)
    if len(kept) < len(lines):
        yield palette.paint(f"{indent}… {plural(len(lines) - len(kept), 'more line')} (--all shows them)", "dim")


def _steps_lines(steps: Sequence[StepDifference], palette: Palette, *, everything: bool) -> Iterator[str]:
    if not steps:
        return
    yield ""
    yield palette.paint("steps", "bold")
    for kind, sign, style in (("removed", "-", "red"), ("added", "+", "green")):
        names = [each.step_id for each in steps if each.kind == kind]
        if names:
            yield palette.paint(f"  {sign} {listed(names, len(names) if everything else _MOST_LINES)}", style)
    changed = [each for each in steps if each.kind == "changed"]
    changed.sort(key=lambda each: not each.counts)
    most = len(changed) if everything else _MOST_STEPS
    for each in changed[:most]:
        took = "" if each.seconds is None else f" took {duration(each.seconds[0])} → {duration(each.seconds[1])}"
        yield f"  ~ {palette.paint(one_line(each.step_id), 'bold')}{palette.paint(took, 'dim')}"
        output = [change._replace(path=("output", *change.path)) for change in each.output]
        yield from _change_lines([*each.facts, *output], "      ", palette, everything=everything)
    if len(changed) > most:
        yield palette.paint(f"  … {plural(len(changed) - most, 'more step')} (--all shows them)", "dim")


def _totals_lines(totals: tuple[Totals, Totals], palette: Palette) -> Iterator[str]:
    before, after = totals
    told = [f"time {duration(before.seconds)} → {duration(after.seconds)}"]
    if before.tokens or after.tokens:
        told.append(f"tokens {tokens_text(before.tokens)} → {tokens_text(after.tokens)}")
    if before.usd or after.usd:
        told.append(f"cost {usd_text(before.usd)} → {usd_text(after.usd)}")
    yield ""
    yield palette.paint(", ".join(told), "dim")


def difference_payload(found: Difference) -> dict[str, Any]:
    """Return the same as an object; a change has `path`, and `before` and `after` as far as they are there."""
    return {
        "before": found.before,
        "after": found.after,
        "equal": found.is_empty,
        "workflow": {
            "added": list(found.written.added),
            "removed": list(found.written.removed),
            "changed": list(found.written.changed),
            "diff": list(found.written.diff),
        },
        "run": _changes(found.run),
        "inputs": _changes(found.inputs),
        "steps": [
            {
                "step_id": each.step_id,
                "type": each.type,
                "kind": each.kind,
                "changes": _changes(each.facts),
                "output": _changes(each.output),
                "seconds": None if each.seconds is None else [round(second, 3) for second in each.seconds],
            }
            for each in found.steps
        ],
        "outputs": _changes(found.outputs),
        "totals": {"before": found.totals[0]._asdict(), "after": found.totals[1]._asdict()},
    }


def _changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [
        {
            "path": list(change.path),
            **({} if change.before is MISSING else {"before": change.before}),
            **({} if change.after is MISSING else {"after": change.after}),
        }
        for change in changes
    ]
