"""BPMN texts for the drawing tests: short ones written by hand, random ones with names and with an interchange."""

import re
from collections.abc import Mapping
from itertools import pairwise
from random import Random

from tests.conformance.bpmn.generated import model, text

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:dd="http://www.omg.org/spec/DD/20100524/DI"'
)
WORDS = ("søknad", "behandling", "Godkjenn", "vedtak", "av", "opplysninger", "fra", "ja", "nei", "Ettersendingsfrist")
_NAMED = re.compile(r"<(\w*(?:[tT]ask|Event|Gateway|ubProcess|transaction|sequenceFlow)) id=")


def process(inside: str, diagram: str = "", beside: str = "", name: str = "") -> bytes:
    """A file with one process. `beside`: next to it; `diagram`: a whole plane's parts."""
    plane = f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="P">{diagram}</di:BPMNPlane></di:BPMNDiagram>'
    named = f' name="{name}"' if name else ""
    return (
        f'<definitions {NAMESPACES}>{beside}<process id="P"{named}>{inside}</process>{plane if diagram else ""}'
        "</definitions>".encode()
    )


def row(*steps: str) -> str:
    """Tasks with these ids, one after another."""
    tasks = "".join(f'<task id="{id}" name="{id}"/>' for id in steps)
    return tasks + "".join(flow(one, other) for one, other in pairwise(steps))


def flow(source: str, target: str, more: str = "") -> str:
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"{more}/>'


def shape(id: str, x: object, y: object, width: object = 100, height: object = 80, more: str = "") -> str:
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'
    return f'<di:BPMNShape bpmnElement="{id}"{more}>{bounds}</di:BPMNShape>'


def edge(id: str, *points: tuple[object, object]) -> str:
    waypoints = "".join(f'<dd:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<di:BPMNEdge bpmnElement="{id}">{waypoints}</di:BPMNEdge>'


def random_model(random: Random) -> bytes:
    """A random model; most of its elements have names of one to five words."""
    drawn = text(model(random)).decode()
    return _NAMED.sub(lambda found: _named(found, random), drawn).encode()


def _named(found: re.Match[str], random: Random) -> str:
    if found[1].endswith("Definition") or random.random() < 0.3:
        return found[0]
    name = " ".join(random.choice(WORDS) for _ in range(random.randrange(1, 6)))
    return f'<{found[1]} name="{name}" id='


def with_interchange(
    xml: bytes,
    boxes: Mapping[str, tuple[float, float, float, float]],
    lines: Mapping[str, tuple[tuple[float, float], ...]],
) -> bytes:
    """The model with these places written into it."""
    shapes = "".join(shape(id, *box) for id, box in boxes.items())
    edges = "".join(edge(id, *path) for id, path in lines.items())
    plane = f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="P">{shapes}{edges}</di:BPMNPlane></di:BPMNDiagram>'
    opened = xml.decode().replace("<definitions ", f"<definitions {NAMESPACES.partition(' ')[2]} ", 1)
    return opened.replace("</definitions>", f"{plane}</definitions>").encode()
