"""GraphQL server for processes and dialogs between parties and service owners, on Postgres."""

__version__ = "0.1.0"
