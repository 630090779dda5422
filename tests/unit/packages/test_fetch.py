"""Downloads from a server on this machine: sizes, redirects, bodies that break off, files that appear whole."""

import gzip
import hashlib
import ssl
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from plait.errors import StorageError
from plait.packages import body, exchange
from plait.packages.credentials import Credentials
from plait.packages.fetch import DownloadError, fetch
from support.web_server import Answer, web_server

pytestmark = pytest.mark.usefixtures("no_proxies")
NOBODY = Credentials()
LIMIT = 1000


def get(url, **settings):
    return fetch(url, **({"limit": LIMIT, "credentials": NOBODY, "environ": {}} | settings))


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def test_what_a_download_brings(server):
    url = server.page("/a.yml", "steps: []", headers={"Content-Type": "text/yaml"})
    brought = get(url, accept="text/yaml")
    assert (brought.data, brought.url, brought.content_type, brought.path) == (b"steps: []", url, "text/yaml", None)
    assert (brought.size, brought.sha256) == (9, hashlib.sha256(b"steps: []").hexdigest())
    headers = server.asked[0].headers
    assert headers["accept"] == "text/yaml"
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("plait/")
    assert "authorization" not in headers


def test_into_a_file(server, tmp_path):
    brought = get(server.page("/a", b"x" * LIMIT), into=tmp_path / "a")
    assert (brought.path, brought.data) == (tmp_path / "a", b"")
    assert (tmp_path / "a").read_bytes() == b"x" * LIMIT
    assert names_in(tmp_path) == ["a"]


@pytest.mark.parametrize("into", [False, True])
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"body": b"x" * (LIMIT + 1)}, "bigger than the 1000 bytes"),
        ({"body": b"x" * (LIMIT + 1), "length": None}, "bigger than the 1000 bytes"),
        ({"body": b"x", "length": LIMIT + 1}, "bigger than the 1000 bytes"),
        ({"body": b"x", "length": 10}, "broke off"),
        ({"body": b"x", "length": "many"}, "broke off|illegal|Illegal"),
        ({"body": b"3\r\nab", "length": None, "headers": {"Transfer-Encoding": "chunked"}}, "broke off"),
        ({"body": b"x", "headers": {"Content-Encoding": "br"}}, "not asked for"),
        ({"body": b"xyz", "headers": {"Content-Encoding": "gzip"}}, "damaged"),
        ({"body": gzip.compress(b"x" * 9)[:-4], "headers": {"Content-Encoding": "gzip"}}, "incomplete"),
        ({"body": gzip.compress(b"x") + b"y", "headers": {"Content-Encoding": "gzip"}}, "after its end"),
        ({"body": gzip.compress(bytes(LIMIT * 100)), "headers": {"Content-Encoding": "gzip"}}, "bigger than"),
        ({"status": 404}, "no such file .HTTP status 404"),
        ({"status": 500}, "HTTP status 500"),
        ({"status": 206}, "HTTP status 206"),
        ({"status": 304}, "HTTP status 304"),
        ({"status": 302}, "without saying where"),
        ({"status": 302, "headers": {"Location": "http://example.com/"}}, "plain HTTP"),
        ({"status": 302, "headers": {"Location": "http://exa mple/"}}, "white space"),
        ({"status": 302, "headers": {"Location": "https://[x"}}, "no address"),
        ({"status": 302, "headers": {"Location": "file:///etc/passwd"}}, "not an https"),
        ({"status": 302, "headers": {"Location": "https://u:secret@127.0.0.1/"}}, "user name"),
    ],
)
def test_answers_that_are_refused_leave_nothing(server, tmp_path, settings, reason, into):
    with pytest.raises(DownloadError, match=reason) as caught:
        get(server.page("/a", **settings), into=tmp_path / "a" if into else None)
    assert names_in(tmp_path) == []
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


def test_a_body_without_end_is_cut_where_the_limit_is(server, tmp_path):
    written = []

    def pour(write):
        while not server.closing.is_set():
            write(b"x" * 4096)
            written.append(4096)

    with pytest.raises(DownloadError, match="bigger than"):
        get(server.page("/a", length=None, then=pour), into=tmp_path / "a")
    assert names_in(tmp_path) == []


def test_stores_that_compress_whatever_they_are_asked(server):
    packed = gzip.compress(b"steps: []")
    url = server.page("/a.yml", packed, headers={"Content-Encoding": "gzip"})
    assert get(url).data == b"steps: []"


def test_the_compression_of_an_archive_belongs_to_it(server):
    packed = gzip.compress(b"tar")
    url = server.page("/a.tar.gz", packed, headers={"Content-Encoding": "x-gzip"})
    assert get(url).data == packed


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server, status):
    end = server.page("/b/end", "end")
    server.redirect("/b/middle", "end", status)
    brought = get(server.redirect("/a?x=1".partition("?")[0], "/b/middle#part", status))
    assert (brought.data, brought.url) == (b"end", end)


