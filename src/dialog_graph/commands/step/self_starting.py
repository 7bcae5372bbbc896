"""Processes that begin by themselves, by a timer or a signal: for whom, and the instance (process engine §4.11, §12).

The app's own worker starts them, so the policy has to let its org instantiate; being the app's own process gives
nothing more.
"""

from uuid import UUID

from dialog_graph.apps import AppEvaluator, AppVersion
from dialog_graph.apps.diagnostics import PROCESS, At, finding
from dialog_graph.apps.evaluator import reason
from dialog_graph.apps.standing import Standing
from dialog_graph.apps.stateless import blank
from dialog_graph.bpmn import Element
from dialog_graph.bpmn.element_expressions import PARTY
from dialog_graph.commands.step.starting import Occasion, allowed, begin, opened
from dialog_graph.errors import Refusal, Refused
from dialog_graph.expressions import ExpressionError
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party
from dialog_graph.ports import Ports
from dialog_graph.storage import parties
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.steps import IdempotencyRow
from dialog_graph.urns import PartyUrn


async def start_by_itself(
    ports: Ports,
    tx: Transaction,
    place: tuple[AppVersion, Element],
    occasion: Occasion,
    given: tuple[int | None, IdempotencyRow | None] = (None, None),
) -> UUID:
    """Begins at a start event of an active version. `given`: the party where the file names none, the row of the
    repeat. Raises `Refused` as starting the app by hand would."""
    version, element = place
    party_id, idempotency = given
    party = await _party(tx, version, element, party_id)
    beginning = await allowed(ports, tx, version.app_id, party)
    work = await opened(ports, tx, beginning)
    work.by_engine = True
    work.change(created_by=work.actor)
    await begin(work, beginning.permit, element.id, idempotency, occasion)
    return work.instance.instance_id


async def _party(tx: Transaction, version: AppVersion, element: Element, otherwise: int | None) -> Party | None:
    """Whom the file names, else the party given; None when there is no such party."""
    value = _named(version, element)
    if value is None and otherwise is not None:
        return (await parties.by_ids(tx, [otherwise])).get(otherwise)
    urn = PartyUrn.parse(value) if isinstance(value, str) else None
    if urn is None or isinstance(urn, Refusal):
        actual = "none is named" if value is None else "what is named is none"
        raise Refused(Refusal(code="INVALID_INPUT", expected="the URN of a party", actual=actual))
    return await parties.find(tx, urn)


def _named(version: AppVersion, element: Element) -> Json:
    """What the expression of the party gives: it sees the app's settings, and no data."""
    expression = version.conditions.get(f"{element.id}:{PARTY}")
    if expression is None:
        return None
    try:
        return expression.evaluate(AppEvaluator(version=version, instance=blank(version, {})).context(Standing()))
    except ExpressionError as error:
        raise Refused(Refusal(code="INVALID_INPUT", expected="the URN of a party", actual=reason(error))) from error


def tell_refused(ports: Ports, version: AppVersion, element: Element, refusal: Refusal) -> None:
    """Shows the owner that the process could not begin, and why: there is no instance that could stop."""
    at = At(file=PROCESS, line=element.line, element_id=element.id)
    ports.findings.add(version, (finding("DG9405", at, id=element.id, reason=refusal.message),))
