"""Tests of workflows: files that say what a dry run has to do, and what runs them."""

from plait.testing.case import Case, Failure, Outcome, Result
from plait.testing.find import find_test_files
from plait.testing.prepare import TestFilesError, prepare
from plait.testing.runner import Runner, run_tests

__all__ = [
    "Case",
    "Failure",
    "Outcome",
    "Result",
    "Runner",
    "TestFilesError",
    "find_test_files",
    "prepare",
    "run_tests",
]
