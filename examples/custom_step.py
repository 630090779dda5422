"""A step type of your own, in Python: `python examples/custom_step.py`.

It takes part in everything the built-in ones do: its fields are checked while the file is loaded, its output is
journaled, and a resumed run does not execute it again.
"""

from __future__ import annotations

import tempfile

from plait import StepBase, StepConfig, StepContext, StepResult, WorkflowDefinition, WorkflowEngine
from plait.model.fields import Steps, Text

WORKFLOW = """
workflow: {id: custom, name: Custom steps}
steps:
  - id: measure
    type: word-count
    text: to be or not to be

  - id: thrice
    type: repeat
    times: 3
    steps:
      - {id: say, type: shell, run: "echo {{ steps.measure.output.words }} words"}
"""


class WordCountConfig(StepConfig):
    """`text` may hold expressions."""

    text: Text


class WordCountStep(StepBase):
    """Counts the words of a text."""

    type_key = "word-count"
    Config = WordCountConfig

    def execute(self, config: WordCountConfig, context: StepContext) -> StepResult:
        """Return the count as the step's output."""
        words = context.text(config.text).split()
        if not words:
            return StepResult.failed("there are no words to count")
        return StepResult(output={"words": len(words), "longest": max(words, key=len)})


class RepeatConfig(StepConfig):
    """`steps` are run `times` times."""

    times: int
    steps: Steps


class RepeatStep(StepBase):
    """A control step: the built-in loops are written with the same means."""

    type_key = "repeat"
    Config = RepeatConfig

    def execute(self, config: RepeatConfig, context: StepContext) -> StepResult:
        """Run the block again and again, until something in it halts."""
        halt = None
        done = 0
        while halt is None and done < config.times:
            done += 1
            halt = context.run_block(config.steps, iteration=done)
        return StepResult.after(halt, {"passes": done})


def main() -> None:
    """Run the workflow in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        engine = WorkflowEngine(folder, [WordCountStep(), RepeatStep()])
        state = engine.execute(WorkflowDefinition.from_string(WORKFLOW))
        print(state.status)
        for step_id, record in state.records.items():
            print(f"{step_id}: {record.output}")


if __name__ == "__main__":
    main()
