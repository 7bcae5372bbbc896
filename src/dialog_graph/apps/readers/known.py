"""What expressions and rules of an app may name: data types, fields, components, texts. For the linter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.metadata import DataType
from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.contents.shapes import Shape
from dialog_graph.apps.contents.texts import TextResources
from dialog_graph.apps.form_data.xml_form import ROW_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names of one app. `components`: ids that a look-up can find where the expression stands."""

    data_types: Mapping[str, DataType]
    models: Mapping[str, Model]
    texts: TextResources = field(default_factory=TextResources)
    components: frozenset[str] = frozenset()

    def is_form(self, data_type: str) -> bool:
        """True for a known data type of form data."""
        return data_type in self.data_types and self.data_types[data_type].is_form

    def shape(self, data_type: str, path: str) -> Shape | None:
        """The shape of a field, None when the model has no such path. Row ids are everywhere."""
        steps = paths.parse(path)
        if steps is None:
            return None
        model = self.models.get(data_type)
        shape = model.shape.at(steps) if model else Shape()
        return Shape() if shape is None and steps[-1] == ROW_ID else shape

    def near(self, data_type: str, path: str) -> str:
        """A hint that names the same path in the model's letters; empty without one."""
        model, steps = self.models.get(data_type), paths.parse(path)
        found = model.shape.folded(steps) if model and steps else None
        return f', did you mean "{paths.show(found)}"' if found else ""
