"""Texts of projected dialogs: the app's own by key and status, ours where it has none (inbox rules §13.3)."""

import re
from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

from dialog_graph.apps import AppVersion
from dialog_graph.errors import Texts

TITLE_LENGTH = 255
ADDITIONAL_INFO_LENGTH = 1023
EXTENDED_STATUS_LENGTH = 25
_LANGUAGE = re.compile(r"[a-z]{2}\Z")


class Derived(StrEnum):
    """What the state of an instance means to its party (inbox rules §13.2)."""

    CANCELLED = "Cancelled"
    ARCHIVED_CONFIRMED = "ArchivedConfirmed"
    ARCHIVED_UNCONFIRMED = "ArchivedUnconfirmed"
    REJECTED = "Rejected"
    AWAITING_FEEDBACK = "AwaitingServiceOwnerFeedback"
    AWAITING_CONFIRMATION = "AwaitingConfirmation"
    AWAITING_SIGNATURE = "AwaitingSignature"
    AWAITING_ADDITIONAL_INPUT = "AwaitingAdditionalUserInput"
    AWAITING_INPUT_FROM_PREFILL = "AwaitingInitialUserInputFromPrefill"
    AWAITING_INPUT = "AwaitingInitialUserInput"


def _texts(nb: str, nn: str, en: str) -> Texts:
    return MappingProxyType({"nb": nb, "nn": nn, "en": en})


SUMMARIES = MappingProxyType(
    {
        Derived.CANCELLED: _texts("Saken er avbrutt.", "Saka er avbroten.", "The case was cancelled."),
        Derived.ARCHIVED_CONFIRMED: _texts(
            "Innsendingen er mottatt av tjenesteeieren.",
            "Innsendinga er motteken av tenesteeigaren.",
            "The service owner has received the submission.",
        ),
        Derived.ARCHIVED_UNCONFIRMED: _texts(
            "Skjemaet er sendt inn og venter på å bli hentet.",
            "Skjemaet er sendt inn og ventar på å bli henta.",
            "The form is submitted and waits to be collected.",
        ),
        Derived.REJECTED: _texts(
            "Noe må rettes før du kan gå videre.",
            "Noko må rettast før du kan gå vidare.",
            "Something has to be corrected before you can go on.",
        ),
        Derived.AWAITING_FEEDBACK: _texts(
            "Venter på svar fra tjenesteeieren.",
            "Ventar på svar frå tenesteeigaren.",
            "Waiting for an answer from the service owner.",
        ),
        Derived.AWAITING_CONFIRMATION: _texts(
            "Se over opplysningene og bekreft dem.",
            "Sjå over opplysningane og stadfest dei.",
            "Look over the information and confirm it.",
        ),
        Derived.AWAITING_SIGNATURE: _texts(
            "Skjemaet er klart til signering.", "Skjemaet er klart til signering.", "The form is ready to be signed."
        ),
        Derived.AWAITING_ADDITIONAL_INPUT: _texts(
            "Flere opplysninger må fylles ut.",
            "Fleire opplysningar må fyllast ut.",
            "More information has to be filled in.",
        ),
        Derived.AWAITING_INPUT_FROM_PREFILL: _texts(
            "Et delvis utfylt skjema venter på deg.",
            "Eit delvis utfylt skjema ventar på deg.",
            "A partly completed form is waiting for you.",
        ),
        Derived.AWAITING_INPUT: _texts(
            "Skjemaet er påbegynt og kan fylles ut.",
            "Skjemaet er påbyrja og kan fyllast ut.",
            "The form is started and can be filled in.",
        ),
    }
)

_OPEN = _texts("Gå til skjemaet", "Gå til skjemaet", "Go to the form")
_ARCHIVED = _texts("Se innsendingen", "Sjå innsendinga", "See the submission")
_SIGN = _texts("Gå til signering", "Gå til signering", "Go to signing")
_PRIMARY = MappingProxyType(
    {
        Derived.ARCHIVED_CONFIRMED: _ARCHIVED,
        Derived.ARCHIVED_UNCONFIRMED: _ARCHIVED,
        Derived.AWAITING_SIGNATURE: _SIGN,
    }
)
DELETE_LABEL = _texts("Slett", "Slett", "Delete")
DELETE_PROMPT = _texts("Vil du slette skjemaet?", "Vil du slette skjemaet?", "Do you want to delete the form?")
COPY_LABEL = _texts("Lag en kopi", "Lag ein kopi", "Make a copy")


