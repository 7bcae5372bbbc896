"""Calls of other apps in a step: the link and job of a call, and what becomes of the child when a call is given up.

Process engine §13. The child itself is made by the job, in a transaction of its own; here only the caller's side is
written.
"""

from collections.abc import Iterable
from dataclasses import replace

from dialog_graph.bpmn import CallApp, Definition, ElementKind, State, Status, WaitKind
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import Refusal
from dialog_graph.model.ids import derived
from dialog_graph.model.json_value import Json
from dialog_graph.model.waits import Job, Link, LinkState, Relation
from dialog_graph.storage import links, parties
from dialog_graph.urns import PartyUrn

CALL, CANCEL_CHILD, TELL_PARENT, ASK_CHILD = "callApp", "cancelChild", "tellParent", "askChild"
"""Kinds of jobs."""

UNCAUGHT_ERROR = "UNCAUGHT_ERROR"

CHILD_CANCELLED = "CHILD_CANCELLED"
"""The error that a caller meets whose child was aborted."""


def call(work: Work, effect: CallApp) -> None:
    """Notes the call; `settle` completes it when it is still wanted at the end of the step."""
    index = "" if effect.index is None else f":{effect.index}"
    key = f"{work.instance.instance_id}:{effect.element_id}#{effect.entry_no}{index}"
    settings: dict[str, Json] = {"party": effect.party, "credentials": effect.credentials, "data": effect.data}
    work.waiting.put_link(
        Link(
            link_id=derived(work.now, "link", key),
            relation=Relation.CHILD,
            other_app=effect.app,
            key=key,
            element_id=effect.element_id,
            owner=effect.owner,
            entry_no=effect.entry_no,
            completion=effect.completion,
            state=LinkState.CALLING,
            depth=0,
            created_at=work.now,
            loop_index=effect.index,
            settings=settings,
        )
    )


async def settle(work: Work, before: State) -> None:
    """After the last round: jobs for the calls that were made, and for the children that nobody waits for any more."""
    new = [link for link in work.waiting.links if link.state is LinkState.CALLING and not link.depth]
    if new:
        await _start(work, new)
    called = {wait.owner for wait in before.waits(work.version.definition) if wait.kind is WaitKind.CALL}
    if given_up := called & work.waiting.closed_owners:
        await _give_up(work, given_up)
    if work.waiting.is_over:
        await _tell_parent(work, CHILD_CANCELLED if work.state.status is Status.CANCELLED else None)
    elif (error := _error_end(work)) is not None:
        await _tell_parent(work, error)


def _error_end(work: Work) -> str | None:
    """The code of an error end event that this step has reached and that nothing catches here."""
    is_new = any(incident.code == UNCAUGHT_ERROR for incident in work.waiting.incidents)
    return error_end_of(work.version.definition, work.state) if is_new else None


def error_end_of(definition: Definition, state: State) -> str | None:
    """The code of the error end event at which an instance has stopped, because nothing catches it there.

    Whoever has called the instance may catch the error, and go on without it.
    """
    stopped = {incident.token for incident in state.incidents if incident.code == UNCAUGHT_ERROR}
    tokens = (token for token in state.tokens if token.id in stopped)
    for element in (definition.element_of(token.index, token.on_flow) for token in tokens):
        if element.kind is ElementKind.END_EVENT and element.event is not None:
            return element.event.code
    return None


async def _start(work: Work, new: Iterable[Link]) -> None:
    # The link of a child that begins in this very step is not stored yet.
    own = [link for link in work.waiting.links if link.relation is Relation.PARENT]
    known = [*await links.of_instance(work.tx, work.instance.instance_id), *own]
    depth = 1 + max((link.depth for link in known if link.relation is Relation.PARENT), default=0)
    for call in new:
        link = _again(call, known)
        party = await _party(work, link.settings.get("party"))
        data: dict[str, Json] = {
            "linkId": str(link.link_id),
            "app": link.other_app,
            "party": party,
            "depth": depth,
            "completion": link.completion,
            "credentials": link.settings.get("credentials"),
            "prefill": link.settings.get("data"),
            "actor": work.principal.actor.to_json(),
        }
        work.waiting.replace_link(call, replace(link, depth=depth, settings={}))
        work.waiting.start_job(_job(work, link, CALL, data))


