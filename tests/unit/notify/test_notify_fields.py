"""`notify:` as written: what it takes, and what it refuses at the place."""

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.model.notification import USUAL_STOPS, Notification
from plait.secrets import Secret

HEADER = 'schema_version: "1.0"\nworkflow: {id: w, name: W}\nsteps: [{id: a, type: shell, run: "true"}]\n'


def problems_of(notify, tmp_path):
    definition = WorkflowDefinition.from_string(HEADER + notify, source="w.yml")
    return WorkflowEngine(tmp_path).validate(definition)


def notifications_of(notify, tmp_path):
    return WorkflowEngine(tmp_path).notifications(WorkflowDefinition.from_string(HEADER + notify))


def test_one_entry_stands_for_a_list_and_says_when_unless_it_is_usual(tmp_path):
    [found] = notifications_of("notify: {desktop: yes}", tmp_path)
    assert found == Notification(USUAL_STOPS, desktop=True)
    assert [each.on for each in notifications_of("notify: [{on: failed, desktop: true}]", tmp_path)] == [("failed",)]


def test_values_that_are_secrets_are_named_and_not_looked_up(tmp_path):
    [found] = notifications_of(
        "notify: {webhook: {secret: URL}, headers: {Authorization: {secret: TOKEN, file: t}}}", tmp_path
    )
    assert found.webhook == Secret("URL")
    assert found.headers == {"Authorization": Secret("TOKEN", "t")}


@pytest.mark.parametrize(
    ("entry", "column", "said"),
    [
        ("{}", 1, "needs one of `webhook`, `command` and `desktop: true`"),
        ("{desktop: false}", 1, "needs one of"),
        ("{desktop: true, command: x}", 1, "not more than one"),
        ("{desktop: true, headers: {A: b}}", 1, "`headers` belongs to a `webhook`"),
        ("{desktop: true, webhok: x}", 25, "unknown key `notify.webhok`"),
        ("{on: [paused, faild], desktop: true}", 10, "must be one of `paused`"),
        ("{on: [], desktop: true}", 10, "must be a list of"),
        ("{command: [a, 1]}", 10, "must be text"),
        ("{command: 'x {{ inputs.y }}'}", 19, "without an expression"),
        ("{webhook: 'https://{{ inputs.host }}/'}", 19, "without an expression"),
        ("{webhook: 'http://example.com/'}", 19, "plain HTTP is for this machine alone"),
        ("{webhook: 'https://u:p@example.com/'}", 19, "it holds a user name or password"),
        ("{webhook: 'file:///etc/passwd'}", 19, "it is not an https:// address"),
        ("{webhook: 'https://0x7f.1/'}", 19, "not an IPv4 address in the usual form"),
        ("{webhook: 'https://h/', headers: {Host: b}}", 49, "is a header that Plait sets itself"),
        ('{webhook: "https://h/", headers: {A: "b\\nc: d"}}', 46, "must be printable ASCII on one line"),
        ("desktop", 9, "must be a list"),
    ],
)
def test_a_mistake_is_told_at_its_place(entry, column, said, tmp_path):
    [problem] = problems_of(f"notify: {entry}", tmp_path)
    assert said in problem.message
    assert (problem.is_error, problem.mark.line, problem.mark.column) == (True, 4, column)


def test_what_a_person_is_shown_of_it_before_trusting_it(tmp_path):
    found = notifications_of(
        "notify:\n- {webhook: 'https://h.example.com/x?key=1'}\n- {command: [curl, a b], on: failed}\n"
        "- {webhook: {secret: S}, on: paused}\n",
        tmp_path,
    )
    assert [each.summary for each in found] == [
        "paused, failed, completed, aborted: sends a notice to https://h.example.com/x?…",
        "failed: runs curl 'a b'",
        "paused: sends a notice to the address in the secret S",
    ]
    assert [each.receiver for each in found] == [
        "the webhook at h.example.com",
        "the command `curl 'a b'`",
        "the webhook in the secret `S`",
    ]
