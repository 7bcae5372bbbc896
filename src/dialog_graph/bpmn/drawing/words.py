"""What a screen reader is told of a drawing, in Norwegian Bokmål, Nynorsk and English."""

from collections.abc import Mapping, Sequence

from dialog_graph.bpmn.drawing.figures import Figure

LANGUAGES = ("nb", "nn", "en")

_WORDS: Mapping[str, tuple[str, str, str]] = {
    "process": ("Prosess", "Prosess", "Process"),
    "steps": ("Trinn", "Steg", "Steps"),
    # states
    "done": ("ferdig", "ferdig", "done"),
    "active": ("aktiv", "aktiv", "active"),
    "waiting": ("venter", "ventar", "waiting"),
    "failed": ("feilet", "feila", "failed"),
    # figures
    "startEvent": ("Starthendelse", "Starthending", "Start event"),
    "endEvent": ("Slutthendelse", "Slutthending", "End event"),
    "intermediateThrowEvent": ("Hendelse som sendes", "Hending som blir send", "Throwing event"),
    "intermediateCatchEvent": ("Hendelse som ventes på", "Hending som blir venta på", "Catching event"),
    "boundaryEvent": ("Hendelse underveis", "Hending undervegs", "Boundary event"),
    "task": ("Oppgave", "Oppgåve", "Task"),
    "userTask": ("Brukeroppgave", "Brukaroppgåve", "User task"),
    "manualTask": ("Manuell oppgave", "Manuell oppgåve", "Manual task"),
    "serviceTask": ("Systemoppgave", "Systemoppgåve", "Service task"),
    "sendTask": ("Sendeoppgave", "Sendeoppgåve", "Send task"),
    "receiveTask": ("Mottaksoppgave", "Mottaksoppgåve", "Receive task"),
    "scriptTask": ("Skriptoppgave", "Skriptoppgåve", "Script task"),
    "businessRuleTask": ("Regeloppgave", "Regeloppgåve", "Business rule task"),
    "callActivity": ("Kall til annen prosess", "Kall til annan prosess", "Call activity"),
    "subProcess": ("Delprosess", "Delprosess", "Subprocess"),
    "transaction": ("Transaksjon", "Transaksjon", "Transaction"),
    "adHocSubProcess": ("Fri delprosess", "Fri delprosess", "Ad-hoc subprocess"),
    "exclusiveGateway": ("Valg", "Val", "Exclusive gateway"),
    "parallelGateway": ("Parallell deling", "Parallell deling", "Parallel gateway"),
    "inclusiveGateway": ("Valg av én eller flere", "Val av éin eller fleire", "Inclusive gateway"),
    "eventBasedGateway": ("Valg ved hendelse", "Val ved hending", "Event-based gateway"),
    "complexGateway": ("Sammensatt valg", "Samansett val", "Complex gateway"),
    "participant": ("Deltaker", "Deltakar", "Participant"),
    "lane": ("Bane", "Bane", "Lane"),
    "group": ("Gruppe", "Gruppe", "Group"),
    "textAnnotation": ("Merknad", "Merknad", "Annotation"),
    "dataObject": ("Data", "Data", "Data object"),
    "dataObjectReference": ("Data", "Data", "Data object"),
    "dataInput": ("Data inn", "Data inn", "Data input"),
    "dataOutput": ("Data ut", "Data ut", "Data output"),
    "dataStoreReference": ("Datalager", "Datalager", "Data store"),
    # lines
    "sequenceFlow": ("Flyt", "Flyt", "Flow"),
    "messageFlow": ("Meldingsflyt", "Meldingsflyt", "Message flow"),
    "association": ("Tilknytning", "Tilknyting", "Association"),
    "dataAssociation": ("Dataflyt", "Dataflyt", "Data association"),
    # what events are about
    "message": ("melding", "melding", "message"),
    "timer": ("tid", "tid", "timer"),
    "error": ("feil", "feil", "error"),
    "escalation": ("eskalering", "eskalering", "escalation"),
    "signal": ("signal", "signal", "signal"),
    "conditional": ("vilkår", "vilkår", "condition"),
    "link": ("lenke", "lenkje", "link"),
    "compensation": ("tilbakeføring", "tilbakeføring", "compensation"),
    "cancel": ("avbrudd", "avbrot", "cancel"),
    "terminate": ("avslutter alt", "avsluttar alt", "terminate"),
    "multiple": ("flere", "fleire", "multiple"),
    "parallelMultiple": ("alle av flere", "alle av fleire", "parallel multiple"),
    "referenced": ("flere", "fleire", "multiple"),
}


def language_for(wanted: Sequence[str]) -> str:
    """The best of the languages that we have; Bokmål where none is wanted or known."""
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])


def word(key: str, language: str) -> str:
    """The word of a language; the key itself for what the table does not know."""
    words = _WORDS.get(key)
    return key if words is None else words[LANGUAGES.index(language)]


def kind_of(figure: Figure, language: str) -> str:
    """What a figure is: `Start event (message)`."""
    kind = word(figure.tag, language)
    return f"{kind} ({word(figure.event, language)})" if figure.event else kind
