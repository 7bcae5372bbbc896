"""Tokens that count once (check 15 of security rules §1.2): the only check that needs a transaction."""

from dialog_graph.access.tokens import Claims
from dialog_graph.storage.database import Transaction

_USE = """
insert into used_jti (issuer, jti, expires_at) values ($1, $2, to_timestamp($3))
on conflict do nothing returning true
"""


async def use(tx: Transaction, claims: Claims) -> bool:
    """True the first time, False for a token that was used before. Holds when the transaction commits."""
    issuer = f"{claims.profile.name} {claims.profile.issuer}"
    return bool(await tx.fetchval(_USE, issuer, claims.token_id, float(claims.expires_at)))
