"""Runs tests side by side, each a dry run in a folder of its own."""

from __future__ import annotations

import tempfile
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.stubs import StubsError
from plait.testing.case import Failure, Outcome, Result
from plait.testing.find import find_test_files
from plait.testing.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future

    from plait.testing.case import Case, Mismatch

_RUN = "test"


class Runner:
    """Runs tests, `jobs` at once; `on_result` is told of each as it ends, from the thread that calls `run`.

    With `stop_at_first`, no further test begins once one has failed.
    """

    def __init__(
        self, jobs: int = 1, *, stop_at_first: bool = False, on_result: Callable[[Result], None] | None = None
    ) -> None:
        self._jobs = max(1, jobs)
        self._stop_at_first = stop_at_first
        self._on_result = on_result
        self._stopping = threading.Event()

    def run(self, cases: Sequence[Case]) -> list[Result]:
        """Return the results in the order of the tests; those that were not begun are missing."""
        results: dict[int, Result] = {}
        executor = ThreadPoolExecutor(self._jobs, thread_name_prefix="plait-test")
        pending = {executor.submit(self._run, case): index for index, case in enumerate(cases)}
        try:
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=pending.__getitem__):
                    self._take(future, pending.pop(future), results)
        except BaseException:
            self._stopping.set()
            for case in cases:
                case.rehearsal.stop()
            raise
        finally:
            executor.shutdown(cancel_futures=True)
        return [results[index] for index in sorted(results)]

    def _take(self, future: Future[Result | None], index: int, results: dict[int, Result]) -> None:
        result = future.result()
        if result is None:
            return
        results[index] = result
        if self._on_result is not None:
            self._on_result(result)

    def _run(self, case: Case) -> Result | None:
        if self._stopping.is_set():
            return None
        result = run_case(case)
        if self._stop_at_first and not result.passed:
            self._stopping.set()
        return result


def run_case(case: Case) -> Result:
    """Run one test and compare what it did with what was expected."""
    begun = time.perf_counter()
    try:
        case.rehearsal.folder.mkdir(exist_ok=True)
        state = case.engine.execute(case.definition, case.inputs, _RUN)
    except StubsError as error:
        failures = [Failure(problem) for problem in error.problems]
    except PlaitError as error:
        failures = [_broken(case, error.message)]
    except Exception as error:  # noqa: BLE001 - a step type of somebody else's may raise anything
        failures = [_broken(case, f"{type(error).__name__}: {error}")]
    else:
        outcome = Outcome(state, case.rehearsal.given, case.trace.begun, case.trace.ended)
        found = [mismatch for check in case.checks if (mismatch := check(outcome)) is not None]
        failures = [_failure(mismatch) for mismatch in found]
    return Result(case, tuple(failures), time.perf_counter() - begun)


def run_tests(paths: Iterable[Path | str] = (".",), *, project_root: Path | str = ".", jobs: int = 1) -> list[Result]:
    """Find the tests among and below paths, run them, and return what came of each.

    Raises `TestFilesError` with everything that is wrong with the files, before any test has run.
    """
    files = find_test_files(Path(path) for path in paths)
    with tempfile.TemporaryDirectory(prefix="plait-test-", ignore_cleanup_errors=True) as folder:
        return Runner(jobs).run(prepare(files, Path(project_root), Path(folder)))


def _broken(case: Case, message: str) -> Failure:
    node = case.node
    return Failure(node.source.problem(f"the run could not be brought to its end: {message}", (node.start, node.end)))


def _failure(mismatch: Mismatch) -> Failure:
    node = mismatch.node
    return Failure(node.source.problem(mismatch.message, (node.start, node.end)), mismatch.details)
