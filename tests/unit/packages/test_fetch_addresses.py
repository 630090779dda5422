"""Which addresses may be asked, and where redirects may lead."""

import pytest

from plait.packages.addresses import DownloadError, check_redirect, check_url, shown

ALLOWED = [
    ("https://example.com/a.yml", "https://example.com/a.yml"),
    ("HTTPS://Example.COM/A.yml", "https://example.com/A.yml"),
    ("https://example.com", "https://example.com/"),
    ("https://example.com:443/a", "https://example.com/a"),
    ("https://example.com:8443/a?b=c#d", "https://example.com:8443/a?b=c"),
    ("https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
    ("https://xn--mnchen-3ya.example/a", "https://xn--mnchen-3ya.example/a"),
    ("https://10.1.2.3/a", "https://10.1.2.3/a"),
    ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
    ("http://localhost:8000/a", "http://localhost:8000/a"),
    ("http://127.0.0.1/a", "http://127.0.0.1/a"),
    ("http://127.9.9.9:81/a", "http://127.9.9.9:81/a"),
    ("http://[::1]:8000/a", "http://[::1]:8000/a"),
    ("https://example.com/a%20b%2Fc", "https://example.com/a%20b%2Fc"),
]
REFUSED = [
    "",
    "a.yml",
    "//example.com/a",
    "ftp://example.com/a",
    "file:///etc/passwd",
    "data:text/yaml,a",
    "https:example.com",
    "https:///a",
    "https://",
    "https://:443/a",
    "http://example.com/a",
    "http://10.0.0.1/a",
    "http://0.0.0.0/a",
    "http://sub.localhost/a",
    "http://localhost.example.com/a",
    "http://localhost./a",
    "http://127.0.0.1.example.com/a",
    "https://user@example.com/a",
    "https://user:secret@example.com/a",
    "https://example.com@127.0.0.1/a",
    "https://example%2ecom/a",
    "http://127.0.0.1%2f@example.com/a",
    "http://%6cocalhost/a",
    "http://[::1%25eth0]/a",
    "https://example.com:0/a",
    "https://example.com:65536/a",
    "https://example.com:99999999999/a",
    "https://example.com:-1/a",
    "https://example.com:/a",
    "https://example.com:٤٤٣/a",
    "https://example.com:4 43/a",
    "https://example.com:1:2/a",
    "https://[::1]x/a",
    "https://[::1/a",
    "https://::1]/a",
    "https://[]/a",
    "https://[1.2.3.4]/a",
    "https://[v1.x]/a",
    "http://127.1/a",
    "http://2130706433/a",
    "http://0x7f000001/a",
    "http://0x7f.0.0.1/a",
    "http://0177.0.0.1/a",
    "http://127.0.0.0x1/a",
    "http://\uff11\uff12\uff17.0.0.1/a",
    "http://127\u30020\u30020\u30021/a",
    "http://ⓛocalhost/a",
    "https://exa mple.com/a",
    "https://example.com/a b",
    " https://example.com/a",
    "https://example.com/a\n",
    "https://exa\tmple.com/a",
    "https://example.com\\@evil.example/a",
    "https://example.com/\x1b[2J",
    "https://example.com/\u202ea",
    "https://exa\u200bmple.com/",
    "https://-a.example/",
    "https://a..example/",
    "https://a_b.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://xn--a.example/",
    "https://xn--ls8h.example/\ud800",
    "https://example.com/" + "a" * 9000,
]


@pytest.mark.parametrize(("url", "asked"), ALLOWED)
def test_addresses_that_may_be_asked(url, asked):
    assert check_url(url).url == asked
    assert check_url(asked).url == asked


@pytest.mark.parametrize("url", REFUSED)
def test_addresses_that_may_not(url):
    with pytest.raises(DownloadError) as caught:
        check_url(url)
    assert str(caught.value).isprintable()
    assert caught.value.reason
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "location"),
    [
        ("https://example.com/a", "https://other.example/b"),
        ("https://10.0.0.1/a", "https://10.0.0.2/b"),
        ("https://10.0.0.1/a", "https://example.com/b"),
        ("http://127.0.0.1/a", "http://localhost:99/b"),
        ("http://127.0.0.1/a", "https://example.com/b"),
    ],
)
def test_redirects_lead_outwards_or_stay(source, location):
    assert check_redirect(check_url(source), location).url == location


@pytest.mark.parametrize(
    "location",
    [
        "http://example.com/b",
        "http://127.0.0.1/b",
        "https://127.0.0.1/b",
        "https://localhost/b",
        "https://a.localhost/b",
        "https://[::1]/b",
        "https://[::ffff:127.0.0.1]/b",
        "https://0.0.0.0/b",
        "https://10.0.0.1/b",
        "https://169.254.169.254/b",
        "https://[fe80::1]/b",
        "https://2130706433/b",
    ],
)
def test_a_redirect_from_outside_never_leads_inside(location):
    with pytest.raises(DownloadError):
        check_redirect(check_url("https://example.com/a"), location)


def test_a_private_host_does_not_lead_to_this_machine():
    with pytest.raises(DownloadError, match="redirects to"):
        check_redirect(check_url("https://10.0.0.1/a"), "https://127.0.0.1/b")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://user:secret@h.example/a?token=secret#x", "https://h.example/a?…"),
        ("https://h.example/\x1b[31mred\x07", "https://h.example/[31mred"),
        ("https://h.example/a?", "https://h.example/a"),
    ],
)
def test_what_is_shown_of_an_address(url, text):
    assert shown(url) == text
