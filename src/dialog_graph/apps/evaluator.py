"""Answers conditions over an instance's data: the contexts of expressions (app folder §11.8)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.texts import TextVariable
from dialog_graph.apps.standing import NOWHERE, Standing
from dialog_graph.apps.stateless import is_blank
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import EvaluationFailed, Vars
from dialog_graph.errors import Refusal
from dialog_graph.expressions import (
    OSLO,
    Context,
    ExpressionError,
    compact,
    from_model,
    several_elements,
    to_model,
    to_text,
    unknown_auth_property,
    unknown_component,
    unknown_data_type,
    unknown_options,
)
from dialog_graph.model import strict_json
from dialog_graph.model.instance import DataElement, Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party, PartyKind

_OWNER_TYPES = {
    PartyKind.PERSON: "person",
    PartyKind.ORGANISATION: "org",
    PartyKind.SUBUNIT: "org",
    PartyKind.SELF_IDENTIFIED: "selfIdentified",
    PartyKind.EMAIL_USER: "selfIdentified",
}
_MAX_DOCUMENT = 64 << 20
_MARKER = re.compile(r"\[\{[0-9]*\}\]")
_QUOTED_DATA = (
    (re.compile(r"got value .*", re.DOTALL), "got another value"),
    (re.compile(r'parse date ".*": ', re.DOTALL), "parse date: "),
    (re.compile(r"Jmespath error: .*", re.DOTALL), "Jmespath error"),
)


@dataclass(slots=True, kw_only=True)
class AppEvaluator:
    """The evaluator of one step. Documents are parsed when first asked for; make a new one after data has changed.

    `owner`: the instance's party, for `instanceContext`; `language`: of texts; `allowed`: what `authContext` may be
    asked for (`read`, `write`, the actions of the task) and whether the reader may do it. `withheld`: data types that
    the reader may not read: they take part in what is decided, and are absent from what is told (`in_language`).
    """

    version: AppVersion
    instance: Instance
    owner: Party | None = None
    language: str = "nb"
    allowed: Mapping[str, bool] = field(default_factory=dict[str, bool])
    withheld: frozenset[str] = frozenset()
    _documents: dict[UUID, Json] = field(default_factory=dict[UUID, Json], init=False)
    _absent: frozenset[str] = field(default=frozenset(), init=False)

    def condition(self, flow_id: str, vars: Vars) -> "Json | EvaluationFailed":
        """The value of a flow's condition; messages of failures hold no form data."""
        return self._answer(flow_id, self._default_type(vars), vars)

    def value(self, key: str, vars: Vars) -> "Json | EvaluationFailed":
        """The value of an expression of the process, in the form data of the activity that it belongs to.

        It is stored and sent on, so whole numbers are integers.
        """
        answer = self._answer(key, self._own_type(vars.gateway) or self._default_type(vars), vars)
        return answer if isinstance(answer, EvaluationFailed) else to_model(answer)

    def _answer(self, key: str, data_type: str | None, vars: Vars) -> "Json | EvaluationFailed":
        expression = self.version.conditions.get(key)
        if expression is None:
            return EvaluationFailed("the expression does not compile")
        try:
            standing = Standing(data_type=data_type, gateway_action=vars.gateway_action, argv=vars.argv)
            return expression.evaluate(self.context(standing))
        except ExpressionError as error:
            return EvaluationFailed(reason(error))

    def _own_type(self, element_id: str) -> str | None:
        """Data type of a task's own form; of an event at its boundary, that of the task."""
        element = self.version.definition.element(element_id)
        if element is not None and element.host is not None:
            element = self.version.definition.elements[element.host]
        return None if element is None or element.task is None else self.version.default_data_type(element.id)

    def context(self, standing: Standing) -> Context:
        """The context of an expression."""

        def look_up(path: str, named: str | None) -> Json:
            return self.field(path, named, standing)

        def component(id: str) -> Json:
            if standing.component is None:
                raise unknown_component(id)
            return standing.component(id)

        return Context(
            data_model=look_up,
            component=component,
            count_data_elements=lambda name: len(self._elements(name)),
            instance=self._instance_property,
            frontend_setting=self.version.settings.front_end.get,
            gateway_action=standing.gateway_action,
            language=self.language,
            text=lambda key: self.text(key, standing),
            time_zone=_time_zone(self.version.settings.time_zone),
            argv=standing.argv,
            auth=self._auth,
            option_label=self._option_label,
        )

    def text(self, key: str, standing: Standing = NOWHERE) -> str:
        """A text with its placeholders filled from where it stands; without a text, the key."""
        return self.version.texts.filled(key, self.language, lambda variable: self._variable(variable, standing))

    def in_language(self, language: str) -> "AppEvaluator":
        """What tells a reader of this language: without the data that is withheld; what is parsed already is shared."""
        other = replace(self, language=language)
        other._documents, other._absent = self._documents, self.withheld
        return other

    def as_told(self, standing: Standing) -> Standing:
        """The place for what is told: look-ups of components know all data, so none where some of it is withheld."""
        return replace(standing, component=None) if self.withheld else standing

    def document(self, element: DataElement) -> Json:
        """The document of a form element; null for files."""
        if element.element_id not in self._documents:
            self._documents[element.element_id] = document_of(element)
        return self._documents[element.element_id]

    def _default_type(self, vars: Vars) -> str | None:
        """Data type of the gateway, else of the task before it, else of that task's form (app folder §11.8)."""
        for id in (vars.gateway, vars.last_task):
            element = self.version.definition.element(id) if id else None
            if element is not None and element.connected_data_type:
                return element.connected_data_type
        return self.version.default_data_type(vars.last_task) if vars.last_task else None

    def _elements(self, data_type: str) -> tuple[DataElement, ...]:
        found = tuple(element for element in self.instance.elements if element.data_type == data_type)
        return () if data_type in self._absent else found

    def field(self, path: str, named: str | None, standing: Standing) -> Json:
        """The value of a field; raises `ExpressionError` for an unknown data type and where several elements fit."""
        data_type = named if named is not None else standing.data_type
        if data_type is None:
            return None
        if data_type not in self.version.data_types:
            raise unknown_data_type(data_type)
        steps = paths.parse(path)
        document = self.document_at(data_type, standing)
        return paths.get(document, steps, standing.indices(data_type), standing.arrays) if steps else None

    def document_at(self, data_type: str, standing: Standing) -> Json:
        """The document that a data type means here; null without an element."""
        if data_type in standing.documents and data_type not in self._absent:
            return standing.documents[data_type]
        elements = sorted(self._elements(data_type), key=lambda element: element.created_at)
        if len(elements) > 1 and data_type != standing.data_type:
            raise several_elements(data_type)
        return self.document(elements[0]) if elements else None

    def _instance_property(self, key: str) -> str | None:
        instance, owner = self.instance, self.owner
        if is_blank(instance):
            return str(instance.app_id) if key == "appId" else None
        values = {
            "instanceId": f"{instance.party_id}/{instance.instance_id}",
            "appId": str(instance.app_id),
            "instanceOwnerPartyId": str(instance.party_id),
            "instanceOwnerPartyType": _OWNER_TYPES.get(owner.kind, "unknown") if owner else "unknown",
            "instanceOwnerName": owner.name if owner else None,
        }
        return values.get(key)

    def _auth(self, name: str) -> bool:
        if name not in self.allowed:
            task = next((task.element_id for task in self.instance.open_tasks), None)
            raise unknown_auth_property(name, task)
        return self.allowed[name]

    def _option_label(self, list_id: str, value: str | None) -> str | None:
        options = self.version.options.get(list_id)
        if options is None:
            raise unknown_options(list_id)
        for option in options.get(self.language):
            if to_text(option.value) == value:
                return self.text(option.label)
        return None

    def _variable(self, variable: TextVariable, standing: Standing) -> str | None:
        """The value of a placeholder; a failing source gives none."""
        kind, _, name = variable.data_source.partition(".")
        try:
            match kind:
                case "dataModel":
                    named = None if name == "default" else name
                    return _shown(from_model(self.field(_MARKER.sub("", variable.key), named, standing)))
                case "instanceContext":
                    return self._instance_property(variable.key)
                case "applicationSettings":
                    return self.version.settings.front_end.get(variable.key)
                case "customTextParameters":
                    return standing.parameters.get(variable.key)
                case _:
                    return None
        except ExpressionError:
            return None


def without(instance: Instance, data_types: frozenset[str]) -> Instance:
    """The instance as somebody sees it who may not read these data types."""
    if not data_types:
        return instance
    return replace(instance, data=tuple(item for item in instance.data if item.data_type not in data_types))


def document_of(element: DataElement) -> Json:
    """The parsed document of a form element, null for files.

    A form whose document was not loaded, or that we stored and cannot read, is a fault (ValueError): taken as empty it
    would pass a gate that it must not pass.
    """
    if element.document is None:
        if element.is_form:
            raise ValueError("expected the documents of the instance to be loaded, but they are not")
        return None
    value = strict_json.parse(element.document, max_bytes=_MAX_DOCUMENT, decimals=True)
    if isinstance(value, Refusal):
        raise ValueError(f"expected a stored document, but {value.actual}")
    return value


def _shown(value: Json) -> str | None:
    return value if isinstance(value, str) or value is None else compact(value)


def reason(error: ExpressionError) -> str:
    """Why an expression failed, without form data, and at which place of it."""
    return _without_data(error.message) + (f" (at {error.path})" if error.path else "")


def _without_data(message: str) -> str:
    for pattern, replacement in _QUOTED_DATA:
        message = pattern.sub(replacement, message)
    return message


def _time_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return OSLO
