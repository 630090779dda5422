"""Graphs as text, Mermaid, DOT and SVG: whatever their values say, they stay what they are."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from plait.preview.graph import Graph, Node, NodeState, Part, PartBlock
from plait.views.graph_dot import dot_lines
from plait.views.graph_layout import lay_out
from plait.views.graph_mermaid import mermaid_lines
from plait.views.graph_svg import graph_svg
from plait.views.graph_text import Look, graph_lines
from plait.views.palette import Palette

EVIL = '</text><script>alert(1)</script>"];\nend & `x` \\" %% \x1b[31m --> \x07'


def step(key, name="s", **more):
    return Node(key, name, "shell", "step", **more)


def graph(*parts, **more):
    return Graph("w", "Name", parts, **more)


@pytest.fixture
def evil():
    inner = Part(step("n2", EVIL, detail=EVIL, state=NodeState("failed", EVIL)))
    head = Node("n1", "s", "if", "decision", EVIL, EVIL, EVIL)
    return Graph(
        "w",
        EVIL,
        (Part(head, (PartBlock("case", EVIL, (inner,)), PartBlock("item", EVIL, (Part(step("n3")),), "n1_item"))),),
        run_id="r",
        status="failed",
    )


def test_svg_is_xml_whose_texts_are_only_texts(evil):
    root = ET.fromstring(graph_svg(evil, standalone=True))

    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "style", "title", "text", "rect", "path", "circle", "g", "polygon",
    }  # fmt: skip
    assert "alert(1)" in "".join(root.itertext())
    assert "\x1b" not in graph_svg(evil)


def test_svg_needs_nothing_from_outside(evil):
    text = graph_svg(evil)

    assert re.findall(r"(?:href|src|url\(|@import)", text) == []
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]


def test_svg_has_colours_for_light_and_dark_and_the_ink_of_the_page_around_it():
    embedded, alone = graph_svg(graph(Part(step("n1")))), graph_svg(graph(Part(step("n1"))), standalone=True)

    assert "prefers-color-scheme: dark" in embedded
    assert "currentColor" in embedded
    assert "background" not in embedded
    assert "background" in alone


def test_a_state_is_more_than_a_colour():
    state = NodeState("failed", "3/4 done, 1 failed")
    text = graph_svg(graph(Part(step("n1", state=state)), run_id="r", status="failed"))

    assert "✗" in text
    assert "failed · 3/4 done, 1 failed" in text


def test_long_names_are_cut_and_stand_whole_in_the_title():
    name = "a-very-long-identifier-" * 6
    root = ET.fromstring(graph_svg(graph(Part(step("n1", name)))))
    titles = [each.text for each in root.iter() if each.tag.endswith("title")]

    assert any(name in title for title in titles)
    assert all(len(each.text or "") < 60 for each in root.iter() if each.tag.endswith("}text"))


def test_nothing_is_drawn_over_something_else():
    def block(role, label, *names):
        return PartBlock(role, label, tuple(Part(step(name, name)) for name in names), f"{names[0]}_{role}")

    drawing = lay_out(
        graph(
            Part(step("n1")),
            Part(step("n2"), (block("case", "a long label of a case", "b1", "b2"), block("otherwise", "else", "b3"))),
            Part(step("n3"), (block("pass", "each pass", "b4"),)),
            Part(
                step("n4"), (PartBlock("item", "each item", (Part(step("n5"), (block("branch", "x", "b5"),)),), "f"),)
            ),
            last=(Part(step("n6")),),
        )
    )

    for one, other in combinations(drawing.boxes, 2):
        apart = (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
        assert apart, (one, other)
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
    for line in drawing.lines:
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in line.points)


def test_mermaid_holds_no_character_that_means_something(evil):
    lines = list(mermaid_lines(evil))
    labels = re.findall(r'"([^"]*)"', "\n".join(lines))

    assert all("\n" not in line for line in lines)
    assert not any(re.search(r"[`<>%\\\[\]{}&]", re.sub(r"<br/>|</?small>", "", label)) for label in labels)
    assert all(line.count('"') in (0, 2) for line in lines)


def test_dot_quotes_what_could_end_a_text(evil):
    for line in dot_lines(evil):
        without_escapes = re.sub(r"\\.", "", line)
        assert without_escapes.count('"') % 2 == 0
        assert "\x1b" not in line


def test_the_terminal_gets_no_escapes_and_no_line_is_too_long(evil):
    for line in graph_lines(evil, Look(Palette(), 50)):
        assert "\x1b" not in line
        assert "\x07" not in line
        assert len(line) <= 60


def test_a_terminal_without_unicode_gets_ascii(evil):
    assert all(line.isascii() for line in graph_lines(evil, Look(Palette(), 80, unicode=False)))


def test_states_have_colours_where_there_are_any():
    run = graph(Part(step("n1", state=NodeState("failed"))), run_id="r", status="failed")

    assert any("\x1b[31m✗" in line for line in graph_lines(run, Look(Palette(colours=True), 80)))
