"""Untrusted text made fit for display: cleaned, cut without breaking Burmese, links made safe.

Works on plain text only: it never sees a platform's markup, and escaping stays with each platform.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_URL_CHARS = 2000  # the least of what platforms take in a link (Discord 2048, Slack 3000)
MAX_HOST_CHARS = 60  # longer ones lose their beginning, never the end that names the owner
MAX_NAME_CHARS = 60  # of an outlet, a topic or a failed source with its cause
ELLIPSIS = "…"

Piece = tuple[str, bool]  # a stretch of a line, and whether it is marked: matched words, a label

_ZERO_WIDTH = "\u200b\u200c\u200d"  # kept: ZWSP marks a Burmese word break, ZWNJ and ZWJ shape letters


def _forbidden() -> dict[int, str | None]:
    """Build the table of what never reaches a reader: it reorders, hides or ends lines."""
    spaces = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029}
    dropped = [
        *range(0x20),
        *range(0x7F, 0xA0),
        0x061C,  # Arabic letter mark
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),  # bidi embeddings and overrides
        *range(0x2066, 0x2070),  # bidi isolates, deprecated format characters
        0xFEFF,
        *range(0xFFF9, 0xFFFC),  # interlinear annotation
        *range(0xD800, 0xE000),  # lone surrogates: no UTF-8 form; Synapse answers 500 to them
        *range(0xE0000, 0xE0080),  # tag characters: invisible text
    ]
    table: dict[int, str | None] = dict.fromkeys(dropped)
    return table | dict.fromkeys(spaces, " ")


_TABLE = _forbidden()
_SPACES = re.compile(r"\s+")


# A digest is written anew for every size that is tried and for every channel: the same few hundred lines each time.
_remember = lru_cache(maxsize=2048)


@_remember
def tidy(text: str) -> str:
    """Clean *text* like `clean_line` but keep its edges, so that pieces of one line can be joined."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.translate(_TABLE)))


def clean_line(text: str) -> str:
    """Return *text* as one NFC line without controls, bidi tricks, tag characters or lone surrogates.

    White space collapses to single spaces. U+200B, U+200C and U+200D stay inside the line.
    """
    return tidy(text).strip(" " + _ZERO_WIDTH)


def _is_myanmar(char: str) -> bool:
    return "\u1000" <= char <= "\u109f" or "\uaa60" <= char <= "\uaa7f" or "\ua9e0" <= char <= "\ua9ff"


def _is_word_break(text: str, i: int) -> bool:
    return text[i] in " \u200b" or text[i - 1] in " \u200b၊။"


def is_cut_point(text: str, i: int) -> bool:
    """Tell whether *text* may be cut before index *i* without breaking a syllable, letter or number.

    A Burmese syllable starts at a letter that is neither stacked (after U+1039) nor killed (before
    U+103A or U+1039, with or without U+1037); grapheme clusters are not enough: they cut inside ကော်.
    """
    if i <= 0 or i >= len(text):
        return True
    before, char = text[i - 1], text[i]
    if _is_word_break(text, i):
        return True
    if unicodedata.category(char).startswith("M") or char in _ZERO_WIDTH or before in _ZERO_WIDTH:
        return False
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U0001f1e6" <= char <= "\U0001f1ff":
        return False  # skin tones and the halves of a flag
    if before == "\u1039":
        return False
    if _is_myanmar(char) and unicodedata.category(char) == "Lo":
        following = text[i + 1 : i + 3]
        return not (following[:1] in ("\u103a", "\u1039") or following in ("\u1037\u103a", "\u1037\u1039"))
    if char.isdigit():  # a number is shown whole or not at all
        return not (before.isdigit() or (before in ".,/" and text[i - 2 : i - 1].isdigit()))
    return not (char in ".,/" and before.isdigit() and text[i + 1 : i + 2].isdigit())