def clamp(texts: Texts, limit: int) -> Texts:
    """Cuts what is too long and shows it with three dots."""
    return {language: text if len(text) <= limit else f"{text[: limit - 3]}..." for language, text in texts.items()}


def _keys(type: str, task_id: str | None, derived: Derived) -> Iterable[str]:
    status = derived.value.lower()
    if task_id is not None:
        yield f"dp.{type}.{task_id}.{status}"
        yield f"dp.{type}.{task_id}"
    yield f"dp.{type}._any_.{status}"
    yield f"dp.{type}"


def own_texts(version: AppVersion, type: str, task_id: str | None, derived: Derived) -> dict[str, str]:
    """The app's texts of one type, per language the first key that is not blank; languages of two letters only."""
    found: dict[str, str] = {}
    for key in _keys(type, task_id, derived):
        for language, text in _usable(version.texts.all(key)).items():
            found.setdefault(language, text)
    return found


def _usable(texts: Texts) -> dict[str, str]:
    """What may be shown: languages of two letters, texts that are not blank."""
    return {code: text for code, text in texts.items() if _LANGUAGE.match(code) and text.strip()}


def _or(own: dict[str, str], fallback: Texts) -> Texts:
    return own or fallback


def title(version: AppVersion, task_id: str | None, derived: Derived, shown: Iterable[str]) -> Texts:
    """Own title, else the app's name; with the presentation texts (`shown`) behind it."""
    base = _or(own_texts(version, "title", task_id, derived), app_title(version))
    tail = [text for text in shown if text.strip()]
    return clamp({language: ", ".join((text, *tail)) for language, text in base.items()}, TITLE_LENGTH)


def app_title(version: AppVersion) -> Texts:
    """The app's name in all its languages; its id where it has none."""
    return _usable(version.title) or {"nb": str(version.app_id)}


def summary(version: AppVersion, task_id: str | None, derived: Derived, described: str | None) -> Texts:
    """The substatus description (`described`: key or literal), else own texts, else ours."""
    if described and described.strip():
        return clamp(literal(version, described), TITLE_LENGTH)
    return clamp(_or(own_texts(version, "summary", task_id, derived), SUMMARIES[derived]), TITLE_LENGTH)


def literal(version: AppVersion, text: str) -> Texts:
    """A text key of the app in its languages, or the text as it stands."""
    return _usable(version.texts.all(text)) or {"nb": text}


def extended_status(version: AppVersion, label: str | None) -> Texts:
    """The substatus label (text key or literal); empty without one."""
    return clamp(literal(version, label), EXTENDED_STATUS_LENGTH) if label and label.strip() else {}


def additional_info(version: AppVersion, task_id: str | None, derived: Derived) -> Texts:
    """Own texts only; empty when the app has none."""
    return clamp(own_texts(version, "additionalinfo", task_id, derived), ADDITIONAL_INFO_LENGTH)


def primary_label(version: AppVersion, task_id: str | None, derived: Derived) -> Texts:
    """Label of the button that opens the form."""
    return _or(own_texts(version, "primaryactionlabel", task_id, derived), _PRIMARY.get(derived, _OPEN))


def delete_label(version: AppVersion, task_id: str | None, derived: Derived) -> Texts:
    """Label of the button that deletes the instance."""
    return _or(own_texts(version, "deleteactionlabel", task_id, derived), DELETE_LABEL)


def copy_label(version: AppVersion, task_id: str | None, derived: Derived) -> Texts:
    """Label of the button that copies an archived instance."""
    return _or(own_texts(version, "copyactionlabel", task_id, derived), COPY_LABEL)
