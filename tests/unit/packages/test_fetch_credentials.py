"""Credentials: from one file, for the hosts it names, and to nobody else."""

import base64
import json
import ssl

import pytest

from plait.packages import azure_tokens
from plait.packages.credentials import Credentials, Entry, credentials_of
from plait.packages.fetch import DownloadError, fetch
from support.web_server import Answer, web_server

LIMIT = 1000


@pytest.fixture
def other():
    with web_server() as running:
        yield running


def entry(*hosts, provider="github", auth="bearer", **fields):
    return Entry(hosts, provider, auth, fields)


def get(url, *entries, environ=None, **settings):
    return fetch(url, limit=LIMIT, credentials=Credentials(entries), environ=environ or {}, **settings)


def sent(server):
    return [asked.headers.get("authorization") for asked in server.asked]


def write(home, content, mode=0o600):
    path = home / ".specify" / "auth.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


GITHUB = {"hosts": ["GitHub.com", "*.ghes.example"], "provider": "github", "auth": "bearer", "token_env": "GH"}


def test_the_file(tmp_path):
    write(tmp_path, {"providers": [GITHUB]})
    known = credentials_of(tmp_path)
    assert known.warning == ""
    assert [one.header({"GH": " t0 "}) for one in known.covering("github.com")] == ["Bearer t0"]
    assert [len(known.covering(host)) for host in ("a.ghes.example", "ghes.example", "xghes.example", "hub.com")] == [
        1,
        0,
        0,
        0,
    ]
    assert known.github_hosts() == {"github.com"}


def test_no_file(tmp_path):
    assert credentials_of(tmp_path) == Credentials()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read(tmp_path, mode):
    write(tmp_path, {"providers": [GITHUB]}, mode)
    assert "chmod 600" in credentials_of(tmp_path).warning


def test_the_warning_is_for_those_who_use_the_file(server):
    told = []
    known = Credentials((entry("127.0.0.1", token="t"),), "open to others")
    fetch(server.page("/a", "x"), limit=LIMIT, credentials=known, warn=told.append)
    fetch(server.url.replace("127.0.0.1", "localhost") + "/a", limit=LIMIT, credentials=known, warn=told.append)
    assert told == ["open to others"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[" * 100_000,
        "[]",
        "null",
        {},
        {"providers": {}},
        {"providers": ["x"]},
        *(
            {"providers": [GITHUB | change]}
            for change in (
                {"hosts": []},
                {"hosts": "github.com"},
                {"hosts": [1]},
                {"hosts": ["*"]},
                {"hosts": ["*github.com"]},
                {"hosts": ["gith?b.com"]},
                {"hosts": ["a.*.com"]},
                {"hosts": ["https://github.com/"]},
                {"provider": "gitlab"},
                {"provider": ["github"]},
                {"auth": "basic"},
                {"auth": None},
                {"auth": ["bearer"]},
                {"token_env": ""},
                {"token_env": 1},
                {"provider": "bitbucket", "auth": "basic"},
                {"provider": "bitbucket", "auth": "basic", "username": "a:b"},
                {"provider": "azure-devops", "auth": "azure-ad", "tenant_id": "t"},
            )
        ),
    ],
)
def test_a_damaged_file_is_not_used_in_part(tmp_path, content):
    write(tmp_path, content)
    known = credentials_of(tmp_path)
    assert known.entries == ()
    assert "auth.json cannot be used" in known.warning


def test_what_a_damaged_file_means_is_said(server, tmp_path):
    write(tmp_path, "{")
    told = []
    known = credentials_of(tmp_path)
    assert fetch(server.page("/a", "x"), limit=LIMIT, credentials=known, warn=told.append).data == b"x"
    assert told == [known.warning]
    with pytest.raises(DownloadError) as caught:
        fetch(server.page("/b", status=404), limit=LIMIT, credentials=known)
    assert caught.value.hint == known.warning


def test_schemes():
    basic = base64.b64encode(b":pat").decode()
    named = base64.b64encode(b"me@example.com:key").decode()
    devops = entry("h", provider="azure-devops", auth="basic-pat", token="pat")
    bitbucket = entry("h", provider="bitbucket", auth="basic", token="key", username="me@example.com")
    assert devops.header({}) == f"Basic {basic}"
    assert bitbucket.header({}) == f"Basic {named}"
    assert entry("h", token_env="T").header({}) is None
    assert entry("h", token_env="T").header({"T": "a\r\nX-Evil: 1"}) is None


