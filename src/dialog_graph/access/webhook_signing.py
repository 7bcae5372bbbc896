"""Secrets and signatures of webhooks: Standard Webhooks 1.0, both kinds (event rules §9.3).

A webhook has a secret of its own (`v1`, HMAC-SHA256), which is shown once and kept encrypted; all share the server's
Ed25519 key (`v1a`), whose public half anybody may fetch. Both come from the key files.
"""

import base64
from uuid import UUID

from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from dialog_graph.access.keys import Keys

KEY_ENCRYPTION = "key-encryption"
"""Name of the secret that encrypts what must be kept and cannot be hashed."""
SIGNING = "webhook-signing"
"""Name of the secret that is the seed of the Ed25519 key."""
SECRET_PREFIX = "whsec_"
PUBLIC_PREFIX = "whpk_"
SECRET_BYTES = 32
NONCE_BYTES = 12
_KEY_BYTES = 32
_FORM = b"\x01"
"""First byte of an encrypted secret: AES-256-GCM, then nonce, then ciphertext with tag."""


def shown(secret: bytes) -> str:
    """A secret as its consumer gets it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def _cipher(keys: Keys) -> AESGCM:
    return AESGCM(keys.secret(KEY_ENCRYPTION)[:_KEY_BYTES])


def sealed(keys: Keys, secret: bytes, webhook_id: UUID, nonce: bytes) -> bytes:
    """A secret as it is stored, bound to its webhook. `nonce`: 12 random bytes, never used again."""
    return _FORM + nonce + _cipher(keys).encrypt(nonce, secret, webhook_id.bytes)


def unsealed(keys: Keys, stored: bytes, webhook_id: UUID) -> bytes:
    """The secret of a stored one. Raises `cryptography.exceptions.InvalidTag` when it was not stored for this one."""
    nonce, ciphertext = stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
    return _cipher(keys).decrypt(nonce, ciphertext, webhook_id.bytes)


def _signing_key(keys: Keys) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.secret(SIGNING)[:_KEY_BYTES])


def public_key(keys: Keys) -> str:
    """The key that verifies `v1a` signatures."""
    return PUBLIC_PREFIX + base64.b64encode(_signing_key(keys).public_key().public_bytes_raw()).decode()


def _hmac(secret: bytes, content: bytes) -> bytes:
    made = hmac.HMAC(secret, SHA256())
    made.update(content)
    return made.finalize()


def headers(keys: Keys, secret: bytes, message_id: UUID, at: int, body: bytes) -> dict[str, str]:
    """The three headers of a message. `at`: Unix seconds of the attempt; the id is that of the event, always."""
    content = f"{message_id}.{at}.".encode() + body
    made = {"v1": _hmac(secret, content), "v1a": _signing_key(keys).sign(content)}
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"{kind},{base64.b64encode(value).decode()}" for kind, value in made.items()),
    }
