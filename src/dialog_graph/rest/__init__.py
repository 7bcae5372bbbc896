"""HTTP routes outside GraphQL: data, token exchange, key documents, callbacks, health."""