def cut_text(text: str, limit: int, count: Callable[[str], int] = len) -> str:
    """Return *text* shortened with an ellipsis so that ``count(result) <= limit``.

    *count* measures in the platform's unit (code points, UTF-16 units, bytes) and must not shrink when
    text is added. The cut falls at a space, U+200B, ``၊`` or ``။`` near the end, else at a syllable
    start, never inside a number. Where not even the ellipsis fits, the result is empty.
    """
    if count(text) <= limit:
        return text
    if count(ELLIPSIS) > limit:
        return ""
    low, high = 0, len(text) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if count(text[:middle] + ELLIPSIS) <= limit:
            low = middle
        else:
            high = middle - 1
    nearest = next((i for i in range(low, 0, -1) if is_cut_point(text, i)), 0)
    # Burmese has few spaces: one far back is passed over for a syllable start close by.
    word = next((i for i in range(low, low - low // 3, -1) if _is_word_break(text, i)), nearest)
    return text[:word].rstrip(" \u200b") + ELLIPSIS


_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
_IPV6 = re.compile(r"[0-9a-f:.]+")


def _split(url: str) -> tuple[SplitResult, str] | None:
    """Return the parts and the ASCII host of an http(s) URL, None for anything that tries to deceive."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    if "@" in parts.netloc or "\\" in parts.netloc or "%" in parts.netloc:
        return None  # https://irrawaddy.com@evil.example/ shows one host and opens another
    if ":" in host:
        return (parts, f"[{host}]") if _IPV6.fullmatch(host) else None
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    return (parts, ascii_host) if _HOST.fullmatch(ascii_host) else None


def _encode(part: str, also_safe: str) -> str:
    return quote(_PERCENT.sub("%25", part), safe="%-._~!$&'*+,;=:/" + also_safe)


def safe_url(url: str) -> str | None:
    """Return *url* as pure ASCII that cannot break out of any markup, or None.

    Only http and https, no user name, a host in IDNA form, at most 2000 characters.
    Parentheses, angle brackets, quotes, bars, spaces and backslashes are percent-encoded; so is ``@``,
    which some chats take for a mention even inside an address.
    """
    if not url or len(url) > MAX_URL_CHARS:
        return None
    found = _split(url)
    if found is None:
        return None
    parts, host = found
    netloc = f"{host}:{parts.port}" if parts.port is not None else host
    try:
        path, query = _encode(parts.path, ""), _encode(parts.query, "?")
        fragment = _encode(parts.fragment, "?")
    except UnicodeEncodeError:  # lone surrogate
        return None
    result = f"{parts.scheme}://{netloc}{path or '/'}"
    result += (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return result if len(result) <= MAX_URL_CHARS else None


def shown_host(url: str) -> str:
    """Return the host of *url* in IDNA form without ``www.``, "" when it is no safe http(s) URL.

    What is shown beside a headline, so that nobody is sent to a site that only looks familiar.
    """
    found = _split(url)
    if found is None:
        return ""
    host = found[1].removeprefix("www.")
    return host if len(host) <= MAX_HOST_CHARS else ELLIPSIS + host[1 - MAX_HOST_CHARS :]


# At either end of a text too: what follows may be the next piece of the same sentence.
_LIVE = re.compile(
    r"@(?=\w|\Z)|#(?=[^\s\u200b]|\Z)|\$(?=[A-Za-z]|\Z)|(?<!\w)/(?=\w|\Z)"
    r"|(?:\A|(?<=[^\s.]))\.(?=[^\W\d_][^\s.])"
    r"|(?<=\d)\.(?=\d{1,3}\.\d{1,3}\.\d)"  # of 192.0.2.1
)


@_remember
def break_mentions(text: str) -> str:
    """Put U+200B behind ``@``, ``/``, ``#``, ``$`` and the dots of bare domains.

    For platforms without a switch: there ``@name``, ``/command`` and ``e.org`` turn live in plain text
    (measured with TDLib). Nothing visible changes.
    """
    return _LIVE.sub(lambda match: match[0] + "\u200b", text)


_LINK = re.compile(r"\](?=[(\[:])|!(?=\[)|&(?=#?\w+;)")


def break_links(text: str) -> str:
    """Put U+200B inside what markdown reads as a link, a picture or a letter: ``[x](y)``, ``![x]``, ``&lt;``.

    For chats that read markdown in every text and whose clients do not agree on backslashes. Nothing visible changes.
    """
    return _LINK.sub(lambda match: match[0] + "\u200b", text)


_EMPHASIS = str.maketrans({"*": "∗", "_": "＿", "`": "ʻ", "~": "∼"})


def break_emphasis(text: str) -> str:
    """Put signs that look alike in the place of those with which chats emphasise: ``*bold*`` keeps its stars.

    For chats without an escape for them, or whose clients do not agree on one.
    """
    return text.translate(_EMPHASIS)


def short_line(text: str, limit: int = MAX_NAME_CHARS) -> str:
    """Return *text* as one clean line of at most *limit* characters: a name, a title, a notice."""
    return cut_text(clean_line(text), limit)


def list_names(names: Iterable[str], most: int) -> str:
    """Join at most *most* cleaned names, then "+N more"; equal ones once."""
    cleaned = tuple(dict.fromkeys(name for name in map(short_line, names) if name))
    more = f" +{len(cleaned) - most} more" if len(cleaned) > most else ""
    return ", ".join(cleaned[:most]) + more
