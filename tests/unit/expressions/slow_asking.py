"""The functions of app folder §11.5 that ask the context, `formatDate` (§11.7) and `jmespath`, read off the page once
more; see `slow_values`.
"""

# The values of this file are any JSON, and its rules are lambdas: types would say nothing here.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false

import re
from datetime import datetime, timedelta
from typing import Any

from jmespath import Options, search
from jmespath.functions import Functions, signature

from dialog_graph.expressions import Context
from tests.unit.expressions.slow_values import ANY, D, N, Rule, S, T, Value, admitted, as_json, cut, fail, printed, told

INSTANCE_KEYS = ("instanceId", "appId", "instanceOwnerPartyId", "instanceOwnerPartyType", "instanceOwnerName")


def data_model(data_type: str | None) -> Rule:
    def rule(c: Context, path: Value) -> Value:
        return fail("Cannot lookup dataModel null") if path is None else admitted(c.data_model(S(path), data_type))

    return rule


def component(c: Context, id: Value) -> Value:
    return fail("Cannot lookup component null") if id is None else admitted(c.component(S(id)))


def elements(c: Context, data_type: Value) -> Value:
    if not isinstance(data_type, str):
        return fail("Expected dataType argument to be a string")
    return c.count_data_elements(data_type)


def of_instance(c: Context, key: Value) -> Value:
    if key in INSTANCE_KEYS:
        return c.instance(key)
    return fail(f"Unknown Instance context property {cut(key) if isinstance(key, str) else told(key)}")


def setting(c: Context, key: Value) -> Value:
    return fail("Value cannot be null. (Parameter 'key')") if key is None else c.frontend_setting(S(key))


def argument(c: Context, index: float | None) -> Value:
    if len(c.argv) == 0:
        return fail("No positional arguments available")
    for place, value in enumerate(c.argv):
        if index == place:
            return admitted(value)
    return fail(f"Index {'null' if index is None else printed(index)} out of range")


def named(c: Context, key: str | None = None) -> Value:
    names = [*c.values]
    if key is None and len(names) == 1:
        return admitted(c.values[names[0]])
    for name in names:
        if name == key:
            return admitted(c.values[name])
    # An empty name is told like none.
    return fail(f"Unknown key {cut(key) if key else 'null'}, Valid keys are: {cut(', '.join(names))}")


def label(options: str) -> Rule:
    return lambda c, option: c.option_label(options, option)


# --- formatDate (§11.7)

NORWEGIAN = "januar februar mars april mai juni juli august september oktober november desember".split()
MONTHS = {
    "nb": NORWEGIAN,
    "nn": NORWEGIAN,
    "en": "January February March April May June July August September October November December".split(),
}
DAYS = {
    "nb": "mandag tirsdag onsdag torsdag fredag lørdag søndag".split(),
    "nn": "måndag tysdag onsdag torsdag fredag laurdag søndag".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}


def format_date(c: Context, moment: datetime | None, pattern: str | None = None) -> Value:
    if moment is None:
        return None
    if moment.tzinfo is not None:
        moment = _moved(moment, c)
    language = c.language if c.language in MONTHS else "en"
    usual = "M/d/yy" if language == "en" else "dd.MM.yyyy"
    return re.sub(r"(.)\1*", lambda run: _run(run.group(), moment, language), pattern or usual, flags=re.DOTALL)


def _moved(moment: datetime, c: Context) -> datetime:
    shift = moment.utcoffset() or timedelta()
    try:
        universal = (moment.replace(tzinfo=None) - shift).replace(tzinfo=c.time_zone)
        return c.time_zone.fromutc(universal)
    except (OverflowError, ValueError):
        return fail(f'Unable to parse date "{moment.isoformat()}": Format was recognized, but the date/time is invalid')


def _run(run: str, m: datetime, language: str) -> str:
    letter, size = run[0], len(run)
    if letter in "yu" and size <= 4:
        return f"{m.year % 100:02}" if run == "yy" else f"{m.year:0{size}}"
    numbers = {"M": m.month, "d": m.day, "H": m.hour, "h": m.hour % 12 or 12, "m": m.minute, "s": m.second}
    if letter in numbers and size <= 2:
        return str(numbers[letter]) if size == 1 else f"{numbers[letter]:02}"
    if letter == "S" and size <= 3:
        return str(m.microsecond + 1_000_000)[1 : 1 + size]
    return _words(letter, size, m, language) or run


def _words(letter: str, size: int, m: datetime, language: str) -> str | None:
    month, day = MONTHS[language][m.month - 1], DAYS[language][m.weekday()]
    era = {"en": ("AD", "Anno Domini", "A")}.get(language, ("e.Kr.", "etter Kristus", "e.Kr."))
    half = {"en": ("AM", "PM")}.get(language, ("a.m.", "p.m."))
    forms = {
        "M": {3: month[:3], 4: month, 5: month[0].upper()},
        "E": {1: day[:3], 2: day[:3], 3: day[:3], 4: day, 5: day[0].upper()},
        "G": {1: era[0], 2: era[0], 3: era[0], 4: era[1], 5: era[2]},
        "a": {1: half[0] if m.hour < 12 else half[1]},
    }
    return forms.get(letter, {}).get(size)


# --- jmespath


class Printing(Functions):
    """The engine prints values as the language does."""

    @signature({"types": []})
    def _func_to_string(self, arg: Any) -> str:
        return arg if isinstance(arg, str) else as_json(arg)


def searched(value: Value, text: str) -> Value:
    options = Options(custom_functions=Printing())
    try:
        return admitted(search(text, _whole(value), options))
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        return fail(f"Jmespath error: {str(error).splitlines()[0] if str(error) else ''}")


def _whole(value: Value) -> Value:
    """The engine knows integers: 30 and not 30.0."""
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return int(value) if isinstance(value, float) and value % 1 == 0 and abs(value) <= 2**53 else value


def in_browser(name: str) -> Rule:
    return lambda *_: fail(f'Function "{name}" not available on the server')


BROWSER = ("displayValue", "linkToComponent", "linkToPage", "externalApi", "_experimentalSelectAndMap")

# name -> parameters, rule: the context comes before the arguments
ASKING: dict[str, tuple[tuple[Any, ...], Rule]] = {
    "component": ((ANY,), component),
    "countDataElements": ((ANY,), elements),
    "instanceContext": ((ANY,), of_instance),
    "frontendSettings": ((ANY,), setting),
    "gatewayAction": ((), lambda c: c.gateway_action),
    "language": ((), lambda c: c.language),
    "text": ((ANY,), lambda c, text_id: None if text_id is None else c.text(S(text_id))),
    "formatDate": ((D, T), format_date),
    "argv": ((N,), argument),
    "value": ((T,), named),
    "authContext": ((ANY,), lambda c, name: c.auth(S(name))),
    **{name: ((ANY, ...), in_browser(name)) for name in BROWSER},
}
