"""Who calls and what that caller may reach: tokens, keys, issuers, principals, signed URLs, outgoing requests."""
