"""The server's own keys: one file per kind in `DIALOG_GRAPH_KEYS`.

Kinds are separate on purpose: a platform key never verifies a dialog token (security rules §1.4). In development a
missing file is made at first use, mode 0600; elsewhere it must be there. Rotation needs no restart: `rotate` adds a
key that is published at once and signs a day later, and every server rereads a changed file within half a minute.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from dialog_graph.access.jwk import (
    KeySet,
    PublicKey,
    SigningKey,
    new_ec_key,
    new_rsa_key,
    read_signing_key,
)
from dialog_graph.errors import Refusal
from dialog_graph.model import strict_json
from dialog_graph.model.json_value import Json

PLATFORM = "platform"
DIALOG = "dialog"
DEVELOPMENT = "dev"
URL_SECRET = "signed-urls"
CLIENT_PREFIX = "client-"
"""Kinds of the form `client-{org}` are RS256: the key a service owner's own client uses towards Maskinporten."""

KINDS = (PLATFORM, DIALOG)
"""Kinds that must exist before a server starts, beside the secret of signed URLs."""

PUBLISHED_BEFORE_USE = 24 * 3600
KEPT_AFTER_USE = 2 * 3600
"""Seconds an old key stays published: the longest life of a token (1 h), and 1 h more."""
REREAD_AFTER = 30
_SECRET_BYTES = 32
_MAX_FILE = 64 * 1024

Document: TypeAlias = "dict[str, Json]"


class KeysUnusable(Exception):
    """A key file is missing, unreadable or readable by others; the server must not start with it."""


