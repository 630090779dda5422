"""What a step prints: a great deal of it, and bytes that are no text."""

from plait.journal import RunState

MEGABYTES = 100


def test_a_hundred_megabytes_of_output_need_little_memory(project, tmp_path):
    file = project.workflow(f"""
        steps:
          - {{id: big, type: shell, run: "head -c {MEGABYTES}000000 /dev/zero | tr '\\\\0' x"}}
          - {{id: end, type: shell, run: [./note, "{{{{ steps.big.output.exit_code }}}}"]}}
        """)
    process = project.start("run", file, "--run-id", "r", "--quiet")
    shown = measured(project, process)
    assert shown.code == 0, shown
    assert shown.kilobytes < 120_000
    assert sum(path.stat().st_size for path in project.folder().glob("*.*")) < 100_000
    stored = RunState.load("r", project.path).records["big"].output["stdout"]
    assert stored.size == MEGABYTES * 1_000_000


def measured(project, process):
    """End a command whose greatest memory is to be known, in units of 1024 bytes."""
    import os

    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    shown = project.end(process)
    shown.kilobytes = usage.ru_maxrss
    return shown


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
