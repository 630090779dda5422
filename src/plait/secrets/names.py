"""Names in place of the values of secrets, for a run that hands them to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.secrets.secret import Secret


class NamesForSecrets:
    """Answers as a `SecretStore` does, and looks nothing up."""

    def value(self, secret: Secret) -> str:
        """Return what stands for the value of a secret: `<secret NAME>`."""
        return f"<secret {secret.name}>"

    def learn(self, secrets: Iterable[Secret]) -> None:
        """There is nothing to hide."""
