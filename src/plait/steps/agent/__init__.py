"""`command` and `prompt`: steps that a coding agent does.

The way of a step, each file calling the next one:

    command, prompt   what the author wrote (`config`), in the agent's words
    task              every expression evaluated; `choice` says which agents may do it
    attempt           one agent after the other; `exhaustion` and `memory` say what is known from before
    work              ask, read the `answer`, look at the `changes` in the `repository`, run the `verification`
    conversation      the calls of one attempt, in one session; what Plait adds in `wording`
    call              one process: its turn, its budget, `listening` to it, what is the `trouble`
    record            the output
"""
