"""The one who knows where values of secrets are, and tells the redactor of each before anyone else sees it."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.secrets.places import SERVICE, Keyring, project_file, read_secrets_file, read_whole_file, user_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plait.secrets.redactor import Redactor
    from plait.secrets.secret import Secret

PREFIX = "PLAIT_SECRET_"
"""The beginning of the environment variables that are meant for Plait alone."""


class SecretStore:
    """Looks secrets up, anew each time, so that a value that was changed meanwhile is the one that counts.

    In this order: the environment variables `PLAIT_SECRET_<NAME>` and `<NAME>`, the file `.specify/secrets.env` of the
    project, `~/.config/plait/secrets.env`, the keyring. An empty value counts as none. A secret with a file of its own
    is looked up there and nowhere else.
    """

    def __init__(self, project_root: Path, redactor: Redactor, *, environment: Mapping[str, str] | None = None) -> None:
        self._project_root = project_root
        self._redactor = redactor
        self._environment = os.environ if environment is None else environment
        self._keyring = Keyring()
        self._keyring_lock = threading.Lock()

    def value(self, secret: Secret) -> str:
        """Return the value of a secret; the redactor knows it from then on.

        Raises `PlaitError` if it is nowhere, naming every place where it may be put, or cannot be used.
        """
        found = self._at_hand(secret)
        if not found:
            with self._keyring_lock:
                found = self._keyring.get(secret.name)
                if not found:
                    raise PlaitError(self._nowhere(secret.name))
        return self._known(secret, found)

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Let the redactor know what is at hand of these secrets, before any step asks for them.

        What is missing, or cannot be read, is the trouble of the step that needs it. The keyring, which may ask a
        person to unlock it, is left for that step as well.
        """
        for secret in secrets:
            with suppress(PlaitError):
                found = self._at_hand(secret)
                if found:
                    self._known(secret, found)

    def _at_hand(self, secret: Secret) -> str | None:
        """Return the value as the environment or a file has it."""
        if secret.file is not None:
            return self._of_file(secret, secret.file)
        for variable in (PREFIX + secret.name, secret.name):
            if found := self._environment.get(variable):
                return found
        for path in self._files():
            if found := read_secrets_file(path).get(secret.name):
                return found
        return None

    def _of_file(self, secret: Secret, file: str) -> str:
        try:
            found = read_whole_file(self._project_root / Path(file).expanduser())
        except (PlaitError, RuntimeError) as error:
            raise PlaitError(f"the secret `{secret.name}`: {error}") from error
        if not found:
            raise PlaitError(f"the secret `{secret.name}`: {file} is empty")
        return found

    def _known(self, secret: Secret, value: str) -> str:
        if "\0" in value:
            raise PlaitError(f"the value of the secret `{secret.name}` holds a NUL, which no environment can carry")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise PlaitError(f"the value of the secret `{secret.name}` is not UTF-8 text") from None
        self._redactor.add(value)
        return value

    def _files(self) -> tuple[Path, Path]:
        return project_file(self._project_root), user_file(self._environment)

    def _nowhere(self, name: str) -> str:
        files = " or ".join(str(path) for path in self._files())
        trouble = f" ({self._keyring.trouble})" if self._keyring.trouble else ""
        return (
            f"there is no value for the secret `{name}`: set {PREFIX}{name} or {name} in the environment,"
            f" or write {name}=… into {files} (mode 0600),"
            f" or store it in the keyring with `keyring set {SERVICE} {name}`{trouble}"
        )
