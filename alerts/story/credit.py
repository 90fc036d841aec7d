"""Whom an article names as its origin: an agency in brackets, "Republished from", a line that begins with a credit."""

from __future__ import annotations

import re

_AGENCIES = (
    "AFP|AP|Reuters|RFA|VOA|BBC|EFE|DPA|Xinhua|Kyodo|MNA|IPS|BNI|NMG|Mizzima|DVB"
    "|The Irrawaddy|Myanmar Now|Frontier"
)
_BRACKETED = re.compile(
    rf"[(\[]\s*({_AGENCIES})\s*[)\]]|(?:^|\n)[^\n]{{0,40}}[—–-]\s*({_AGENCIES})\s*(?:\n|$)"
)
_REPUBLISHED = re.compile(
    r"(?:re-?published (?:from|with permission (?:of|from))|(?:this (?:article|story) )?(?:was )?(?:first|originally)"
    r" (?:published|appeared) (?:by|in|on)|(?:source|credit|via)\s*[:\-–]|courtesy of)\s*([A-Z][^\n.,;()]{1,50})",
    re.IGNORECASE,
)
_BURMESE = re.compile("([^\n။၊()]{2,40}?)(?:မှ|က) (?:ပြန်လည်|ကူးယူ)ဖော်ပြ")  # "reprinted from …"
_EDGE = 400  # characters at either end of an article, where credits stand


def find_credit(text: str) -> str | None:
    """Return the origin that an article names, in lower case, None when it names none."""
    for edge in (text[:_EDGE], text[-_EDGE:]):
        for pattern in (_REPUBLISHED, _BURMESE, _BRACKETED):
            if match := pattern.search(edge):
                return next(group for group in match.groups() if group).strip().casefold()
    return None
