"""The layout of a process without usable interchange: layers from left to right in flow order, orthogonal lines.

The steps of one subprocess, or of the process, are a graph of their own; what is inside a subprocess is laid out
first and gives its size. Per graph: flows that lead back are found (`layering`), steps get layers and long flows get
places in the layers between, the order inside the layers is improved until few flows cross (`ordering`), then heights
(`rows`) and, for the vertical parts of the flows, tracks between the layers (`channels`). Flows never run through
steps by construction: what is between two layers is free, and in a layer every flow has a place of its own.
"""

from dialog_graph.bpmn.drawing.layout.scopes import lay_out

__all__ = ["lay_out"]
