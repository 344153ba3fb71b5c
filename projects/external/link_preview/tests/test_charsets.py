"""Bytes become the text that a browser shows."""

import codecs
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link_preview.charsets import CHARSETS, charset_of, decode

# What browsers show for these bytes (tried with Chromium's TextDecoder), by a label of the charset.
SHOWN = {
    "gb2312": (b"\xd6\xec\xe9\x46\xbb\xf9", "朱镕基"),
    "gbk": (b"\x95\x34\xb2\x35", "\U00020bb7"),
    "euc-kr": (b"\x8c\x63 \xbc\x84", "똠 펲"),
    "ks_c_5601-1987": (b"\x8cc", "똠"),
    "big5": (b"\xa7\xda\x9d\xef\x9d\xf8\x9d\xcf", "我嘅啲嘢"),
    "big5-hkscs": (b"\x9d\xef", "嘅"),
    "shift_jis": (b"\x87\x40\xfb\xfc", "①髙"),
    "ms_kanji": (b"\x87\x40", "①"),
    "euc-jp": (b"\xc6\xfc\xcb\xdc", "日本"),
    "iso-2022-jp": (b"\x1b$BF|K\\\x1b(B", "日本"),
    "iso-8859-9": (b"\x93\x94\x80\xfd", "“”€ı"),  # noqa: RUF001
    "latin1": (b"\x80\x96", "€–"),  # noqa: RUF001
    "ascii": (b"\xe9", "é"),
    "iso-8859-11": (b"\xa1\x85", "ก…"),
    "dos-874": (b"\x80", "€"),
    "logical": (b"\xf9\xec\xe5\xed", "שלום"),
    "csmacintosh": (b"\xdb\x8e", "€é"),
    "x-mac-ukrainian": (b"\xa2\xff", "Ґ€"),
    "866": (b"\x8f", "П"),
    "utf-16": (b"\xe9\x00", "é"),
    "unicodefffe": (b"\x00\xe9", "é"),
    "hz-gb-2312": (b"<title>", "\ufffd"),
}


@pytest.mark.parametrize("label", SHOWN)
def test_label_means_what_browsers_take_it_for(label):
    body, text = SHOWN[label]

    assert decode(body, f"text/html; charset={label.upper()}") == text


def test_every_label_of_standard_is_known():
    assert len(CHARSETS) == 228
    for label in CHARSETS:
        assert isinstance(decode(b"x\xe9\x81", f"text/html;charset={label}"), str), label


@settings(max_examples=40)
@given(st.binary(max_size=60), st.sampled_from(["", *CHARSETS]))
def test_bytes_of_every_kind_become_text_that_can_be_sent(body, label):
    decode(body, f"text/html; charset={label}").encode()


def test_byte_order_mark_wins_over_header_and_this_over_meta():
    page = "<meta charset=koi8-r>é".encode()

    assert decode(codecs.BOM_UTF8 + page, "text/html; charset=cp1252").endswith(">é")
    assert decode(page, "text/html; charset=cp1252").endswith(">Ã©")
    assert charset_of(page) == "KOI8-R"


@pytest.mark.parametrize("cut", range(1, 4))
def test_utf_8_that_is_cut_within_character_is_still_utf_8(cut):
    assert decode("Grüße 🎂".encode()[:-cut]).startswith("Grüße ")


@pytest.mark.parametrize(
    ("page", "charset"),
    [
        (b"<meta charset=iso-8859-15>", "ISO-8859-15"),
        (b"<meta charset=' UTF-8 '>", "UTF-8"),
        (b"<meta charset=utf-16le>", "UTF-8"),
        (b"<meta http-equiv=content-type content='text/html;charset = \"gbk\"'>", "GBK"),
        (b"<meta name=content-type content='text/html;charset=gbk'>", "UTF-8"),
        (b"<meta charset=x><meta charset=koi8-u>", "KOI8-U"),
        (b"<!-- <meta charset=gbk> --><meta charset=koi8-r>", "KOI8-R"),
        (b"<?xml version='1.0' encoding='Shift_JIS'?><html>", "Shift_JIS"),
        (b"<?xml version='1.0' encoding='Shift_JIS'?><meta charset=gbk>", "GBK"),
        (b" " * 1010 + b"<meta charset=gbk>", "UTF-8"),
        (b"<meta charset=gbk", "UTF-8"),
        (b"caf\xe9 au lait", "windows-1252"),
        (b"", "UTF-8"),
    ],
)
def test_page_says_its_charset_in_first_1024_bytes(page, charset):
    assert charset_of(page) == charset


def test_long_header_is_read_fast():
    header = "text/html; charset=" + " " * 20_000
    begin = time.process_time()

    decode(b"x", header)

    assert time.process_time() - begin < 0.5
