"""Dry runs: steps that act on the world are answered by stubs, which a real run can be recorded as."""

from plait.stubs.reading import StubsError, merged, plain_answer, read_stubs
from plait.stubs.recording import record_stubs
from plait.stubs.rehearsal import Rehearsal
from plait.stubs.stub import Stub, Stubs

__all__ = [
    "Rehearsal",
    "Stub",
    "Stubs",
    "StubsError",
    "merged",
    "plain_answer",
    "read_stubs",
    "record_stubs",
]
