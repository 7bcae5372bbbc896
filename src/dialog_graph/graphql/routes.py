"""The routes of the GraphQL edge, and the one place where it is put together."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from dialog_graph.graphql.edge import Edge
from dialog_graph.graphql.http import GraphQLApp
from dialog_graph.graphql.sse import StreamApp
from dialog_graph.graphql.websocket import WebSocketApp

COMPRESSED_FROM = 10_000
"""Smallest answer, in bytes, that is sent compressed to clients that accept it (inbox rules §2.2)."""
COMPRESSION = 4
"""Level of gzip: higher ones cost more time than they save bytes here."""


def routes(edge: Edge) -> list[BaseRoute]:
    """`/graphql` for HTTP and WebSocket, `/graphql/stream` for server-sent events."""
    return [
        Route("/graphql", GZipMiddleware(GraphQLApp(edge), minimum_size=COMPRESSED_FROM, compresslevel=COMPRESSION)),
        Route("/graphql/stream", StreamApp(edge)),
        WebSocketRoute("/graphql", WebSocketApp(edge)),
    ]