def test_as_many_redirects_as_are_usual(server):
    server.page("/0", "end")
    for count in range(1, exchange.MOST_REDIRECTS + 2):
        server.redirect(f"/{count}", f"/{count - 1}")
    assert get(f"{server.url}/{exchange.MOST_REDIRECTS}").data == b"end"
    with pytest.raises(DownloadError, match="more than 10 times"):
        get(f"{server.url}/{exchange.MOST_REDIRECTS + 1}")
    with pytest.raises(DownloadError, match="more than 10 times"):
        get(server.redirect("/loop", "/loop"))


def test_a_refusal_behind_a_redirect_says_where(server):
    with pytest.raises(DownloadError, match=r"/a: it redirects to http://127.0.0.1:\d+/gone\?…, where there is no"):
        get(server.redirect("/a", "/gone?signature=secret"))


def test_nobody_answers():
    with web_server() as gone:
        url = gone.url
    with pytest.raises(DownloadError, match="cannot connect"):
        get(url)


def test_silence_and_slowness_end(server, tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "PHASE_TIMEOUT", 0.2)
    url = server.page("/a", b"x", length=10, then=lambda _: server.closing.wait(60))
    with pytest.raises(DownloadError, match="no answer within"):
        get(url, into=tmp_path / "a")
    assert names_in(tmp_path) == []


def test_the_whole_has_a_deadline_however_short_each_wait(server):
    def drip(write):
        while not server.closing.wait(0.02):
            write(b"x")

    with pytest.raises(DownloadError, match=r"not complete after 0\.3 s"):
        get(server.page("/a", length=None, then=drip), seconds=0.3)


def test_an_answer_that_does_not_begin_meets_the_deadline_too(server):
    def wait(asked):
        server.closing.wait(60)
        return Answer()

    server.pages["/a"] = wait
    with pytest.raises(DownloadError, match=r"not complete after 0\.3 s"):
        get(server.url + "/a", seconds=0.3)


def test_progress_is_told_of_downloads_that_take_their_time(server, monkeypatch):
    monkeypatch.setattr(body, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(body, "_BETWEEN_REPORTS", 0.0)
    told = []
    get(server.page("/a", b"x" * 10), progress=lambda *now: told.append(now))
    get(server.page("/b", b"x" * 10, length=None), progress=lambda *now: told.append(now))
    assert told[0] == (10, 10)
    assert told[-1] == (10, None)


def test_short_downloads_make_no_fuss(server):
    told = []
    get(server.page("/a", b"x" * 10), progress=lambda *now: told.append(now))
    assert told == []


def test_a_file_that_cannot_be_written(server, tmp_path):
    with pytest.raises(StorageError, match="cannot write"):
        get(server.page("/a", "x"), into=tmp_path / "missing" / "a")


def test_an_interrupt_leaves_no_file(server, tmp_path):
    script = f"""
        from pathlib import Path
        from plait.packages.credentials import Credentials
        from plait.packages.fetch import fetch
        fetch({server.url!r} + "/a", limit=1000, into=Path({str(tmp_path)!r}) / "a", credentials=Credentials())
    """
    begun = threading.Event()

    def wait(write):
        write(b"x")
        begun.set()
        server.closing.wait(60)

    server.page("/a", length=10, then=wait)
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stderr=subprocess.PIPE)
    assert begun.wait(60)
    deadline = time.monotonic() + 60
    while not names_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [name.endswith(".part") for name in names_in(tmp_path)] == [True]
    process.send_signal(2)
    assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert names_in(tmp_path) == []


def test_proxies_are_for_other_machines(server, monkeypatch):
    with web_server() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert get(server.page("/a", "direct")).data == b"direct"
        with pytest.raises(DownloadError) as caught:
            get("https://example.invalid/a")
        assert "HTTPS_PROXY" in caught.value.hint
        assert proxy.asked == []


def test_a_proxy_that_is_none(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x")
    with pytest.raises(DownloadError, match="proxy is unusable"):
        get("https://example.invalid/a")


def test_netrc_is_not_asked(server, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    get(server.page("/a", "x"))
    assert "authorization" not in server.asked[0].headers


@pytest.fixture(scope="module")
def authority():
    import trustme

    return trustme.CA()


@pytest.fixture
def secure(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with web_server(context) as running:
        yield running


def test_https(secure, authority, tmp_path, monkeypatch):
    url = secure.page("/a", "safe")
    with pytest.raises(DownloadError, match="certificate is not trusted"):
        get(url)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert get(url).data == b"safe"
    with pytest.raises(DownloadError, match="certificate is not trusted"):
        get(url.replace("127.0.0.1", "localhost"))


def test_a_deadline_over_https(secure, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    url = secure.page("/a", b"x", length=10, then=lambda _: secure.closing.wait(60))
    with pytest.raises(DownloadError, match=r"not complete after 0\.5 s"):
        get(url, seconds=0.5)


def test_downloads_cost_nothing_until_there_is_one():
    code = "import sys, plait.packages.fetch; sys.exit('httpx2' in sys.modules or 'idna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
