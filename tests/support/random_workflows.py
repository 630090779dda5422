"""Random workflows of `do` steps, and runs of them in which some steps fail, the same ones at every time."""

from __future__ import annotations

import itertools
import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from plait.model.outcome import StepResult
from support.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from hypothesis.strategies import SearchStrategy

    from plait.journal import RunState
    from plait.model.step_type import StepContext
    from support.steps import Behaviour

ONE_IN = 9


def steps(block: SearchStrategy[Any] | None, *, inside_items: bool) -> SearchStrategy[Any]:
    """Draw one step whose blocks are drawn from `block`, as a mapping without ids."""
    condition = st.sampled_from([True, False, *(["{{ item_index == 1 }}"] if inside_items else [])])
    value = st.sampled_from([1, ["x"], *(["{{ item }}", "{{ item_index }}"] if inside_items else [])])
    do = st.fixed_dictionaries({"type": st.just("do"), "value": value, "continue_on_error": st.booleans()})
    if block is None:
        return do
    loop = {"condition": condition, "steps": block, "max_iterations": st.integers(1, 3)}
    return st.one_of(
        do,
        st.fixed_dictionaries({"type": st.just("if"), "condition": condition, "then": block, "else": block}),
        st.fixed_dictionaries(
            {
                "type": st.just("switch"),
                "expression": st.sampled_from(["a", "b", "c"]),
                "cases": st.fixed_dictionaries({"a": block, "b": block}),
                "default": block,
            }
        ),
        st.fixed_dictionaries({"type": st.just("while"), **loop}),
        st.fixed_dictionaries({"type": st.just("do-while"), **loop}),
        st.fixed_dictionaries(
            {"type": st.just("parallel"), "branches": st.fixed_dictionaries({"l": block, "r": block})}
        ),
    )


def blocks(depth: int, *, inside_items: bool) -> SearchStrategy[Any]:
    """Draw a list of steps that holds others to this depth."""
    if depth == 0:
        return st.lists(steps(None, inside_items=inside_items), min_size=1, max_size=2)
    block = blocks(depth - 1, inside_items=inside_items)
    in_item = blocks(depth - 1, inside_items=True)
    policy = st.sampled_from(["stop", "continue"])
    fan = {"type": st.just("fan-out"), "items": st.lists(st.integers(0, 9), max_size=4), "on_item_failure": policy}
    step = st.one_of(
        steps(block, inside_items=inside_items),
        st.fixed_dictionaries({**fan, "steps": in_item}),
        st.fixed_dictionaries({**fan, "step": steps(None, inside_items=True)}),
        st.fixed_dictionaries({**fan, "step": steps(in_item, inside_items=True)}),
    )
    return st.lists(step, min_size=1, max_size=3)


def named(value: Any, width: int, numbers: Iterator[int]) -> Any:
    """Give every step an id, and a width to those that can run several things at once."""
    if isinstance(value, list):
        return [named(each, width, numbers) for each in value]
    if not isinstance(value, dict):
        return value
    result = {key: named(inner, width, numbers) for key, inner in value.items()}
    if "type" not in value:
        return result
    result = {"id": f"s{next(numbers)}", **result}
    return {**result, "max_concurrency": width} if value["type"] in ("fan-out", "parallel") else result


def by_id(salt: int) -> Behaviour:
    """Return a behaviour that fails at some ids, the same ones at every time."""

    def behave(context: StepContext) -> StepResult | None:
        if zlib.crc32(f"{salt}{context.step_id}".encode()) % ONE_IN == 0:
            return StepResult.failed(f"{context.step_id} fails", {"code": salt})
        return None

    return behave


def run(root: Path | str, workflow: object, width: int, salt: int) -> tuple[Bench, RunState]:
    """Run a workflow with so many items at once; `salt` decides which steps fail."""
    bench = Bench(Path(root) / str(width))
    text = "steps: " + json.dumps(named(workflow, width, itertools.count()))
    return bench, bench.run(text, default=by_id(salt))


workflows = blocks(2, inside_items=False)
salts = st.integers(0, 3)
