"""The secret of a course, and the seeds of hidden inputs that follow from it.

The secret is made at first use in the course root, readable by its owner alone. Whoever has it can tell the
hidden inputs of every student; whoever loses it can no longer replay old verdicts by name (each result also
holds its seed).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path

__all__ = ["SECRET_FILE", "SecretError", "course_secret", "fingerprint", "seed_for"]

SECRET_FILE = ".course_secret"
_BYTES = 32


class SecretError(Exception):
    """The secret of the course cannot be used; says what, why and how to mend it."""


def course_secret(root: Path) -> bytes:
    """The secret of the course in `root`; made there when there is none yet.

    Raises
    ------
    SecretError
        The file is no secret, others may read it, or the folder cannot be written.
    """
    path = root / SECRET_FILE
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SecretError(_told(path, "cannot be read", error)) from error
    try:
        _make(path)
        return _read(path)
    except OSError as error:
        raise SecretError(_told(path, "cannot be made", error)) from error


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        text = file.read(2 * _BYTES + 2)
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
        raise SecretError(
            f"{path.name} can be read by others, or is no plain file.\n"
            "Why: whoever reads it can tell the hidden inputs of every student.\n"
            f"Mend: chmod 600 {path.name}; if it may have been read, delete it: "
            "a new one is made and all work graded again."
        )
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise SecretError(
            f"{path.name} is not a secret of {_BYTES} bytes in hexadecimal.\n"
            "Why: it was edited, or its writing was cut short.\n"
            "Mend: put it back from the backup, or delete it: a new one is made and all work graded again."
        )
    return secret


def _make(path: Path) -> None:
    """Write a whole new file beside it and link it there: of two that try at once, the first one wins."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{SECRET_FILE}-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)


def _told(path: Path, what: str, error: OSError) -> str:
    right = "read it" if what == "cannot be read" else f"write in {path.parent}, or make room on the disk"
    return f"{path.name} {what}.\nWhy: {error.strerror}.\nMend: Get the right to {right}."


def seed_for(secret: bytes, exercise: str, student: str) -> str:
    """The seed of one student's hidden inputs of one exercise, in hexadecimal.

    Examples
    --------
    >>> seed_for(b"secret", "gradients", "ana") == seed_for(b"secret", "gradients", "ana")
    True
    >>> seed_for(b"secret", "gradients", "ana") == seed_for(b"secret", "gradients", "ben")
    False
    """
    text = f"{len(exercise)}:{exercise}:{student}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()[:32]


def fingerprint(secret: bytes) -> str:
    """Tells one secret from another without giving either away.

    >>> fingerprint(b"one") == fingerprint(b"two")
    False
    """
    return hmac.new(secret, b"fingerprint", hashlib.sha256).hexdigest()[:12]
