"""What bytes are, by their beginning, and what file names may be shown (security rules §10.3).

The table knows the formats that people upload; a declared type that it knows must fit, one that it does not know must
not look like another known format. Names are display texts and never paths.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

MAX_NAME_BYTES = 255

_ZIP = b"PK\x03\x04"
_ZIPS = (_ZIP, b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

MAGIC: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {
        "application/pdf": (b"%PDF-",),
        "image/png": (b"\x89PNG\r\n\x1a\n",),
        "image/jpeg": (b"\xff\xd8\xff",),
        "image/gif": (b"GIF87a", b"GIF89a"),
        "image/tiff": (b"II*\x00", b"MM\x00*"),
        "image/bmp": (b"BM",),
        "application/zip": _ZIPS,
        "application/x-zip-compressed": _ZIPS,
        "application/gzip": (b"\x1f\x8b",),
        "application/msword": (_OLE,),
        "application/vnd.ms-excel": (_OLE,),
        "application/vnd.ms-powerpoint": (_OLE,),
    }
)
"""Content type -> beginnings, any of which fits."""

_TEXT_TYPES = frozenset({"application/json", "application/xml", "image/svg+xml"})
_RIFF_WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
_MP4 = re.compile(rb"....ftyp", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control and direction characters, lone surrogates, line separators."""
_NOT_IN_NAMES = re.compile(r"[/\\:]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

ACTIVE = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "application/javascript", "text/javascript"})
"""Types that a browser would run; where a data type allows any type, these are still refused."""


def _is_text(head: bytes) -> bool:
    """Valid UTF-8 (a last character may be cut) or UTF-16 with a mark, without control characters."""
    if head.startswith(_UTF16):
        return True
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as fault:
        if fault.start < len(head) - 3:
            return False
    return not _CONTROL.search(head)


def _fits_family(declared: str, head: bytes) -> bool | None:
    """Whether a type of a known family fits; None for families that are not known."""
    if declared == "image/webp":
        return bool(_RIFF_WEBP.match(head))
    if declared in ("video/mp4", "audio/mp4", "image/heic"):
        return bool(_MP4.match(head))
    if declared.startswith((_OOXML, _ODF)) or declared.endswith("+zip"):
        return head.startswith(_ZIP)
    if declared.startswith("text/") or declared in _TEXT_TYPES or declared.endswith(("+json", "+xml")):
        return _is_text(head)
    return None


def is_consistent(declared: str, head: bytes) -> bool:
    """True when the beginning of a file fits its declared content type (lower case, without parameters)."""
    known = MAGIC.get(declared)
    if known is not None:
        return head.startswith(known)
    fits = _fits_family(declared, head)
    if fits is not None:
        return fits
    return not any(head.startswith(beginning) for beginnings in MAGIC.values() for beginning in beginnings)


def display_name(text: str | None) -> str | None:
    """A file name that is safe to show: NFC, no control or direction characters, no path, at most 255 bytes."""
    if text is None:
        return None
    shown = "".join(c for c in text if unicodedata.category(c) not in _UNSHOWN).strip()
    dotted = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", shown))
    bare = dotted.lstrip(".")
    plain = "_" * (len(dotted) - len(bare)) + bare
    stem, dot, extension = plain.rpartition(".")
    tail = f"{dot}{extension}" if stem and len(extension) <= 16 else ""
    kept = plain.removesuffix(tail) if tail else plain
    room = MAX_NAME_BYTES - len(tail.encode())
    return (kept.encode()[:room].decode("utf-8", "ignore") + tail).strip() or None
