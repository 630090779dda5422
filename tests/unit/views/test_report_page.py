"""The page of a report: what is in it, and that nothing a run holds becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.history.recorded import RecordedRun, read_recorded
from plait.journal.state import RunState, fold
from plait.views.report import report_of
from plait.views.report.page import script_text, style_text
from support.cases import cases
from support.recorded_runs import BEGAN, WrittenRun, fan_out

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "--><svg onload=alert(1)>",
    "\"' onmouseover=alert(1) x='",
    "javascript:alert(1)",
    "$script ${page} $$",
    "\u202etxt.exe\u2066",
    "\x1b[2J\x1b]0;owned\x07",
    "half \ud800 pair",
    "nul \0 char",
    "line\u2028separator",
)


class Read(HTMLParser):
    """The elements of a page, with their attributes, and the texts of its scripts and styles."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements, self.texts, self._is_inside = [], [], False
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._is_inside = tag in ("script", "style")
        if self._is_inside:
            self.texts.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        self._is_inside = False

    def handle_data(self, data):
        if self._is_inside:
            tag, attributes, text = self.texts[-1]
            self.texts[-1] = (tag, attributes, text + data)

    def data(self, name):
        return json.loads(next(text for _, attributes, text in self.texts if attributes.get("id") == f"~{name}"))


def report(project, **options):
    run = read_recorded("r", project)
    return report_of(run, name=options.pop("name", "Demo"), now=BEGAN + 60, **options)


def hostile_run(project, text):
    run = WrittenRun(project, workflow=text, inputs={text: text, "deep": {text: [text]}})
    run.step("plain", {"stdout": text, text: text, "data": {text: text}}, name=text)
    answer = {"agent": text, "model": text, "text": text, "data": {text: text}, "prompt": text, "session": text}
    answer |= {"changes": [{"path": text, "change": text, "from": text}], "diffstat": {"files": 1}, "usage": {}}
    answer |= {"denied": [{"tool": text}], "verification": [{"command": text, "exit_code": 1, "output": text}]}
    run.step("agent", answer, type="prompt", error=text, status="failed")
    gate = {"message": text, "options": [text, "reject"], "choice": text, "comment": text, "answered_by": text}
    run.step("gate", gate | {"on_reject": text}, type="gate")
    run.event("gate_answered", step_id="gate", choice=text, comment=text, by=text)
    run.event("stop_requested", kind="pause", by=text)
    run.event("step_started", step_id="fan", type=text, order=0)
    run.step("fan:0", {}, parent="fan", index=0, type="item")
    run.event("step_completed", step_id="fan", status="failed", output={"items": [text]}, error=text)
    named = f"id {text}".replace("\ud800", "?")  # no file can have such a name
    run.step(named, {})
    for step_id in ("plain", named):
        run.log(step_id, text.encode("utf-8", "surrogatepass"))
    run.end("failed", step_id="agent", error=text, outputs={text: text})
    return run


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    project = tmp_path_factory.mktemp("ordinary")
    hostile_run(project, "nice")
    return Read(report(project, name="nice").page)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_run_holds_is_never_markup(tmp_path, ordinary, text):
    hostile_run(tmp_path, text)
    page = report(tmp_path, name=text).page
    found = Read(page)

    assert [tag for tag, _ in found.elements] == [tag for tag, _ in ordinary.elements]
    assert [sorted(attributes) for _, attributes in found.elements] == [sorted(each) for _, each in ordinary.elements]
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", page)
    assert not re.search("[\u2028\u2029\u202a-\u202e\u2066-\u2069]", page.decode())
    links = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
    assert links
    assert all(link.startswith("#") for link in links)


@settings(max_examples=cases(40), deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gives_a_page_of_the_same_elements(tmp_path_factory, ordinary, text, name):
    project = tmp_path_factory.mktemp("any")
    hostile_run(project, text)

    found = Read(report(project, name=name).page)

    # A step whose type a text has made an agent's has another row of facts, and no element more.
    assert [tag for tag, _ in found.elements if tag != "time"] == [tag for tag, _ in ordinary.elements if tag != "time"]


def test_nothing_runs_and_nothing_is_loaded_but_what_the_page_itself_has(tmp_path):
    fan_out(tmp_path, 3)
    found = Read(report(tmp_path).page)
    policy = next(each["content"] for _, each in found.elements if each.get("http-equiv") == "Content-Security-Policy")

    def digest(text):
        return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    style = next(text for tag, _, text in found.texts if tag == "style")
    script = next(text for tag, attributes, text in found.texts if tag == "script" and not attributes)
    assert f"'{digest(style)}'" in policy.split("style-src")[1].split(";")[0]
    assert f"script-src '{digest(script)}'" in policy
    assert not [each for _, each in found.elements if "style" in each or any(name.startswith("on") for name in each)]
    own = style_text() + script_text()
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", own)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", own)


