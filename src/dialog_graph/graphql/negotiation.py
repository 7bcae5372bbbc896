"""Which media type an answer has, from the Accept header; and whether a Content-Type is ours.

Source: GraphQL over HTTP, library rules §8. Weights are read as RFC 9110 has them: the most specific range that fits
decides, weight 0 refuses. What cannot be read is passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
EVENTS = "text/event-stream"

_MAX_RANGES = 50


@dataclass(frozen=True, slots=True)
class Accepted:
    """The ranges of an Accept header with their weights; empty = everything is accepted."""

    weights: Mapping[str, float]

    def weight(self, media_type: str) -> float:
        """Weight of a media type by the most specific range, 0 when it is not accepted."""
        if not self.weights:
            return 1.0
        main = media_type.partition("/")[0]
        ranges = (media_type, f"{main}/*", "*/*")
        return next((self.weights[each] for each in ranges if each in self.weights), 0.0)

    def named(self, media_type: str) -> float:
        """Weight of a media type that is listed by its own name, else 0."""
        return self.weights.get(media_type, 0.0)


def accepted(header: str | None) -> Accepted:
    """Reads an Accept header; several headers come joined with commas."""
    weights: dict[str, float] = {}
    for item in (header or "").split(",")[:_MAX_RANGES]:
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        if "/" in name:
            weights[name] = max(weights.get(name, 0.0), _weight(parameters))
    return Accepted(weights)


def _weight(parameters: list[str]) -> float:
    text = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def answer_type(wishes: Accepted) -> str | None:
    """The media type of a GraphQL answer: the one of the specification where it is named, else JSON, else none."""
    named, plain = wishes.named(GRAPHQL), wishes.weight(JSON)
    if named > 0 and named >= plain:
        return GRAPHQL
    return JSON if plain > 0 else None


def wants_page(wishes: Accepted) -> bool:
    """True for a browser: it names HTML, and nothing of ours with more weight."""
    page = wishes.named(HTML)
    return page > 0 and page >= max(wishes.named(GRAPHQL), wishes.named(JSON))


def is_json(content_type: str | None) -> bool:
    """True for `application/json` without a charset or with UTF-8."""
    name, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    charsets = [each.partition("=")[2].strip('"') for each in parameters if each.startswith("charset=")]
    return name == JSON and all(each in ("utf-8", "utf8") for each in charsets)