def test_azure_asks_for_its_tokens(server, tmp_path, monkeypatch):
    tool = tmp_path / "az"
    tool.write_text('#!/bin/sh\n[ "$1 $2" = "account get-access-token" ] && echo from-cli\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    cli = entry("h", provider="azure-devops", auth="azure-cli")
    assert cli.header({"PATH": f"{tmp_path}:/usr/bin:/bin"}) == "Bearer from-cli"
    monkeypatch.setattr(azure_tokens, "LOGIN", server.url)
    server.page("/tenant/oauth2/v2.0/token", json.dumps({"access_token": "from-ad"}))
    fields = {"tenant_id": "tenant", "client_id": "c", "client_secret_env": "S"}
    service = entry("h", provider="azure-devops", auth="azure-ad", **fields)
    assert service.header({"S": "s"}) == "Bearer from-ad"
    assert service.header({}) is None
    server.page("/tenant/oauth2/v2.0/token", "no", status=400)
    assert service.header({"S": "s"}) is None


def test_refused_entries_are_followed_by_the_next_and_at_last_by_none(server):
    accepts = {}

    def page(asked):
        wanted = asked.headers.get("authorization") == accepts["header"]
        return Answer(b"in") if wanted else Answer(b"", accepts["status"])

    server.pages["/a"] = page
    both = entry("127.0.0.1", token="one"), entry("127.0.0.1", token_env="UNSET"), entry("127.0.0.1", token="two")
    for status in (401, 403):
        accepts.update(header="Bearer two", status=status)
        assert get(server.url + "/a", *both).data == b"in"
    accepts["header"] = None
    assert get(server.url + "/a", *both).data == b"in"
    assert sent(server) == ["Bearer one", "Bearer two"] * 2 + ["Bearer one", "Bearer two", None]
    accepts["header"] = "no such"
    with pytest.raises(DownloadError, match="access is refused") as caught:
        get(server.url + "/a", *both)
    assert "auth.json" in caught.value.hint
    assert "Bearer" not in str(caught.value)
    assert sent(server)[-1] is None


def test_other_hosts_get_nothing(server):
    get(server.page("/a", "x"), entry("localhost", token="t"), entry("*.0.0.1", token="u"))
    assert sent(server) == ["Bearer u"]
    get(server.page("/a", "x"), entry("localhost", token="t"))
    assert sent(server)[-1] is None


def test_redirects_within_the_hosts_keep_the_header(server):
    server.page("/b", "x")
    get(
        server.redirect("/a", server.url.replace("127.0.0.1", "localhost") + "/b"),
        entry("127.0.0.1", "localhost", token="t"),
    )
    assert sent(server) == ["Bearer t", "Bearer t"]


def test_redirects_to_other_hosts_or_ports_lose_it_for_good(server, other):
    server.page("/c", "x")
    other.redirect("/b", server.url + "/c")
    get(server.redirect("/a", other.url + "/b"), entry("127.0.0.1", token="t"))
    assert (sent(server), sent(other)) == (["Bearer t", None], [None])
    get(server.redirect("/a", server.url.replace("127.0.0.1", "localhost") + "/c"), entry("127.0.0.1", token="t"))
    assert sent(server)[2:] == ["Bearer t", None]


def test_a_downgrade_loses_it(server, tmp_path, monkeypatch):
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.page("/b", "x")
    with web_server(context) as secure:
        get(secure.redirect("/a", server.url + "/b"), entry("127.0.0.1", token="t"))
        assert (sent(secure), sent(server)) == (["Bearer t"], [None])


def asset_page(server, name="p.zip", asset=None):
    api = "/api/v3/repos/o/r/releases"
    asset = asset or f"{server.url}{api}/assets/7"
    release = json.dumps({"assets": [{"name": "other", "url": "x"}, {"name": name, "url": asset}]})
    for which in ("tags/v1.0", "tags/a%2Fb", "latest"):
        server.page(f"{api}/{which}", release)
    server.page(f"{api}/assets/7", "asset")
    server.page("/o/r/releases/download/v1.0/p.zip", "page")


@pytest.mark.parametrize("path", ["download/v1.0", "download/a%2Fb", "latest/download"])
def test_release_files_come_from_the_api_of_the_server(server, path):
    asset_page(server)
    assert get(f"{server.url}/o/r/releases/{path}/p.zip", entry("127.0.0.1", token="t")).data == b"asset"
    assert [asked.headers["accept"] for asked in server.asked] == [
        "application/vnd.github+json",
        "application/octet-stream",
    ]
    assert sent(server) == ["Bearer t"] * 2


def test_an_address_in_the_api_is_asked_for_the_file(server):
    asset_page(server)
    assert get(f"{server.url}/api/v3/repos/o/r/releases/assets/7", entry("127.0.0.1", token="t")).data == b"asset"
    assert server.asked[0].headers["accept"] == "application/octet-stream"


@pytest.mark.parametrize("asset", ["https://evil.example/x", "/api/v3/other", "{url}/other", 7])
def test_what_the_api_says_is_not_trusted(server, asset):
    asset_page(server, asset=asset.format(url=server.url) if isinstance(asset, str) else asset)
    url = f"{server.url}/o/r/releases/download/v1.0/p.zip"
    assert get(url, entry("127.0.0.1", token="t")).data == b"page"


@pytest.mark.parametrize("release", ["[", "[]", "{}", '{"assets": [{}]}', '{"assets": 1}', "[" * 100_000])
def test_without_an_answer_of_the_api_the_page_is_asked(server, release):
    asset_page(server)
    server.page("/api/v3/repos/o/r/releases/tags/v1.0", release)
    assert get(f"{server.url}/o/r/releases/download/v1.0/p.zip", entry("127.0.0.1", token="t")).data == b"page"


def test_hosts_that_are_not_said_to_be_githubs_have_no_api(server):
    asset_page(server)
    one = entry("127.0.0.1", provider="bitbucket", token="t")
    assert get(f"{server.url}/o/r/releases/download/v1.0/p.zip", one).data == b"page"
    assert len(server.asked) == 1
