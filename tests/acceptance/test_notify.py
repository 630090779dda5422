"""Notices when a run stops: real receivers, and the installed command."""

import json
import os
import shlex
import signal

import pytest

from support.web_server import web_server

HOSTILE = "go; $(touch pwned) `touch pwned` ' \" \\ \x1b[31m{{ x }} %s\nsecond line"


@pytest.fixture
def hook():
    with web_server() as server:
        server.page("/hook")
        yield server


def bodies(server):
    return [json.loads(asked.body) for asked in server.asked]


def tell_script(project):
    """Write a script that notes a notice, whole and by its variables; return the words that call it."""
    script = project.path / "tell"
    script.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$PLAIT_STATUS" >> told\nprintf %s "$PLAIT_WAITING_MESSAGE" > message\ncat > body\n'
    )
    script.chmod(0o755)
    return "[./tell]"


def told(project):
    path = project.path / "told"
    return path.read_text().split() if path.exists() else []


def test_a_webhook_is_sent_what_happened_and_nothing_of_what_the_run_works_on(project, hook):
    flow = project.workflow(f"""
        inputs: {{name: {{type: string}}}}
        notify:
          webhook: {hook.url}/hook
          headers: {{Authorization: {{secret: TOKEN}}, X-Plain: yes}}
        outputs: {{all: "OUTPUT-words"}}
        steps:
          - {{id: g, type: gate, message: "may I?", options: [approve, reject]}}
          - {{id: fails, type: shell, run: 'echo why-it-failed >&2; exit 3'}}
        """)
    env = {"PLAIT_SECRET_TOKEN": "Bearer t0p-secret"}
    assert project.plait("run", flow, "-i", "name=INPUT-words", "--run-id", "r", env=env).code == 3

    [asked] = hook.asked
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    assert (asked.headers["authorization"], asked.headers["x-plain"]) == ("Bearer t0p-secret", "yes")
    [body] = bodies(hook)
    assert (body["run_id"], body["status"], body["workflow"]) == ("r", "paused", {"id": "demo", "name": "Demo"})
    assert body["text"] == "Demo waits for you: may I?"
    [gate] = body["waiting"]
    assert (gate["step_id"], gate["message"], gate["options"]) == ("g", "may I?", ["approve", "reject"])
    assert b"-words" not in asked.body

    assert project.plait(*_words(gate["answer"])).code == 0
    assert project.plait(*_words(body["resume"]), env=env).code == 1
    failed = bodies(hook)[1]
    assert (failed["status"], failed["step_id"]) == ("failed", "fails")
    assert "exited with code 3" in failed["error"]
    assert "t0p-secret" not in json.dumps(bodies(hook))


def _words(command):
    assert shlex.split(command)[0] == "plait"
    return shlex.split(command)[1:]


def test_a_run_that_waits_for_the_same_still_is_not_told_of_again(project):
    flow = project.workflow(f"""
        notify: {{command: {tell_script(project)}}}
        steps:
          - {{id: g, type: gate, message: one, options: [approve, reject]}}
          - {{id: h, type: gate, message: two, options: [approve, reject]}}
        """)
    project.plait("run", flow, "--run-id", "r")
    assert project.plait("resume", "r").code == 3
    assert told(project) == ["paused"]

    project.plait("answer", "r", "g", "--choice", "approve")
    assert project.plait("resume", "r").code == 3
    assert (project.path / "message").read_text() == "two"
    project.plait("answer", "r", "h", "--choice", "approve")
    assert project.plait("resume", "r").code == 0
    assert told(project) == ["paused", "paused", "completed"]


def test_what_a_command_is_told_is_data_and_never_a_part_of_it(project):
    project.workflow("")
    flow = project.path / "w.yml"
    tell_script(project)
    document = {
        "schema_version": "1.0",
        "workflow": {"id": "demo", "name": HOSTILE},
        "notify": [{"command": './tell; printf "%s" "$PLAIT_ANSWER" > answer'}],
        "steps": [{"id": "g", "type": "gate", "message": HOSTILE, "options": ["$(touch pwned)", "reject"]}],
    }
    document["steps"][0]["message"] = HOSTILE.replace("{{ x }}", "")
    flow.write_text(json.dumps(document))
    done = project.plait("run", flow, "--run-id", "r")

    assert done.code == 3, done
    message = (project.path / "message").read_text()
    assert "$(touch pwned) `touch pwned`" in message
    assert "\x1b" not in message
    assert not (project.path / "pwned").exists()
    assert project.plait(*_words((project.path / "answer").read_text())).code == 0
    assert json.loads((project.path / "body").read_text())["waiting"][0]["message"] == message


