"""The login page of the development issuer: who to be, and at which level. Plain links, so it needs no scripts."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from dialog_graph.access.dev_issuer import HIGHEST_LEVEL, LEVELS, Listed

LANGUAGES = ("nb", "nn", "en")

TEXTS: Mapping[str, Mapping[str, str]] = {
    "nb": {
        "title": "Logg inn som testbruker",
        "banner": "Utviklingsutstederen er på. Brukerne er oppdiktede, og ingen passord trengs.",
        "person": "Person",
        "number": "Nummer",
        "roles": "Roller",
        "level": "Logg inn på nivå",
        "as": "Logg inn som {name} på nivå {level}",
    },
    "nn": {
        "title": "Logg inn som testbrukar",
        "banner": "Utviklingsutstedaren er på. Brukarane er oppdikta, og ingen passord trengst.",
        "person": "Person",
        "number": "Nummer",
        "roles": "Roller",
        "level": "Logg inn på nivå",
        "as": "Logg inn som {name} på nivå {level}",
    },
    "en": {
        "title": "Log in as a test user",
        "banner": "The development issuer is on. The users are made up, and no passwords are needed.",
        "person": "Person",
        "number": "Number",
        "roles": "Roles",
        "level": "Log in at level",
        "as": "Log in as {name} at level {level}",
    },
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "",
    "Cache-Control": "no-store",
}

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #999; padding: .5rem; text-align: left; vertical-align: top; }
td a { border: 1px solid; border-radius: .25rem; display: inline-block; margin-right: .5rem; padding: .25rem .75rem; }
p[role=note] { background: #fff3cd; color: #222; padding: .5rem 1rem; }
"""


def language(wanted: str, accepted: str) -> str:
    """The page's language: `ui_locales` of the request, else the browser's first known one, else Bokmål."""
    asked = [*wanted.split(" "), *(part.split(";")[0].strip() for part in accepted.split(","))]
    codes = ("nb" if code == "no" else code for text in asked if (code := text.lower().split("-")[0]))
    return next((code for code in codes if code in LANGUAGES), LANGUAGES[0])


def _levels(person: Listed) -> Sequence[int]:
    return (0,) if person.kind == "EMAIL_USER" else sorted(LEVELS, key=lambda level: abs(level - HIGHEST_LEVEL))


def _row(person: Listed, texts: Mapping[str, str], query: Mapping[str, str]) -> str:
    links = [
        f'<a href="?{escape(urlencode({**query, "user": person.key, "level": level}))}"'
        f' aria-label="{escape(texts["as"].format(name=person.name, level=level))}">{level}</a>'
        for level in _levels(person)
    ]
    roles = "<br>".join(escape(role) for role in person.roles)
    return (
        f'<tr><th scope="row">{escape(person.name)}</th><td>{escape(person.number)}</td><td>{roles}</td>'
        f"<td>{''.join(links)}</td></tr>"
    )


def page(persons: Sequence[Listed], query: Mapping[str, str], code: str) -> str:
    """The page in one language. `query`: the login request, which every link repeats."""
    texts = TEXTS[code]
    names = ("person", "number", "roles", "level")
    heads = "".join(f'<th scope="col">{escape(texts[name])}</th>' for name in names)
    rows = "\n".join(_row(person, texts, query) for person in persons)
    return (
        f'<!doctype html>\n<html lang="{code}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(texts['title'])}</title><style>{_STYLE}</style></head>\n"
        f'<body>\n<main>\n<h1>{escape(texts["title"])}</h1>\n<p role="note">{escape(texts["banner"])}</p>\n'
        f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</main>\n</body>\n</html>\n"
    )
