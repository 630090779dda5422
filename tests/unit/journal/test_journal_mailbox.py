"""Requests to the owner of a run."""

import json
import os
import threading
import time

from plait.journal.mailbox import Mailbox, post


def kinds(mailbox):
    return [(request.kind, request.fields) for request in mailbox.requests()]


def test_requests_come_in_the_order_they_were_posted(folder):
    for number in range(5):
        post(folder, "answer", step_id=f"s{number}", choice="approve")
    post(folder, "cancel", by="me")
    found = kinds(Mailbox(folder))
    assert found == [
        *(("answer", {"step_id": f"s{number}", "choice": "approve"}) for number in range(5)),
        ("cancel", {"by": "me"}),
    ]


def test_a_request_stays_until_it_is_removed(folder):
    request_id = post(folder, "pause", by="me")
    mailbox = Mailbox(folder)
    assert kinds(mailbox) == kinds(mailbox) == [("pause", {"by": "me"})]
    mailbox.remove(request_id)
    mailbox.remove(request_id)
    assert kinds(mailbox) == []


def test_an_empty_mailbox(folder):
    mailbox = Mailbox(folder)
    assert (mailbox.changed(), kinds(mailbox)) == (False, [])


def test_files_that_are_no_requests_are_removed(folder):
    good = post(folder, "pause")
    contents = {"a": "not json", "b": "[]", "c": "{}", "d": '{"kind": "explode"}', "e": '{"kind": 5}', "f": '"x"'}
    for name, content in contents.items():
        (folder.mailbox / f"{name}.json").write_text(content)
    (folder.mailbox / "g.json").symlink_to(folder.mailbox / f"{good}.json")
    (folder.mailbox / "h.json").write_text(json.dumps({"kind": "pause", "fill": "x" * 2_000_000}))
    (folder.mailbox / ".half-written.json").write_text("{")
    (folder.mailbox / "note.txt").write_text("left alone")
    assert kinds(Mailbox(folder)) == [("pause", {})]
    assert sorted(path.name for path in folder.mailbox.iterdir()) == sorted(
        [f"{good}.json", ".half-written.json", "note.txt"]
    )


def test_no_request_is_overlooked_however_soon_it_follows(folder):
    """The look at the folder's time may be one tick too coarse to tell two requests apart."""
    mailbox = Mailbox(folder)
    for number in range(50):
        request_id = post(folder, "answer", number=number)
        assert mailbox.changed()
        assert kinds(mailbox) == [("answer", {"number": number})]
        mailbox.remove(request_id)


def test_a_quiet_mailbox_is_not_read_again(folder):
    request_id = post(folder, "pause")
    mailbox = Mailbox(folder)
    assert mailbox.changed()
    mailbox.remove(request_id)
    long_ago = time.time() - 60
    os.utime(folder.mailbox, (long_ago, long_ago))
    assert (mailbox.changed(), mailbox.changed()) == (True, False)


def test_several_may_post_at_once(folder):
    threads = [threading.Thread(target=post, args=(folder, "answer"), kwargs={"number": n}) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(request.fields["number"] for request in Mailbox(folder).requests()) == list(range(8))


def test_a_request_is_taken_once_although_it_was_not_removed(bench):
    """As after a crash between the journal and the removal."""
    from plait.journal.folder import RunFolder

    bench.run("steps: [{id: g, type: gate, message: m, on_reject: retry}]")
    folder = RunFolder(bench.folder())
    request_id = post(folder, "answer", step_id="g", choice="reject")
    content = (folder.mailbox / f"{request_id}.json").read_bytes()
    assert bench.resume().status == "paused"
    assert list(folder.mailbox.iterdir()) == []
    (folder.mailbox / f"{request_id}.json").write_bytes(content)
    bench.resume()
    assert sum(event["event"] == "gate_answered" for event in bench.log()) == 1
    assert list(folder.mailbox.iterdir()) == []


def test_an_answer_to_nothing_that_waits_is_dropped(bench):
    from plait.journal.folder import RunFolder

    bench.run("steps: [{id: a, type: do}, {id: g, type: gate, message: m}]")
    folder = RunFolder(bench.folder())
    for fields in ({"step_id": "a", "choice": "x"}, {"step_id": "z", "choice": "x"}, {"choice": "x"}, {"step_id": "g"}):
        post(folder, "answer", **fields)
    assert bench.resume().status == "paused"
    assert [event["event"] for event in bench.log()].count("gate_answered") == 0
    assert list(folder.mailbox.iterdir()) == []
