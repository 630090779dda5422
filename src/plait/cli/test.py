"""`plait test`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, say
from plait.cli.project import project_root
from plait.errors import UsageError
from plait.journal.folder import describe
from plait.testing import Runner, find_test_files, prepare
from plait.views import exits
from plait.views.json_text import as_json as to_json
from plait.views.tests import DOTS_IN_A_LINE, dot, failure_lines, junit, result_line, results_payload, summary_line

if TYPE_CHECKING:
    from plait.testing import Case, Result

_MOST_JOBS = 4


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-k", "part", metavar="TEXT", help="Run only the tests that have this in the name of test or file.")
@click.option("-x", "stop", is_flag=True, help="Begin no further test once one has failed.")
@click.option("-j", "jobs", type=click.IntRange(1, 256), metavar="N", help="Tests at once; by default one a processor.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each test, instead of a dot.")
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JUnit XML."
)
@project_option
@json_option
def test(
    paths: tuple[Path, ...],
    part: str | None,
    jobs: int | None,
    junit_file: Path | None,
    project: Path | None,
    *,
    stop: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Run the tests of workflows: the files *.test.yml among and below PATHs, by default the current folder.

    A test is a dry run, of which a file says what it has to do; no command, no agent and no other process is run.

    \b
    Exit codes: 0 all passed, 1 some failed, 2 wrong call, invalid test files, or no tests, 130 interrupted.
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    _check_writable(junit_file)
    begun = time.perf_counter()
    files = find_test_files(paths or (Path(),))
    if not files:
        where = ", ".join(map(str, paths)) or "the current folder"
        raise UsageError(f"no tests: there is no *.test.yml in {where}")
    with tempfile.TemporaryDirectory(prefix="plait-test-", ignore_cleanup_errors=True) as folder:
        cases = _chosen(prepare(files, project_root(project), Path(folder)), part)
        progress = _Progress(verbose=verbose, silent=as_json)
        runner = Runner(jobs or min(_MOST_JOBS, os.cpu_count() or 1), stop_at_first=stop, on_result=progress.tell)
        results = runner.run(cases)
    seconds = time.perf_counter() - begun
    code = exits.COMPLETED if all(result.passed for result in results) else exits.FAILED
    if junit_file is not None:
        _write(junit_file, junit(results, seconds))
    if as_json:
        click.echo(to_json(results_payload(results, seconds, code)))
        return code
    palette = palette_for(sys.stdout)
    progress.end()
    for line in failure_lines(results, palette):
        say(line, sys.stdout)
    say("\n" + summary_line(results, seconds, palette, left_out=len(cases) - len(results)), sys.stdout)
    return code


def _chosen(cases: list[Case], part: str | None) -> list[Case]:
    if part is None:
        return cases
    wanted = part.casefold()
    chosen = [case for case in cases if wanted in f"{case.file}: {case.name}".casefold()]
    if not chosen:
        raise UsageError(f"no tests: none of {len(cases)} has {part!r} in its name")
    return chosen


def _check_writable(file: Path | None) -> None:
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        problem = "it is a folder" if file.is_dir() else f"there is no folder {file.parent}"
        raise UsageError(f"cannot write {file}: {problem}")


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot write the results: {describe(error)}") from error


class _Progress:
    """Shows each result as it comes: a dot, or a line."""

    def __init__(self, *, verbose: bool, silent: bool) -> None:
        self._verbose = verbose
        self._silent = silent
        self._count = 0

    def tell(self, result: Result) -> None:
        if self._silent:
            return
        palette = palette_for(sys.stdout)
        if self._verbose:
            say(result_line(result, palette), sys.stdout)
            return
        self._count += 1
        at_end = self._count % DOTS_IN_A_LINE == 0
        click.echo(dot(result, palette), nl=at_end, color=True)

    def end(self) -> None:
        """End a line of dots."""
        if not self._silent and not self._verbose and self._count % DOTS_IN_A_LINE:
            click.echo()
