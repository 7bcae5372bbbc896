"""What validation tells people, in three languages (app folder §10.3). Parameters are filled in by `message`."""

from collections.abc import Mapping
from typing import cast

from dialog_graph.errors import Texts

LANGUAGES = ("nb", "nn", "en")

_TABLE: Mapping[str, tuple[str, str, str]] = {
    # number of elements
    "TooManyDataElementsOfType": (
        "Det kan være høyst {limit} av «{type}», men det er {count}.",
        "Det kan vera høgst {limit} av «{type}», men det er {count}.",
        'There may be at most {limit} of "{type}", but there are {count}.',
    ),
    "TooFewDataElementsOfType": (
        "Det må være minst {limit} av «{type}», men det er {count}.",
        "Det må vera minst {limit} av «{type}», men det er {count}.",
        'There must be at least {limit} of "{type}", but there are {count}.',
    ),
    # files
    "MissingContentType": (
        "Filen mangler innholdstype.",
        "Fila manglar innhaldstype.",
        "The file has no content type.",
    ),
    "ContentTypeNotAllowed": (
        "Filer av typen {found} er ikke tillatt her.",
        "Filer av typen {found} er ikkje tillatne her.",
        "Files of type {found} are not allowed here.",
    ),
    "DataElementTooLarge": (
        "Filen er større enn {limit} MiB.",
        "Fila er større enn {limit} MiB.",
        "The file is larger than {limit} MiB.",
    ),
    "DataElementFileInfected": (
        "Filen inneholder skadelig programvare og må fjernes.",
        "Fila inneheld skadeleg programvare og må fjernast.",
        "The file contains malware and must be removed.",
    ),
    "DataElementFileScanPending": (
        "Filen blir fortsatt sjekket for virus. Prøv igjen om litt.",
        "Fila blir framleis sjekka for virus. Prøv igjen om litt.",
        "The file is still being scanned for viruses. Try again in a moment.",
    ),
    "InvalidFileNameFormat": (
        "Filnavnet kan ikke brukes.",
        "Filnamnet kan ikkje brukast.",
        "The file name cannot be used.",
    ),
    "MissingFileName": (
        "Filen mangler navn.",
        "Fila manglar namn.",
        "The file has no name.",
    ),
    # rules of the app
    "ResultDoesNotFit": (
        "Feltet ble ikke beregnet: resultatet passer ikke i det.",
        "Feltet vart ikkje rekna ut: resultatet passar ikkje i det.",
        "The field was not calculated: the result does not fit it.",
    ),
    "expression": (
        "Verdien er ikke gyldig.",
        "Verdien er ikkje gyldig.",
        "The value is not valid.",
    ),
    # XML
    "XSD": (
        "Linje {line} i XML-dokumentet følger ikke skjemaet.",
        "Linje {line} i XML-dokumentet følgjer ikkje skjemaet.",
        "Line {line} of the XML document does not follow the schema.",
    ),
    # data model
    "required": ("Feltet må fylles ut.", "Feltet må fyllast ut.", "The field must be filled in."),
    "type": (
        "Verdien må være {types}.",
        "Verdien må vera {types}.",
        "The value must be {types}.",
    ),
    "enum": (
        "Verdien er ikke blant de tillatte.",
        "Verdien er ikkje mellom dei tillatne.",
        "The value is not one of those allowed.",
    ),
    "const": ("Verdien må være {value}.", "Verdien må vera {value}.", "The value must be {value}."),
    "minLength": (
        "Bruk minst {limit} tegn.",
        "Bruk minst {limit} teikn.",
        "Use at least {limit} characters.",
    ),
    "maxLength": (
        "Bruk høyst {limit} tegn.",
        "Bruk høgst {limit} teikn.",
        "Use at most {limit} characters.",
    ),
    "pattern": (
        "Verdien har ikke riktig form.",
        "Verdien har ikkje rett form.",
        "The value does not have the right form.",
    ),
    "format": (
        "Verdien er ikke en gyldig {format}.",
        "Verdien er ikkje ein gyldig {format}.",
        "The value is not a valid {format}.",
    ),
    "minimum": (
        "Verdien må være {limit} eller mer.",
        "Verdien må vera {limit} eller meir.",
        "The value must be {limit} or more.",
    ),
    "maximum": (
        "Verdien må være {limit} eller mindre.",
        "Verdien må vera {limit} eller mindre.",
        "The value must be {limit} or less.",
    ),
    "exclusiveMinimum": (
        "Verdien må være mer enn {limit}.",
        "Verdien må vera meir enn {limit}.",
        "The value must be more than {limit}.",
    ),
    "exclusiveMaximum": (
        "Verdien må være mindre enn {limit}.",
        "Verdien må vera mindre enn {limit}.",
        "The value must be less than {limit}.",
    ),
    "multipleOf": (
        "Verdien må være delelig med {multiple_of}.",
        "Verdien må kunna delast på {multiple_of}.",
        "The value must be a multiple of {multiple_of}.",
    ),
    "minItems": (
        "Legg til minst {limit} rader.",
        "Legg til minst {limit} rader.",
        "Add at least {limit} rows.",
    ),
    "maxItems": (
        "Det kan være høyst {limit} rader.",
        "Det kan vera høgst {limit} rader.",
        "There may be at most {limit} rows.",
    ),
    "uniqueItems": (
        "Ingen rader kan være like.",
        "Ingen rader kan vera like.",
        "No two rows may be equal.",
    ),
    "additionalProperties": (
        "Feltet finnes ikke i datamodellen.",
        "Feltet finst ikkje i datamodellen.",
        "The data model has no such field.",
    ),
}
_OTHER = (
    "Verdien følger ikke datamodellen ({code}).",
    "Verdien følgjer ikkje datamodellen ({code}).",
    "The value does not follow the data model ({code}).",
)
_SAME_AS = {"unevaluatedProperties": "additionalProperties"}
_TYPES: Mapping[str, tuple[str, str, str]] = {
    "string": ("tekst", "tekst", "text"),
    "integer": ("et heltall", "eit heiltal", "a whole number"),
    "number": ("et tall", "eit tal", "a number"),
    "boolean": ("ja eller nei", "ja eller nei", "yes or no"),
    "array": ("en liste", "ei liste", "a list"),
    "object": ("en gruppe av felt", "ei gruppe av felt", "a group of fields"),
    "null": ("tom", "tom", "empty"),
}
_FORMATS: Mapping[str, tuple[str, str, str]] = {
    "date": ("dato", "dato", "date"),
    "date-time": ("tid", "tid", "time"),
    "time": ("klokkeslett", "klokkeslett", "time of day"),
    "email": ("e-postadresse", "e-postadresse", "e-mail address"),
    "uri": ("nettadresse", "nettadresse", "web address"),
}
_OR = (" eller ", " eller ", " or ")

CODES = frozenset(_TABLE)
"""Codes that have a text of their own; all others share one that names the code."""


def message(code: str, parameters: Mapping[str, object]) -> Texts:
    """The texts of a code by language. Parameters are values of the schema, never of the form."""
    row = _TABLE.get(_SAME_AS.get(code, code), _OTHER)
    return {
        language: text.format(**{"code": code, **_words(parameters, index)})
        for index, (language, text) in enumerate(zip(LANGUAGES, row, strict=True))
    }


def _words(parameters: Mapping[str, object], language: int) -> dict[str, str]:
    """The parameters as words of a language."""
    words = {name: str(value)[:200] for name, value in parameters.items()}
    types = parameters.get("types")
    if isinstance(types, list):
        names = sorted((str(name) for name in cast("list[object]", types)), key=lambda name: (name == "null", name))
        words["types"] = _OR[language].join(_TYPES.get(name, (name,) * 3)[language] for name in names)
    if "format" in words:
        words["format"] = _FORMATS.get(words["format"], (words["format"],) * 3)[language]
    return words
