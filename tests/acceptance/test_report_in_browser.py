"""`plait report`: the command, and its page in a real browser."""

import json
import stat

import pytest

from support.browser import browser, missing_browser
from support.recorded_runs import WrittenRun, fan_out

MARKUP = '</script><script>window.owned = 1</script><img src=x onerror="window.owned = 1">javascript:owned\u202e'
RELEASE = """
inputs: {version: {default: "2.4"}}
outputs: {tag: "{{ steps.tag.output.stdout }}"}
steps:
  - {id: tag, name: Make the tag, type: shell, run: "echo v{{ inputs.version }}"}
  - id: each
    type: fan-out
    items: [apple, banana, cherry]
    on_item_failure: continue
    step: {id: look, type: shell, run: "echo looking at {{ item }}; test {{ item }} != banana", continue_on_error: true}
  - {id: approve, type: gate, message: "Release {{ inputs.version }}?"}
"""


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """One browser for all tests."""
    reason = missing_browser()
    if reason:
        pytest.skip(reason)
    pytest.importorskip("selenium")
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def page(project, chromium):
    """Make the page of a run written by hand, and open it."""

    def make(step_id="", **look):
        shown = project.plait("report", "r", "--html", "r.html")
        assert shown.code == 0, shown
        chromium.open(project.path / "r.html", step_id, **look)
        return chromium

    return make


def rows(chromium):
    """Return the rows that are drawn, as their ids and texts."""
    return chromium.run("[...document.querySelectorAll('.row')].map((row) => row.querySelector('.label').textContent)")


def press(chromium, *keys):
    """Press keys where the focus is."""
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(chromium.driver).send_keys(*keys).perform()


