"""What a step prints: a great deal of it, and bytes that are no text."""

import subprocess
import sys

from plait.journal import RunState

MEGABYTES = 100
# A process's own peak includes that of the process it was forked from, so a small one stands between.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def test_a_hundred_megabytes_of_output_need_little_memory(project):
    file = project.workflow(f"""
        steps:
          - {{id: big, type: shell, run: "head -c {MEGABYTES}000000 /dev/zero | tr '\\\\0' x"}}
          - {{id: end, type: shell, run: [./note, "{{{{ steps.big.output.exit_code }}}}"]}}
        """)
    command = [sys.executable, "-m", "plait", "run", str(file), "--run-id", "r", "--quiet"]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], cwd=project.path, capture_output=True, timeout=60, check=False
    )
    assert measured.returncode == 0, measured
    assert int(measured.stdout) < 120_000
    assert sum(path.stat().st_size for path in project.folder().glob("*.*")) < 100_000
    stored = RunState.load("r", project.path).records["big"].output["stdout"]
    assert stored.size == MEGABYTES * 1_000_000


def test_a_later_step_sees_the_whole_of_a_large_output(project):
    file = project.workflow("""
        outputs: {length: "{{ steps.big.output.stdout | length }}"}
        steps:
          - {id: big, type: shell, run: "head -c 20000000 /dev/zero | tr '\\\\0' x; echo end"}
          - {id: see, type: shell, run: [./note, "{{ steps.big.output.stdout | length }}"]}
          - {id: again, type: shell, run: "printf %s {{ steps.big.output.stdout }} | tail -c 3"}
        """)
    assert project.plait("run", file, "--run-id", "r", "--quiet").code == 0
    state = RunState.load("r", project.path)
    assert state.records["see"].output["stdout"] == "20000004"
    assert state.records["again"].output["stdout"] == "end"
    assert state.outputs == {"length": 20_000_004}


def test_output_that_is_no_text_does_not_end_a_run(project):
    file = project.workflow(r"""
        outputs: {all: "{{ steps.bytes.output.stdout }}"}
        steps:
          - {id: bytes, type: shell, run: "printf 'a\\377\\303b\\000c\\355\\240\\200'"}
          - {id: uses, type: shell, run: [./note, "{{ steps.bytes.output.stdout | length }}"]}
        """)
    shown = project.plait("run", file, "--run-id", "r", "--json")
    assert shown.code == 0, shown
    state = RunState.load("r", project.path)
    assert state.records["bytes"].output["stdout"].startswith("a\ufffd\ufffdb\0c\ufffd")
    log = next(project.folder().glob("steps/bytes/attempt-1.log"))
    assert log.read_bytes() == b"a\xff\xc3b\0c\xed\xa0\x80"
    assert project.plait("logs", "r").code == 0
    assert project.plait("status", "r").code == 0
