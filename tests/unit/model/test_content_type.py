"""Files are what they say they are, and their names are only ever shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_graph.model.content_type import ACTIVE, MAGIC, MAX_NAME_BYTES, display_name, is_consistent

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SAMPLES = {
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "application/zip": b"PK\x03\x04\x14\0\0\0",
    "application/msword": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0",
    "video/mp4": b"\0\0\0\x18ftypmp42",
    "text/plain": "Blåbærsyltetøy\r\n".encode(),
}
ZIPS = {"application/zip", "application/x-zip-compressed", DOCX, "application/epub+zip"}
OLES = {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
KINDS = sorted({*SAMPLES, *ZIPS, *OLES})


def _fits(declared: str, sample: str) -> bool:
    family = next((group for group in (ZIPS, OLES) if declared in group), {declared})
    return sample in family


@pytest.mark.parametrize("declared", KINDS)
@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_a_declared_type_fits_its_own_beginning_and_no_other(declared: str, sample: str) -> None:
    assert is_consistent(declared, SAMPLES[sample]) is _fits(declared, sample)


@pytest.mark.parametrize("declared", ["text/csv", "application/json", "application/problem+json", "image/svg+xml"])
def test_texts_are_utf_8_without_control_characters_or_utf_16_with_a_mark(declared: str) -> None:
    assert is_consistent(declared, "{å}\t\r\n".encode())
    assert is_consistent(declared, "å".encode()[:1]), "the last character of the beginning may be cut"
    assert is_consistent(declared, "\ufeffa".encode("utf-16-le"))
    assert not is_consistent(declared, b"a\0b")
    assert not is_consistent(declared, b"\xe5 latin text goes on")


def test_an_unknown_type_must_not_look_like_a_known_one() -> None:
    assert is_consistent("application/x-own", b"OWN1")
    assert not is_consistent("application/x-own", SAMPLES["application/pdf"])


@given(st.sampled_from([*KINDS, *MAGIC, *ACTIVE, "x/y", ""]), st.binary(max_size=64))
def test_no_bytes_make_the_look_at_them_fail(declared: str, head: bytes) -> None:
    assert is_consistent(declared, head) in (True, False)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("søknad.pdf", "søknad.pdf"),
        ("../../etc/passwd", "___.._etc_passwd"),
        ("C:\\temp\\a.txt", "C__temp_a.txt"),
        (".htaccess", "_htaccess"),
        (" ..hidden", "__hidden"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200d\n\0b\u2028.txt", "ab.txt"),
        ("e\u200d\u0301.txt", "é.txt"),
    ],
)
def test_a_name_is_shown_without_path_direction_and_control_characters(given_name: str, shown: str) -> None:
    assert display_name(given_name) == shown


def test_a_long_name_is_cut_before_its_extension_and_between_characters() -> None:
    found = display_name("å" * 300 + ".pdf")
    assert found is not None
    assert found.endswith("å.pdf")
    assert len(found.encode()) == MAX_NAME_BYTES - 1


@given(st.text(st.characters(exclude_categories=[])))
def test_every_name_that_is_shown_is_safe(text: str) -> None:
    shown = display_name(text)
    if shown is not None:
        assert 0 < len(shown.encode()) <= MAX_NAME_BYTES
        assert not shown.startswith(".")
        assert not set(shown) & set("/\\:")
        assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert display_name(shown) == shown, "what is shown once stays as it is"
