"""The field `guide`: a stateless form is filled in and checked, and nothing is stored (app folder §4.1, §7)."""

from collections.abc import Mapping
from typing import cast

import strawberry
from strawberry import Info

from dialog_graph.apps.guide import Question
from dialog_graph.commands.step.json_input import refuse_unfit
from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.errors import ValidationIssue, issue
from dialog_graph.graphql.types.form import Form
from dialog_graph.graphql.types.scalars import JsonScalar
from dialog_graph.model.json_value import Json
from dialog_graph.reads import forms


@strawberry.type(description="A stateless form as it stands: calculated and checked, and stored nowhere.")
class GuideResult:
    """`data`: the document with what was calculated and filled in; `form`: null where the app has none for it."""

    data: JsonScalar
    issues: list[ValidationIssue]
    form: Form | None


def _parameters(given: JsonScalar | None) -> Mapping[str, str]:
    """The parameters of the address; texts by their names."""
    value = cast(Json, given)
    if value is None:
        return {}
    texts = {name: text for name, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}
    if not isinstance(value, dict) or len(texts) < len(value):
        raise Refused(Refusal(code="INVALID_INPUT", expected="an object of texts", path=("parameters",)))
    return texts


def _question(
    data: JsonScalar, data_type: str | None, parameters: JsonScalar | None, lookups: list[str] | None
) -> Question:
    document = cast(Json, data)
    refuse_unfit(document, "data")
    refuse_unfit(cast(Json, parameters), "parameters")
    if lookups:
        expected, actual = "no lookups: this version runs none", f"{len(lookups)} are asked for"
        raise Refused(Refusal(code="INVALID_INPUT", expected=expected, actual=actual, path=("lookups",)))
    return Question(document=document, data_type=data_type, parameters=_parameters(parameters))


async def guide(
    info: Info[Context, None],
    application: str,
    data: JsonScalar,
    data_type: str | None = None,
    parameters: JsonScalar | None = None,
    lookups: list[str] | None = None,
) -> GuideResult:
    """Fills in, calculates and checks a stateless form; anonymous where the app allows it."""
    asked = await info.context.read(forms.guide_of, application, data_type)
    question = _question(data, data_type, parameters, lookups)
    answer, form = await forms.answered(info.context.ports, asked, question, info.context.languages)
    return GuideResult(
        data=JsonScalar(answer.document),
        issues=[issue(item, info.context.languages) for item in answer.issues],
        form=form,  # pyright: ignore[reportArgumentType] -- fields are read from the view
    )