def test_a_notice_that_fails_is_one_line_and_changes_nothing(project, hook):
    hook.page("/refuses", status=500)
    elsewhere = hook.redirect("/moves", f"{hook.url}/hook")
    flow = project.workflow(f"""
        notify:
          - webhook: {hook.url}/refuses
          - webhook: {elsewhere}
          - webhook: {{secret: HOOK}}
          - webhook: {{secret: FAR}}
          - command: 'echo "last words: $TOKEN" >&2; exit 5'
            env: {{TOKEN: {{secret: TOKEN}}}}
          - command: [./not-there]
        steps: [{{id: a, type: shell, run: 'true'}}]
        """)
    env = {
        "PLAIT_SECRET_HOOK": "http://127.0.0.1:1/k3y-of-the-hook",
        "PLAIT_SECRET_FAR": "http://example.com/k3y-of-the-hook",
        "PLAIT_SECRET_TOKEN": "t0p-secret",
    }
    done = project.plait("run", flow, "--json", env=env)

    assert (done.code, json.loads(done.out)["status"]) == (0, "completed")
    lines = done.err.splitlines()[-6:]
    host = hook.url.removeprefix("http://")
    assert lines == [
        f"warning: the webhook at {host} was not told: it was refused (HTTP status 500)",
        f"warning: the webhook at {host} was not told: it redirects elsewhere, which is not followed (HTTP status 302)",
        "warning: the webhook in the secret `HOOK` was not told: cannot connect",
        "warning: the webhook in the secret `FAR` was not told: plain HTTP is for this machine alone",
        'warning: the command `echo "last words: $TOKEN" >&2; exit 5` was not told: it exits with 5: last words: ***',
        "warning: the command `./not-there` was not told: it cannot be started: no such file or directory",
    ]
    assert sorted(asked.path for asked in hook.asked) == ["/moves", "/refuses"]
    assert "k3y" not in done.out + done.err


def test_settings_of_a_person_and_of_a_project_hold_for_every_run(project, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "plait").mkdir()
    (home / "plait" / "notify.yml").write_text("notify: {on: completed, command: 'echo person >> told'}\n")
    (project.path / ".specify").mkdir()
    own = project.path / ".specify" / "notify.yml"
    own.write_text("notify: [{on: failed, command: 'echo project >> told'}]\n")
    env = {"XDG_CONFIG_HOME": str(home)}
    good = project.workflow("steps: [{id: a, type: shell, run: 'true'}]", "good.yml")
    bad = project.workflow("steps: [{id: a, type: shell, run: 'false'}]", "bad.yml")
    project.plait("run", good, env=env)
    project.plait("run", bad, env=env)
    project.plait("run", good, "--no-notify", env=env)
    assert told(project) == ["person", "project"]
    noted = project.plait("run", good, env=env).err
    assert "note: the project's notify.yml says what is done when it stops: failed: runs echo project >> told" in noted

    own.write_text("notify:\n  - on: [faild]\n    desktop: true\n")
    done = project.plait("run", good, env=env)
    assert done.code == 2
    assert f"{own}:2:5: error: `notify[0].on` must be one of" in done.err
    assert "did you mean `failed`?" in done.err
    assert told(project) == ["person", "project", "person"]


def children_of(project):
    return [each["event"] for each in project.events()].count("child_started")


def test_nobody_is_told_of_a_run_that_was_killed_and_once_of_how_it_ended(project):
    flow = project.workflow(f"""
        notify: {{command: {tell_script(project)}, on: [completed, interrupted, failed, paused]}}
        steps:
          - {{id: a, type: shell, run: '[ -f resumed ] || {{ echo $$ > pid; exec sleep 600; }}'}}
        """)
    running = project.start("run", flow, "--run-id", "r")
    project.until(lambda: children_of(project) == 1)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert told(project) == []

    again = project.start("resume", "r")
    project.until(lambda: children_of(project) == 2)
    os.kill(again.pid, signal.SIGINT)
    assert project.end(again).code == 130
    (project.path / "resumed").touch()
    assert project.plait("resume", "r").code == 0
    assert told(project) == ["interrupted", "completed"]


def test_a_dry_run_tells_nobody(project):
    flow = project.workflow(f"""
        notify: {{command: {tell_script(project)}}}
        steps: [{{id: a, type: shell, run: 'true'}}]
        """)
    done = project.plait("run", flow, "--dry-run", "--default-stub", "ok")

    assert (done.code, told(project)) == (0, []), done


def test_the_settings_can_be_tried(project, hook):
    flow = project.workflow(f"""
        notify:
          - {{webhook: {hook.url}/hook, on: [failed]}}
          - {{webhook: {hook.url}/gone, on: [failed, paused]}}
        steps: [{{id: a, type: shell, run: 'true'}}]
        """)
    done = project.plait("notify", "test", flow, "--json")

    assert done.code == 1
    result = json.loads(done.out)
    assert [(each["status"], each["problem"]) for each in result["notices"]] == [
        ("sent", None),
        ("failed", "it was refused (HTTP status 404)"),
    ]
    assert [(body["test"], body["status"]) for body in bodies(hook)] == [(True, "failed"), (True, "failed")]
    one = project.plait("notify", "test", flow, "--status", "paused")
    assert (one.code, len(hook.asked)) == (1, 3)
    none = project.plait("notify", "test")
    assert (none.code, "no notices" in none.out) == (0, True)
