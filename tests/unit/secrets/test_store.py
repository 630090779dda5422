import sys
from types import SimpleNamespace

import pytest

from plait.errors import PlaitError
from plait.secrets import Redactor, Secret, SecretStore


@pytest.fixture
def place(tmp_path):
    """A project, the environment, a keyring, and the store that looks into them."""
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    redactor = Redactor()
    store = SecretStore(tmp_path / "project", redactor, environment=environment)
    return SimpleNamespace(
        environment=environment,
        redactor=redactor,
        store=store,
        project=tmp_path / "project" / ".specify" / "secrets.env",
        user=tmp_path / "config" / "plait" / "secrets.env",
        folder=tmp_path / "project",
    )


def write(path, text, mode=0o600):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


@pytest.fixture(autouse=True)
def keyring(monkeypatch):
    """A keyring with one password; `error` makes it fail."""
    made = SimpleNamespace(error=None, passwords={("plait", "RING"): "of-the-keyring"}, asked=[])

    def get_password(service, name):
        made.asked.append(name)
        if made.error:
            raise made.error
        return made.passwords.get((service, name))

    made.get_password = get_password
    monkeypatch.setitem(sys.modules, "keyring", made)
    return made


def test_the_places_are_asked_in_their_order(place, keyring):
    keyring.passwords["plait", "TOKEN"] = "ring-value"
    write(place.user, "TOKEN=user-value")
    write(place.project, "TOKEN=project-value")
    place.environment |= {"PLAIT_SECRET_TOKEN": "own-value", "TOKEN": "plain-value"}
    found = []
    for remove in (
        lambda: place.environment.pop("PLAIT_SECRET_TOKEN"),
        lambda: place.environment.pop("TOKEN"),
        place.project.unlink,
        place.user.unlink,
        keyring.passwords.clear,
    ):
        found.append(place.store.value(Secret("TOKEN")))
        remove()
    assert found == ["own-value", "plain-value", "project-value", "user-value", "ring-value"]
    assert keyring.asked == ["TOKEN"]
    assert place.redactor.redact_text(" ".join(found)) == "*** *** *** *** ***"


def test_a_missing_secret_names_every_place(place):
    with pytest.raises(PlaitError) as caught:
        place.store.value(Secret("TOKEN"))
    for each in ("PLAIT_SECRET_TOKEN", " TOKEN in the environment", place.project, place.user, "keyring set plait"):
        assert str(each) in str(caught.value)


def test_an_empty_value_counts_as_none(place):
    place.environment |= {"PLAIT_SECRET_TOKEN": "", "TOKEN": ""}
    write(place.project, "TOKEN=\n")
    write(place.user, "TOKEN=here")
    assert place.store.value(Secret("TOKEN")) == "here"


def test_the_form_of_a_secrets_file(place):
    text = "# remark\n\nexport A = one \r\nB=\"two = 2 # all\"\nC='''\nD=\"\nE=a=b\nA=last\n"
    write(place.project, text)
    found = {name: place.store.value(Secret(name)) for name in "ABCDE"}
    assert found == {"A": "last", "B": "two = 2 # all", "C": "'", "D": '"', "E": "a=b"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_file_that_is_open_to_others_is_refused(place, mode):
    write(place.project, "TOKEN=hunter22", mode)
    write(place.user, "TOKEN=other")
    with pytest.raises(PlaitError, match=f"{mode:04o}.*chmod 600") as caught:
        place.store.value(Secret("TOKEN"))
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"), [(b"A=1\nhunter22\n", "line 2 .* is not NAME=VALUE"), (b"=x", "line 1"), (b"A=\xff", "UTF-8")]
)
def test_a_malformed_file_is_refused_without_showing_it(place, data, words):
    write(place.project, "")
    place.project.write_bytes(data)
    with pytest.raises(PlaitError, match=words) as caught:
        place.store.value(Secret("TOKEN"))
    assert "hunter22" not in str(caught.value)


def test_a_folder_in_place_of_a_file_is_an_error(place):
    place.project.mkdir(parents=True, mode=0o700)
    with pytest.raises(PlaitError, match="cannot be read: is a directory"):
        place.store.value(Secret("TOKEN"))


def test_a_secret_with_a_file_of_its_own_is_that_file_and_nothing_else(place):
    place.environment["KEY"] = "other"
    write(place.folder / "keys" / "id", "line one\nline two\n\n", 0o644)
    assert place.store.value(Secret("KEY", "keys/id")) == "line one\nline two\n"
    assert place.store.value(Secret("KEY", str(place.folder / "keys" / "id"))) == "line one\nline two\n"
    assert place.redactor.redact_text("line one") == "***"


@pytest.mark.parametrize(("data", "words"), [(None, "no such file"), (b"\xff", "UTF-8"), (b"\n", "empty")])
def test_a_file_of_its_own_that_cannot_be_used(place, data, words):
    place.folder.mkdir()
    if data is not None:
        (place.folder / "key").write_bytes(data)
    with pytest.raises(PlaitError, match=f"(?i)the secret `KEY`: .*{words}"):
        place.store.value(Secret("KEY", "key"))


@pytest.mark.parametrize(("value", "words"), [("a\0bcdef", "NUL"), ("abc\udcff", "UTF-8")])
def test_values_that_cannot_be_handed_over_are_refused(place, value, words):
    place.environment["TOKEN"] = value
    with pytest.raises(PlaitError, match=words):
        place.store.value(Secret("TOKEN"))


def test_without_the_package_the_keyring_is_passed_over(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(PlaitError, match=r"pip install plait\[keyring\]"):
        place.store.value(Secret("RING"))


def test_a_keyring_that_fails_says_why(place, keyring):
    keyring.error = RuntimeError("the  collection\nis locked")
    with pytest.raises(PlaitError, match="the collection is locked"):
        place.store.value(Secret("RING"))


def test_what_is_at_hand_is_known_before_anybody_asks_for_it(place, keyring):
    place.environment["A"] = "a-value"
    write(place.project, "B=b-value")
    place.store.learn([Secret("A"), Secret("B"), Secret("RING"), Secret("NONE"), Secret("F", "no/file")])
    assert place.redactor.redact_text("a-value b-value of-the-keyring") == "*** *** of-the-keyring"
    assert keyring.asked == []
    place.project.chmod(0o644)
    place.store.learn([Secret("B")])


def test_values_are_looked_up_anew_each_time(place):
    place.environment["A"] = "first"
    assert place.store.value(Secret("A")) == "first"
    place.environment["A"] = "second"
    assert place.store.value(Secret("A")) == "second"
    assert place.redactor.redact_text("first second") == "*** ***"


def test_without_a_configured_folder_the_file_is_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / ".config" / "plait" / "secrets.env", "A=from-home")
    store = SecretStore(tmp_path / "p", Redactor(), environment={"XDG_CONFIG_HOME": "relative"})
    assert store.value(Secret("A")) == "from-home"
