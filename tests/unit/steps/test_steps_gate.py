"""What a gate shows, and which configurations make sense."""

import pytest

from plait.errors import InvalidWorkflowError
from plait.model.step_type import Answer


class Terminal:
    """Answers every question, and keeps them."""

    def __init__(self, choice="approve"):
        self.questions = []
        self.attachments = []
        self.choice = choice

    def ask(self, question):
        self.questions.append(question)
        self.attachments.append(question.attachment() if question.attachment else None)
        return Answer(self.choice)

    def interrupt(self):
        """Nothing waits."""


def asked(bench, gate, choice="approve"):
    terminal = Terminal(choice)
    bench.engine = bench.new_engine(prompter=terminal)
    inputs = "inputs: {name: {type: string, default: spec.md}}\n"
    return bench.run(f"{inputs}steps: [{{id: g, type: gate, {gate}}}]"), terminal


def test_message_and_file_are_evaluated(bench):
    bench.root.joinpath("spec.md").write_text("one\ntwo\n")
    state, terminal = asked(bench, "message: 'Is {{ inputs.name }} right?', show_file: '{{ inputs.name }}'")
    assert terminal.questions[0].message == "Is spec.md right?"
    assert terminal.questions[0].attachment_name == "spec.md"
    assert terminal.attachments == ["one\ntwo"]
    assert state.records["g"].output["show_file"] == "spec.md"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", "(the file is empty)"),
        (b"\xff\xfe\x00", "(cannot be shown: it is not text)"),
        (None, "(cannot be shown: No such file or directory)"),
        (b"a\x1b[31mred\x07\tb\x7f\xc2\x9b", "a[31mred\tb"),
        (b"x\n" * 200, "\n".join(["x"] * 200)),
        (b"x\n" * 201, "\n".join(["x"] * 200 + ["(… more than 200 lines)"])),
    ],
)
def test_a_file_that_cannot_be_shown_never_fails_a_gate(bench, content, shown):
    if content is not None:
        bench.root.joinpath("spec.md").write_bytes(content)
    state, terminal = asked(bench, "message: m, show_file: spec.md")
    assert (state.status, terminal.attachments) == ("completed", [shown])


def test_own_options_complete_the_gate(bench):
    state, terminal = asked(bench, "message: m, options: [Ship it, 'reject'], on_reject: abort", "ship IT")
    assert terminal.questions[0].options == ("Ship it", "reject")
    assert (state.status, state.records["g"].output["choice"]) == ("completed", "Ship it")


@pytest.mark.parametrize(
    ("on_reject", "run", "step"), [("abort", "aborted", "failed"), ("skip", "completed", "completed")]
)
@pytest.mark.parametrize("choice", ["Reject", "ABORT"])
def test_a_rejection(bench, on_reject, run, step, choice):
    state, _ = asked(bench, f"message: m, options: [approve, {choice}], on_reject: {on_reject}", choice.lower())
    assert (state.status, state.records["g"].status) == (run, step)
    assert state.records["g"].output["choice"] == choice


@pytest.mark.parametrize(
    "gate",
    [
        "options: [approve, reject]",
        "message: m, options: []",
        "message: m, options: [1, 2]",
        "message: m, options: yes",
        "message: m, options: [go, stop]",
        "message: m, options: [go, stop], on_reject: retry",
        "message: m, on_reject: ignore",
        "message: m, verdict_input: nothing",
    ],
)
def test_gates_that_make_no_sense_are_refused(bench, gate):
    with pytest.raises(InvalidWorkflowError):
        bench.run(f"steps: [{{id: g, type: gate, {gate}}}]")


def test_a_gate_in_a_fan_out_has_no_verdict_input(bench):
    text = "inputs: {v: {type: string, default: ''}}\nsteps: [{id: f, type: fan-out, items: [1], "
    with pytest.raises(InvalidWorkflowError):
        bench.run(text + "step: {id: g, type: gate, message: m, verdict_input: v}}]")
    assert bench.run(text + "step: {id: g, type: gate, message: m}}]").status == "paused"


def test_options_that_yaml_reads_as_booleans_are_their_words(bench):
    state, terminal = asked(bench, "message: m, options: [yes, no], on_reject: skip", "no")
    assert terminal.questions[0].options == ("yes", "no")
    assert state.records["g"].output["choice"] == "no"
