"""The GraphQL edge: one schema of types that read the values of `model`, and resolvers that only unpack, call, wrap."""