def test_a_page_is_written_for_its_owner_alone_and_says_what_it_holds(project):
    fan_out(project.path, 2)

    shown = project.plait("report", "r", "--html", "out.html", "--json")
    file = project.path / "out.html"

    said = json.loads(shown.out)
    assert (said["run_id"], said["steps"], said["bytes"]) == ("r", 3, file.stat().st_size)
    assert said["left_out"] == {"logs": 0, "log_bytes": 0, "texts": 0, "text_bytes": 0}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in project.path.glob("*out.html*")] == ["out.html"]
    assert project.plait("report", "r", "--html", "-").out.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("r", "--html", "."), "is a folder"),
        (("r", "--html", "gone/r.html"), "there is no folder gone"),
        (("r", "--html", "/dev/null"), "is not a file"),
        (("other",), "no run 'other'"),
        (("r", "--html", "-", "--json"), "exclude each other"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused(project, arguments, said):
    fan_out(project.path, 1)

    shown = project.plait("report", *arguments)

    assert shown.code == 2
    assert said in shown.err + shown.out


@pytest.mark.parametrize("status", ["paused", "interrupted", "aborted", "running"])
def test_a_run_that_has_not_ended_well_has_a_page_that_says_so(project, status):
    run = WrittenRun(project.path)
    run.event("step_started", step_id="a", type="shell", order=0)
    if status in ("paused", "aborted"):
        run.event("stop_requested", kind="pause", by="eva")
        run.end(status)
    else:
        run.write()

    text = project.plait("report", "r", "--html", "-").out

    assert f'data-status="{"interrupted" if status == "running" else status}"' in text


def test_the_page_of_a_real_run_opens_without_a_complaint_or_a_request(project, chromium):
    project.workflow(RELEASE)
    assert project.plait("run", "w.yml", "--run-id", "r").code == 3
    assert project.plait("report", "r").code == 0
    chromium.open(project.path / "r.html")

    assert chromium.run("document.querySelector('h1').textContent") == "Demo"
    assert "Release 2.4?" in chromium.run("document.querySelector('.notice').textContent")
    assert rows(chromium) == ["Make the tag", "each", "look:0", "look:1", "look:2", "approve"]
    assert chromium.run("document.querySelectorAll('.bar').length") >= 6
    for tab, holds in (("graph", "Make the tag"), ("history", "started by process"), ("values", "2.4")):
        chromium.run(f"document.getElementById('~tab-{tab}').click()")
        assert holds in chromium.run(f"document.getElementById('~pane-{tab}').innerText")
    assert chromium.complaints() == []
    assert len(chromium.requests()) == 1


def test_steps_fold_filter_and_show_what_they_are(project, page):
    run = fan_out(project.path, 4, failing=1)
    run.log("fan:work:0", b"before\n\x1b[31mit broke here\x1b[0m\n")
    chromium = page()

    chromium.run("document.querySelector('.twist.open').click()")
    assert rows(chromium) == ["fan"]
    chromium.run("document.getElementById('~unfold').click()")
    assert len(rows(chromium)) == 5
    chromium.run("document.querySelector('.chip[data-status=completed]').click()")
    assert rows(chromium) == ["fan", "work:1", "work:2", "work:3"]
    chromium.run("document.querySelector('.chip[data-status=completed]').click()")
    chromium.driver.find_element("id", "~search").send_keys("broke here")
    chromium.until("document.querySelectorAll('.row').length === 0")
    chromium.driver.find_element("id", "~deep").click()
    chromium.until("document.querySelectorAll('.row').length === 2")
    chromium.run("document.querySelectorAll('.row')[1].click()")
    text = chromium.run("document.getElementById('~details').innerText")
    assert "it broke" in text
    assert "before\nit broke here" in text
    assert chromium.run("location.hash") == "#fan:work:0"


def test_the_keyboard_reaches_everything(project, page):
    from selenium.webdriver.common.keys import Keys

    fan_out(project.path, 3)
    chromium = page()
    press(chromium, "/", "work", Keys.ENTER)
    press(chromium, Keys.END, Keys.ARROW_UP, Keys.ENTER)

    assert chromium.run("document.querySelector('.row[aria-selected=true] .label').textContent") == "work:1"
    assert not chromium.run("document.getElementById('~details').hidden")
    press(chromium, Keys.ARROW_DOWN)
    assert chromium.run("document.querySelector('#\\\\~details h2').textContent") == "work:2"
    press(chromium, Keys.ESCAPE, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert chromium.run("document.getElementById('~details').hidden")
    assert rows(chromium) == ["fan"]


def test_a_link_leads_to_a_step_however_deep_it_is(project, page):
    fan_out(project.path, 2000)
    chromium = page("fan:work:1500")

    assert chromium.run("document.querySelector('#\\\\~details h2').textContent") == "work:1500"
    place = chromium.run("document.querySelector('.row[aria-selected=true]').getBoundingClientRect().top")
    assert 0 <= place <= 900
    assert len(rows(chromium)) < 100
    chromium.run("location.hash = 'fan:work:7'")
    chromium.until("document.querySelector('#\\\\~details h2').textContent === 'work:7'")


def test_a_diff_is_shown_below_the_changed_files(project, page):
    run = WrittenRun(project.path)
    run.step("a", {"agent": "one", "changes": [{"path": "x", "change": "modified"}]}, type="prompt")
    run.diff("a", f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n---{MARKUP}\n+{MARKUP}\n same\n".encode())
    run.end()
    chromium = page("a")
    kinds = "[...document.querySelectorAll('.diff pre > span')].map((each) => [each.className, each.textContent])"

    assert chromium.run(kinds) == [
        ["file", "diff --git a/x b/x\n--- a/x\n+++ b/x\n"],
        ["dim", "@@ -1 +1 @@\n"],
        ["went", f"---{MARKUP[:-1]}\n"],
        ["came", f"+{MARKUP[:-1]}\n"],
    ]
    assert chromium.run("window.owned") is None
    assert chromium.complaints() == []


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_it_without_scrolling_sideways(project, page, dark):
    run = WrittenRun(project.path, workflow="a-name-" * 20)
    run.step("a", {"stdout": "x" * 500, "message": "word " * 50}, name="A step with a name that is long " * 4)
    run.log("a", b"y" * 2000 + b"\n")
    run.end("failed", step_id="a", error="e" * 300)
    chromium = page(width=375, height=812, dark=dark)
    widths = "[document.documentElement.scrollWidth, window.innerWidth]"

    for look in ("null", "document.querySelector('.row').click()", "document.querySelector('.close').click()"):
        chromium.run(look)
        assert chromium.run(widths) == [375, 375]
    for tab in ("history", "values"):
        chromium.run(f"document.getElementById('~tab-{tab}').click()")
        assert chromium.run(widths) == [375, 375]


def test_it_is_dark_where_that_is_preferred_or_chosen(project, page):
    fan_out(project.path, 1)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page().run(colour)
    chromium = page(dark=True)
    dark = chromium.run(colour)

    assert light != dark
    chromium.run("document.getElementById('~theme').click()")
    assert chromium.run(colour) == light


def test_what_a_run_holds_runs_nowhere(project, page):
    run = WrittenRun(project.path, workflow=MARKUP, inputs={MARKUP: MARKUP})
    answer = {"agent": MARKUP, "text": MARKUP, "prompt": MARKUP, "data": {MARKUP: MARKUP}}
    answer["changes"] = [{"path": MARKUP, "change": MARKUP, "from": MARKUP}]
    run.step("a", answer, type="prompt", name=MARKUP, status="failed", error=MARKUP)
    run.step("g", {"message": MARKUP, "options": [MARKUP], "choice": MARKUP, "comment": MARKUP}, type="gate")
    run.event("gate_answered", step_id="g", choice=MARKUP, by=MARKUP)
    run.log("a", MARKUP.encode())
    run.end("failed", step_id="a", error=MARKUP, outputs={MARKUP: MARKUP})
    chromium = page()

    for row in (0, 1):
        chromium.run(f"document.querySelectorAll('.row')[{row}].click()")
        assert MARKUP[:-1] in chromium.run("document.getElementById('~details').textContent")
    chromium.run("document.getElementById('~tab-history').click()")
    assert chromium.run("window.owned") is None
    assert chromium.run("document.querySelectorAll('img, [onerror], a:not([href^=\"#\"])').length") == 0
    assert chromium.complaints() == []
    assert len(chromium.requests()) == 1


def test_without_a_script_there_is_a_table_of_the_steps(project, chromium):
    fan_out(project.path, 3, failing=1)
    assert project.plait("report", "r", "--html", "r.html").code == 0
    page = (project.path / "r.html").read_text()
    (project.path / "r.html").write_text(page.replace("script-src 'sha256-", "script-src 'sha256-A"))
    chromium.driver.get((project.path / "r.html").as_uri())

    shown = chromium.run("document.querySelector('main').innerText")

    assert "fan:work:0" in shown
    assert "it broke" in shown
    assert "fan:work:1" not in shown
    assert "Filter" not in shown
