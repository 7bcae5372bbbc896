"""The routes of the GraphQL edge, and the one place where it is put together."""

from starlette.routing import BaseRoute, Route, WebSocketRoute

from dialog_graph.graphql.edge import Edge
from dialog_graph.graphql.http import GraphQLApp
from dialog_graph.graphql.sse import StreamApp
from dialog_graph.graphql.websocket import WebSocketApp


def routes(edge: Edge) -> list[BaseRoute]:
    """`/graphql` for HTTP and WebSocket, `/graphql/stream` for server-sent events."""
    return [
        Route("/graphql", GraphQLApp(edge)),
        Route("/graphql/stream", StreamApp(edge)),
        WebSocketRoute("/graphql", WebSocketApp(edge)),
    ]