def _write(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read. Another process may do the same now: the first one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write(draft, content)
    draft.replace(path)


def _stored(keys: Sequence[SigningKey]) -> bytes:
    return json.dumps({"keys": [{**key.private, "since": key.since} for key in keys]}, indent=1).encode()


def _read_pairs(path: Path) -> tuple[SigningKey, ...]:
    """Key pairs of a file, in order of first use."""
    parsed = strict_json.parse(path.read_bytes(), max_bytes=_MAX_FILE)
    listed = parsed.get("keys") if isinstance(parsed, dict) else None
    jwks = [jwk for jwk in listed if isinstance(jwk, dict)] if isinstance(listed, list) else []
    pairs = [pair for jwk in jwks if (pair := read_signing_key(jwk)) is not None]
    if not pairs or len(pairs) != len(jwks):
        raise KeysUnusable(f"expected private keys in {path.name}, but the file has another form")
    return tuple(sorted(pairs, key=lambda pair: pair.since))


def _new_pair(kind: str, since: int) -> SigningKey:
    return new_rsa_key(since) if kind.startswith(CLIENT_PREFIX) else new_ec_key(since)


class KeyFiles:
    """Our key files. `create`: development, where what is missing is made at first use."""

    def __init__(self, folder: Path, *, create: bool) -> None:
        self._folder = folder
        self._create = create
        self._pairs: dict[str, tuple[SigningKey, ...]] = {}
        self._secrets: dict[str, bytes] = {}
        self._stamps: dict[str, int] = {}
        self._checked = 0
        self.generation = 0
        """Grows whenever a file was read anew, so that caches can tell."""

    def problems(self, kinds: Sequence[str] = KINDS) -> tuple[str, ...]:
        """What stands against a start outside development: missing files, and files that others may read."""
        names = [f"{kind}.json" for kind in kinds] + [f"{URL_SECRET}.secret"]
        missing = [f"expected the key file {name}, but it is missing" for name in names if not self._path(name)]
        present = sorted(self._folder.glob("*")) if self._folder.is_dir() else []
        shared = [f"expected mode 0600 of {path.name}, but others may read it" for path in present if _is_open(path)]
        return tuple(missing + shared)

    def _path(self, name: str) -> Path | None:
        path = self._folder / name
        return path if path.is_file() else None

    def pairs(self, kind: str) -> tuple[SigningKey, ...]:
        """All key pairs of a kind, in order of first use."""
        if kind not in self._pairs:
            path = self._path(f"{kind}.json")
            if path is None:
                path = self._made(f"{kind}.json", _stored([_new_pair(kind, 0)]))
            self._pairs[kind] = _read_pairs(path)
            self._stamps[kind] = path.stat().st_mtime_ns
        return self._pairs[kind]

    def _made(self, name: str, content: bytes) -> Path:
        if not self._create:
            raise KeysUnusable(f"expected the key file {name}, but it is missing")
        _write(self._folder / name, content)
        return self._folder / name

    def signing(self, kind: str, now: int) -> SigningKey:
        """The pair to sign with: the newest whose time has come."""
        self.reread(now)
        pairs = self.pairs(kind)
        return next((pair for pair in reversed(pairs) if pair.since <= now), pairs[0])

    def published(self, kind: str, now: int) -> Mapping[str, PublicKey]:
        """Public keys that verify this kind now: those of the future, the present, and the just superseded."""
        self.reread(now)
        pairs = self.pairs(kind)
        ends = [later.since + KEPT_AFTER_USE for later in pairs[1:]]
        living = [pair for pair, end in zip(pairs, [*ends, now + 1], strict=True) if end > now]
        return {pair.public.kid: pair.public for pair in living}

    def jwks(self, kind: str, now: int) -> Document:
        """The public JWKS document of a kind."""
        return {"keys": [dict[str, Json](key.to_jwk()) for key in self.published(kind, now).values()]}

    def rotate(self, kind: str, now: int) -> SigningKey:
        """Adds a pair to the file of a kind: published from now on, used for signing a day later."""
        pair = _new_pair(kind, now + PUBLISHED_BEFORE_USE)
        kept = [old for old in self.pairs(kind) if old.public.kid in self.published(kind, now)]
        _replace(self._folder / f"{kind}.json", _stored([*kept, pair]))
        self.reload()
        return pair

    def secret(self, name: str) -> bytes:
        """32 random bytes with a name, for message authentication (`signed-urls`) and encryption at rest."""
        if name not in self._secrets:
            path = self._path(f"{name}.secret")
            if path is None:
                path = self._made(f"{name}.secret", secrets.token_hex(_SECRET_BYTES).encode())
            self._secrets[name] = _read_secret(path)
        return self._secrets[name]

    def mac(self, name: str, message: bytes) -> bytes:
        """HMAC-SHA256 of a message under a named secret."""
        return hmac.digest(self.secret(name), message, hashlib.sha256)

    def reload(self) -> None:
        """Forgets what was read, so that the files are read anew (SIGHUP, rotation)."""
        self._pairs.clear()
        self._secrets.clear()
        self._stamps.clear()
        self.generation += 1

    def reread(self, now: int) -> None:
        """Every half minute: forgets everything if a file changed since it was read."""
        if now - self._checked < REREAD_AFTER:
            return
        self._checked = now
        paths = {kind: self._path(f"{kind}.json") for kind in self._stamps}
        if any(path is None or path.stat().st_mtime_ns != self._stamps[kind] for kind, path in paths.items()):
            self.reload()

    def key_set(self, kinds: Sequence[str], now: int) -> KeySet:
        """Published keys of several kinds, for the verifier."""
        return {kind: self.published(kind, now) for kind in kinds}


def _is_open(path: Path) -> bool:
    return path.is_file() and bool(path.stat().st_mode & 0o077)


def _read_secret(path: Path) -> bytes:
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) < _SECRET_BYTES:
        raise KeysUnusable(f"expected at least {_SECRET_BYTES} bytes in hex in {path.name}, but it has another form")
    return secret


def unusable(problems: Sequence[str]) -> Refusal | None:
    """Start-up refusal made of `KeyFiles.problems`, None when there are none."""
    return Refusal(code="INTERNAL", expected="usable keys", actual="; ".join(problems)) if problems else None
