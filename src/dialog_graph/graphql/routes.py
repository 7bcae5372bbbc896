"""The routes of the GraphQL edge, and the one place where it is put together."""

from starlette.routing import BaseRoute, Route

from dialog_graph.graphql.edge import Edge
from dialog_graph.graphql.http import GraphQLApp


def routes(edge: Edge) -> list[BaseRoute]:
    """`/graphql` for HTTP and WebSocket, `/graphql/stream` for server-sent events."""
    return [Route("/graphql", GraphQLApp(edge))]
