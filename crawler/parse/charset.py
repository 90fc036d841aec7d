"""From bytes to text: which encoding a feed or page is really in. It looks at bytes, never at meaning.

Labels lie more often than bytes do, so UTF-8 is believed from its own pattern before any label is.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from email.message import Message

_HEAD_BYTES = 4096  # where a label can stand: HTML asks for the first 1024, PHP warnings push it down
_XML_LABEL = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]{1,40})""", re.IGNORECASE)
_META_LABEL = re.compile(rb"""<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EBCDIC = "<?xm".encode("cp037")  # of mainframes; XML 1.0, appendix F.1: the label tells which

# https://encoding.spec.whatwg.org/#names-and-labels: what pages mean by these labels.
_MEANT = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Python's own pseudo-encodings and 7-bit escapes: quadratic, or a way to smuggle markup past a filter.
_REFUSED = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "hz"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding it was read in, and how many characters became U+FFFD."""

    text: str
    encoding: str
    replaced: int = 0


def decode_body(body: bytes, content_type: str | None) -> Decoded:
    """Decode the body of an HTTP answer; never raises, whatever the bytes and labels are.

    In order: byte order mark, the NUL pattern of an unmarked UTF-16, XML in EBCDIC, valid UTF-8, mostly valid
    UTF-8 (broken bytes become U+FFFD), the label of the header, the label of the document, Windows-1252.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _replacing(body[len(mark) :], encoding)
    if wide := _unmarked_utf16(body):
        return _replacing(body, wide)
    if body.startswith(_EBCDIC):
        head = body[:_HEAD_BYTES].decode("cp037").encode("ascii", "replace")
        return _replacing(body, next(iter(_labels(head, None)), "cp037"))
    try:
        return Decoded(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    utf8 = _replacing(body, "utf-8")
    valid = len(utf8.text) - len(utf8.text.encode("ascii", "ignore")) - utf8.replaced
    if valid >= utf8.replaced:  # legacy text hardly ever holds a valid UTF-8 sequence by chance
        return utf8
    labels = [encoding for encoding in _labels(body, content_type) if encoding not in ("utf-8", "utf-16")]
    for encoding in labels:
        try:
            return Decoded(body.decode(encoding), encoding)
        except UnicodeError:
            continue
    return _replacing(body, labels[0] if labels else "cp1252")


def _replacing(body: bytes, encoding: str) -> Decoded:
    text = body.decode(encoding, "replace")
    replaced = text.count("\ufffd")
    if replaced and encoding == "utf-8":
        replaced -= body.count("\ufffd".encode())  # those the publisher wrote
    return Decoded(text, encoding, max(replaced, 0))


def _unmarked_utf16(body: bytes) -> str | None:
    """Markup is ASCII at its start, so every second byte of UTF-16 is NUL there."""
    head = body[:64]
    if len(head) < 8:
        return None
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > 0.8 * len(odd) and even.count(0) < 0.2 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.8 * len(even) and odd.count(0) < 0.2 * len(odd):
        return "utf-16-be"
    return None


def _labels(body: bytes, content_type: str | None) -> list[str]:
    found: list[str] = []
    if content_type:
        message = Message()
        message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
        charset = message.get_param("charset")
        if isinstance(charset, str):
            found.append(charset)
    head = body[:_HEAD_BYTES]
    for pattern in (_XML_LABEL, _META_LABEL):
        if match := pattern.search(head):
            found.append(match.group(1).decode("ascii", "replace"))
    return [encoding for label in found if (encoding := _known_encoding(label))]


def _known_encoding(label: str) -> str | None:
    try:
        name = codecs.lookup(label.strip().lower()).name
        "".encode(name)  # a codec of bytes to bytes (zlib, base64) raises here
    except (LookupError, TypeError, ValueError, UnicodeError):
        return None
    if name in _REFUSED or name.startswith(("iso2022", "utf-32")):
        return None
    return _MEANT.get(name, name)
