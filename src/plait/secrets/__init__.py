"""Secrets: where their values are looked up, and how they are kept out of everything that is written or shown."""

from plait.secrets.exposure import exposed_file
from plait.secrets.names import NamesForSecrets
from plait.secrets.naming import secrets_named_in
from plait.secrets.redactor import Redactor, StreamRedactor
from plait.secrets.secret import Secret
from plait.secrets.store import SecretStore

__all__ = ["NamesForSecrets", "Redactor", "Secret", "SecretStore", "StreamRedactor", "exposed_file", "secrets_named_in"]