def _again(link: Link, known: Iterable[Link]) -> Link:
    """A call that is made once more after it has failed is another call, and may make another child."""
    place = (link.element_id, link.entry_no, link.loop_index)
    count = sum(place == (item.element_id, item.entry_no, item.loop_index) for item in known)
    return replace(link, key=f"{link.key}~{count}") if count else link


async def _party(work: Work, given: Json) -> int | None:
    """The party as the register numbers it, so that nobody's national number stands in a job; None: no such party."""
    if given is None:
        return work.instance.party_id
    urn = PartyUrn.parse(given) if isinstance(given, str) else None
    found = None if urn is None or isinstance(urn, Refusal) else await parties.find(work.tx, urn)
    return found.party_id if found else None


def _job(work: Work, link: Link, kind: str, data: dict[str, Json]) -> Job:
    return Job(
        job_id=derived(work.now, kind, link.key),
        kind=kind,
        key=link.key if kind == CALL else f"{kind}:{link.key}",
        created_at=work.now,
        next_at=work.now,
        element_id=link.element_id,
        owner=link.owner if kind == CALL else 0,
        entry_no=link.entry_no,
        entry_id=link.entry_id,
        is_ordered=kind == CALL,
        data=data,
    )


async def _give_up(work: Work, owners: Iterable[int]) -> None:
    """Children of calls that are over though they have not ended are told; whether they stop is their own matter."""
    ended = {link.link_id for link in work.waiting.links if link.state is not LinkState.CALLING}
    for link in await links.of_instance(work.tx, work.instance.instance_id):
        is_open = link.state in (LinkState.CALLING, LinkState.LINKED) and link.link_id not in ended
        if link.relation is Relation.CHILD and link.owner in owners and is_open and link.completion == "wait":
            work.waiting.start_job(_job(work, link, CANCEL_CHILD, {"app": link.other_app, "key": link.key}))


async def _tell_parent(work: Work, error: str | None) -> None:
    """A child that has ended, also with an error, tells whoever waits for it, after the commit."""
    new = (link for link in work.waiting.links if link.relation is Relation.PARENT)
    link = next(new, None)
    if link is None and work.instance.revision:
        link = await links.to_parent(work.tx, work.instance.instance_id)
    if link is not None and link.completion == "wait":
        # A child that has stopped may be tried again, and stop again.
        told = link if work.waiting.is_over else replace(link, key=f"{link.key}@{work.instance.revision}")
        work.waiting.start_job(_job(work, told, TELL_PARENT, news_for_parent(link, error)))


def news_for_parent(link: Link, error: str | None) -> dict[str, Json]:
    """What the caller of a child that has ended is told. `link`: the child's own side."""
    return {
        "key": link.key,
        "parentId": str(link.other_id),
        "parentApp": link.other_app,
        "errorCode": error,
    }


async def ask_children(work: Work) -> None:
    """A restored caller asks after its children: one that ended meanwhile could not tell it (process engine §10).

    Also after those that it has not heard of yet: a child may have been made, and have ended, while it was deleted.
    """
    for link in await links.of_instance(work.tx, work.instance.instance_id):
        is_open = link.state in (LinkState.CALLING, LinkState.LINKED)
        if link.relation is Relation.CHILD and is_open and link.completion == "wait":
            asked = replace(link, key=f"{link.key}@{work.instance.revision}")
            work.waiting.start_job(_job(work, asked, ASK_CHILD, {"app": link.other_app, "key": link.key}))
