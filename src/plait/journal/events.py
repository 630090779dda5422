"""The events of the journal: the fields of each, and when it is written.

Every event also has `v`, `timestamp` and `event`, its name; the names of Spec Kit's log are kept (LOG-01..09). What
each does to the state of a run is in `folds.py`. The documentation's tables are made from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class EventKind(NamedTuple):
    """What is known of one kind of event: the fields it always has, those it may have, and when it is written."""

    fields: tuple[str, ...]
    optional: tuple[str, ...]
    when: str

    @property
    def names(self) -> frozenset[str]:
        """The fields that it may have, besides those of every event."""
        return frozenset((*self.fields, *self.optional))


_POSITION = ("parent", "index", "iteration", "as", "name", "top")

RUN_EVENTS: Mapping[str, EventKind] = {
    "run_created": EventKind(
        ("run_id", "workflow_id", "inputs"),
        (
            *("workflow_dir", "installed_workflow_id", "installed_registry_root"),
            *("integration", "model", "traceparent", "tracestate"),
        ),
        "first of all; `integration` and `model` are defaults, `traceparent` and `tracestate` say in which trace it "
        "was started",
    ),
    "run_started": EventKind(("pid", "host"), (), "a process begins to walk it"),
    "run_resumed": EventKind(("pid", "host"), (), "a process begins to walk it again"),
    "inputs_resolved": EventKind(("inputs", "given"), (), "a resume brought new values; `given` names them"),
    "stop_requested": EventKind(
        ("kind", "by"), ("request",), "somebody wants it to stop; `kind` is `interrupt`, `pause` or `cancel`"
    ),
    "budget_raised": EventKind(
        ("step_id", "usd", "tokens", "minutes"),
        (),
        "a resume set new limits: for the run if `step_id` is null, else for a step or one occurrence; null leaves a "
        "limit as it is",
    ),
    "records_forgotten": EventKind(
        ("step_ids", "unsettled", "decisions"),
        ("from", "step"),
        "a resume with `--from` or `--step`, which named that step: these run again; neither, for the steps of "
        "`finally`",
    ),
    "workflow_interrupted": EventKind(("reason",), (), "it stopped and can be resumed"),
    "workflow_aborted": EventKind(("step_id",), (), "a gate's rejection, or a cancel, ended it"),
    "workflow_failed": EventKind(("error",), (), "an exception that no step expected ended it"),
    "resume_failed": EventKind(("error",), (), "the same, in a resume"),
    "workflow_finished": EventKind(
        ("status",), ("step_id", "error", "outputs"), "it ended, or it waits for a person (`status` is `paused`)"
    ),
}

STEP_EVENTS: Mapping[str, EventKind] = {
    "step_started": EventKind(("step_id", "type", "order"), ("attempt", *_POSITION, "overrides"), "a try begins"),
    "child_started": EventKind(("step_id", "pid", "start"), (), "a command of it runs"),
    "decided": EventKind(
        ("step_id", "key", "value"), ("iteration", "refs"), "it decided something, once for all walks"
    ),
    "remembered": EventKind(("step_id", "key", "value"), (), "it left something for its later tries"),
    "spent": EventKind(
        ("step_id", "usd", "tokens", "minutes"),
        ("agent", "model", "tokens_in", "tokens_out", "tokens_cached"),
        "a call to an agent has ended and cost this much; `tokens_in` includes `tokens_cached`",
    ),
    "attempt_failed": EventKind(
        ("step_id", "attempt", "error", "failure"),
        ("exit_code", "delay", "until"),
        "a try failed; another follows after `delay` seconds, or at the time `until` because a limit passes then",
    ),
    "step_queued": EventKind(
        ("step_id", "reason"),
        (),
        "an agent's limits (`agents:`) let it begin no further call just now; it waits for its turn",
    ),
    "step_waiting": EventKind(
        ("step_id", "until"),
        (),
        "all that is left of a step inside it waits for that time; it is walked again then, in the same try",
    ),
    "step_completed": EventKind(
        ("step_id", "status"),
        (*("output", "refs", "error", "failure", "continued", "answered", "unstarted"), "type", "order", *_POSITION),
        "it ended, whatever its status; `failure` is left out if it is `error`",
    ),
    "step_failed": EventKind(("step_id", "error"), (), "its failure stops the run"),
    "step_continue_on_error": EventKind(("step_id", "error"), (), "its failure does not"),
    "step_interrupted": EventKind(("step_id",), (), "it was told to stop; it runs again at the next resume"),
    "steps_expanded": EventKind(
        ("step_id", "output", "next_steps"), ("refs",), "its type returned steps to be run in its place"
    ),
    "gate_asked": EventKind(
        ("step_id", "message", "options"),
        (),
        "its question stands on the terminal of the run; it may be answered from elsewhere, too",
    ),
    "gate_answered": EventKind(("step_id", "choice", "comment", "by"), ("request",), "somebody answered"),
    "workflow_called": EventKind(
        ("step_id", "workflow", "given", "inputs"),
        ("changed",),
        "a step calls a workflow with these inputs, or a resume has changed those named in `changed`",
    ),
    "verdict_consumed": EventKind(
        ("input", "step_id"),
        (),
        "a gate used the value of its verdict input up; in a called workflow, `input` begins with the id of the call",
    ),
    "input_reset": EventKind(
        ("input",),
        ("step_id",),
        "a rejected gate emptied it; `step_id` is the call whose input it is, if it is none of the run",
    ),
}

EVENTS: Mapping[str, EventKind] = {**RUN_EVENTS, **STEP_EVENTS}