def test_the_steps_are_there_with_times_tries_agents_and_costs(tmp_path):
    run = WrittenRun(tmp_path)
    run.event("step_started", step_id="ask", type="prompt", order=0, name="Ask somebody")
    run.event("spent", step_id="ask", usd=0.5, tokens=1200, minutes=1)
    run.event("attempt_failed", step_id="ask", attempt=1, error="busy", failure="overloaded", delay=0.1)
    run.event("step_started", step_id="ask", type="prompt", order=0, attempt=2)
    run.event(
        "step_completed", step_id="ask", status="completed", output={"agent": "claude", "model": "m", "text": "42"}
    )
    run.end()
    found = Read(report(tmp_path).page)
    steps, texts = found.data("data")["steps"], found.data("texts")
    columns, names = steps["columns"], steps["names"]

    assert columns["id"] == ["ask"]
    assert names["name"][columns["name"][0]] == "Ask somebody"
    assert (names["agent"][columns["agent"][0]], names["model"][columns["model"][0]]) == ("claude", "m")
    assert (columns["tokens"], columns["usd"], columns["tries"]) == ([1200], [0.5], [2])
    assert [each[0] for each in steps["attempts"]["0"]] == [1, 2]
    assert [names["outcome"][each[2]] for each in steps["waits"]["0"]] == ["retry"]
    assert ["answer", "Answer", "42", None] in texts["0"]


def test_logs_of_what_failed_come_first_when_there_is_too_little_room(tmp_path):
    fan_out(tmp_path, 60, failing=2, log=b"the same line again\n" * 20_000)

    made = report(tmp_path)
    texts = Read(made.page).data("texts")
    shown = {
        number: next(part[3][0][1] for part in parts if part[0] == "logs")
        for number, parts in texts.items()
        if parts[-1][0] == "logs"
    }

    def length(log):
        return len(log) if isinstance(log, str) else len(log[0]) + len(log[2])

    assert length(shown["1"]) > 3 * length(shown["40"]) > 0
    assert len(made.page) < 15_000_000
    assert made.left_out.logs > 50
    assert made.left_out.log_bytes > 10_000_000
    assert shown["40"][1] > 0


def test_without_logs_what_a_step_put_out_is_shown(tmp_path):
    run = WrittenRun(tmp_path)
    run.step("a", {"stdout": "from the output\n" * 9, "exit_code": 0})
    run.log("a", b"from the log\n")
    run.end()

    assert b"from the log" in report(tmp_path).page
    assert b"from the output" not in report(tmp_path).page
    assert b"from the log" not in report(tmp_path, with_logs=False).page
    assert b"from the output" in report(tmp_path, with_logs=False).page


def test_a_run_without_a_single_step_has_a_page(tmp_path):
    run = WrittenRun(tmp_path)
    run.write()

    assert b"<h1" in report(tmp_path).page


def test_ten_thousand_items_take_little_room(tmp_path):
    state_events = []
    run = fan_out(tmp_path, 10_000, failing=3)
    state = RunState(run.folder)
    for line in run.folder.journal.read_text().splitlines():
        event = json.loads(line)
        state_events.append(event)
        fold(state, event)

    made = report_of(RecordedRun(state, state_events, "failed"), name="Demo", now=BEGAN)

    assert made.steps == 10_001
    assert len(made.page) < 3_000_000


def changed(project, diff, changes=({"path": "x", "change": "modified"},)):
    """Return what is shown of the changes of a step that has left a diff in its second try."""
    run = WrittenRun(project)
    run.step("a", {"agent": "one", "changes": list(changes)}, type="prompt", attempt=2)
    run.diff("a", b"the first try\n")
    run.diff("a", diff, attempt=2)
    run.end()
    (part,) = (part for part in Read(report(project).page).data("texts")["0"] if part[0] == "files")
    return part[2]


def test_the_diff_of_the_last_try_is_there(tmp_path):
    assert changed(tmp_path, b"+<b>\x1b[31mred\xff\n") == "+<b>red\ufffd\n"


def test_a_diff_left_by_a_try_whose_changes_are_undone_is_not_shown(tmp_path):
    assert changed(tmp_path, b"+gone\n", changes=()) == ""


def test_of_a_long_diff_the_beginning_is_shown_and_where_the_rest_is(tmp_path):
    shown = changed(tmp_path, b"+0123456789\n" * 50_000)

    *lines, last = shown.splitlines()
    assert set(lines) == {"+0123456789"}
    assert last == f"[… {600_000 - 12 * len(lines):,} bytes left out; all of it is in steps/a/attempt-2.diff …]"
