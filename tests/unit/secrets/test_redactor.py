import base64
import json
import re
import shlex
import threading
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plait.secrets import Redactor

TRICKY = "p&ss/w\"rd \\ é'1"


def redactor(*values):
    made = Redactor()
    for value in values:
        made.add(value)
    return made


def in_chunks(made, chunks):
    stream = made.stream()
    return [*(stream.feed(chunk) for chunk in chunks), stream.finish()]


def test_without_secrets_everything_is_handed_back_as_it_is():
    made, value, data = Redactor(), {"a": ["b"]}, b"data"
    assert not made
    assert made.redact_value(value) is value
    assert made.redact_bytes(data) is data
    stream = made.stream()
    assert stream.feed(data) is data
    assert stream.finish() == b""


def test_every_occurrence_is_replaced():
    made = redactor("hunter22", "swordfish")
    assert made
    assert made.redact_text("hunter22, swordfish-hunter22; hunter2") == "***, ***-***; hunter2"
    assert made.redact_bytes(b"\xffhunter22\xff") == b"\xff***\xff"


def test_of_two_that_begin_alike_the_longer_is_replaced():
    made = redactor("token", "token-of-more")
    assert made.redact_text("a token-of-more and a token-of") == "a *** and a ***-of"


@pytest.mark.parametrize(
    "encode",
    [
        str,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps(text).replace("&", "\\u0026"),
        lambda text: json.dumps(text).replace("/", "\\/"),
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text, safe="")),
        shlex.quote,
        lambda text: text.replace("'", "'\\''"),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(f"{text}\n".encode()).decode(),
        lambda text: base64.b64encode(f"u:{text}".encode()).decode(),
        lambda text: base64.b64encode(f"user:{text}, more".encode()).decode(),
        lambda text: base64.b64encode(f"{{'a': '{text}'}}".encode()).decode(),
    ],
)
def test_encoded_values_are_replaced(encode):
    shown = redactor(TRICKY).redact_text(f"<{encode(TRICKY)}>")
    assert "***" in shown
    # Of base64, a few characters may be left that depend on the neighbours of the value as well.
    assert len(shown) < 25


@given(
    st.text(st.characters(codec="utf-8"), min_size=6, max_size=30).filter(lambda t: len(t.strip()) >= 6),
    st.binary(),
    st.binary(),
)
def test_base64_of_anything_around_a_value_does_not_give_it_away(value, before, after):
    encoded = base64.b64encode(before + value.encode() + after)
    assert redactor(value).redact_bytes(encoded) != encoded


@pytest.mark.parametrize("width", [64, 76])
def test_base64_in_lines_is_replaced(width):
    secret = "".join(f"{number:x}" for number in range(100))
    whole = base64.b64encode(secret.encode() + b"\n").decode()
    lines = [whole[at : at + width] for at in range(0, len(whole), width)]
    shown = redactor(secret).redact_text("\n".join(lines)).splitlines()
    assert shown[:-1] == ["***"] * (len(lines) - 1)
    assert shown[-1].startswith("***")


def test_the_lines_of_a_long_value_are_replaced_one_by_one():
    made = redactor("-----BEGIN KEY-----\nabcdefgh\n  indented line\nshort\n")
    assert made.redact_text("say abcdefgh\nindented line\nshort") == "say ***\n***\nshort"
    assert made.redact_text("x-----BEGIN KEY-----\nabcdefgh\n  indented line\nshort\ny") == "x***y"


@pytest.mark.parametrize("value", ["", "a", "abc", " a \n", "    "])
def test_values_that_would_be_found_everywhere_are_left_alone(value):
    made = redactor(value)
    assert not made
    assert made.redact_value({"a": f"abc {value}"}) == {"a": f"abc {value}"}


def test_white_space_around_a_value_does_not_hide_it():
    assert redactor("\n hunter22 \n").redact_text("(hunter22)") == "(***)"


def test_values_inside_json_values_are_replaced_whatever_their_place():
    made = redactor("hunter22", "123456")
    value = {"a": ["hunter22", {"hunter22!": 1, "n": 123456, "m": 1234567}], "b": (None, True, 1.5), "c": "no"}
    assert made.redact_value(value) == {
        "a": ["***", {"***!": 1, "n": "***", "m": 1234567}],
        "b": [None, True, 1.5],
        "c": "no",
    }


def test_a_value_that_holds_itself_is_refused_as_the_journal_refuses_it():
    loop = []
    loop.append(loop)
    with pytest.raises(TypeError, match="too deeply"):
        redactor("hunter22").redact_value(loop)


def test_a_stream_holds_back_only_what_may_become_a_value():
    stream = redactor("hunter22").stream()
    assert stream.feed(b"50%\n") == b"50%\n"
    assert stream.feed(b"a hunt") == b"a "
    assert stream.feed(b"er2") == b""
    assert stream.feed(b"2 ") == b"*** "
    assert stream.feed(b"hunter") == b""
    assert stream.finish() == b"hunter"
    assert stream.finish() == b""


def test_a_value_that_becomes_known_meanwhile_is_found_in_what_follows():
    made = redactor("first-value")
    stream = made.stream()
    assert stream.feed(b"second fir") == b"second "
    made.add("second-value")
    assert stream.feed(b"st-value second-value.") == b"*** ***."


SECRETS = st.lists(st.text("ab*", min_size=4, max_size=9), min_size=1, max_size=4)
PIECES = st.lists(st.text("ab*c", max_size=6).map(str.encode), max_size=25)


@given(SECRETS, PIECES)
@example(["abab", "ababab"], [b"abab"])
@example(["abab", "ababab"], [b"abab", b"ab"])
@example(["aaaab", "aabb"], [b"aaa", b"abb"])
def test_a_stream_comes_to_the_same_however_it_is_cut(values, chunks):
    made = redactor(*values)
    whole = b"".join(chunks)
    passed = in_chunks(made, chunks)
    assert b"".join(passed) == made.redact_bytes(whole) == made.redact_text(whole.decode()).encode()


@given(st.lists(st.text(min_size=5, max_size=40), min_size=1, max_size=3), st.data())
def test_a_stream_of_any_secrets_in_any_chunks(values, data):
    made = redactor(*values)
    forms = st.sampled_from([*values, *(base64.b64encode(value.encode()).decode() for value in values)])
    text = "".join(data.draw(st.lists(forms | st.text(max_size=5), max_size=8)))
    whole = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    chunks = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    shown = b"".join(in_chunks(made, chunks))
    assert shown == made.redact_bytes(whole)
    assert not any(value.strip().encode() in shown for value in values if len(value.strip()) > 4)


@given(SECRETS, PIECES)
def test_less_than_the_longest_form_is_held_back(values, chunks):
    made = redactor(*values)
    longest = made._patterns._longest
    stream = made.stream()
    for chunk in chunks:
        stream.feed(chunk)
        assert len(stream._held) < longest


def test_values_may_be_added_by_several_threads_at_once():
    made = Redactor()
    values = [f"secret-{number:04}" for number in range(200)]
    barrier = threading.Barrier(4)

    def add(part):
        barrier.wait()
        for value in part:
            made.add(value)

    threads = [threading.Thread(target=add, args=(values[index::4],)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.redact_text(" ".join(values)) == " ".join(["***"] * len(values))
