"""Whether one page tells several stories: digests, diaries, live blogs, two headlines in one.

The title of such a page says little about the paragraph that matters. Words and shapes only; nothing is split.
"""

from __future__ import annotations

import re

# သတင်းအနှစ်ချုပ် news summary, သတင်းတို short news, သတင်းအကျဉ်း news in brief, နေ့စဉ် daily, အပတ်စဉ် weekly,
# ဒိုင်ယာရီ and နေ့စဉ်မှတ်တမ်း diary, တိုက်ရိုက်သတင်း live news, သတင်းခေါင်းစဉ်များ headlines.
_DIGEST = re.compile(
    r"""\b(?:
    news\ (?:in\ brief|round-?up|summary|digest|bulletin|wrap) | round-?up\b | in\ brief\b | at\ a\ glance\b
  | (?:daily|weekly|morning|evening|nightly)\ (?:briefing|digest|diary|news|update|bulletin)
  | (?:war|conflict|battlefield|frontline)\ (?:diary|update|digest|brief)s? | week\ in\ review\b
  | live(?:\ (?:blog|updates?|coverage)\b|:)
)| သတင်း\s*(?:အနှစ်ချုပ်|တို(?:များ|တွေ)?|အကျဉ်း(?:ချုပ်)?|ခေါင်းစဉ်များ)(?![\u102b-\u103e]|[က-အ]်)
 | (?:နေ့စဉ်|အပတ်စဉ်)\s*(?:သတင်း|မှတ်တမ်း|စစ်ရေး) | ဒိုင်ယာရီ | တိုက်ရိုက်\s*သတင်း
""",
    re.VERBOSE | re.IGNORECASE,
)
_PAIR = re.compile(r"\S.{10,};\s*\S.{10,}")
# Updates of a live blog begin with the time of day, in either kind of figures: "10:45 - ".
_CLOCK = re.compile(
    r"\W{0,3}(?:[01]?[0-9]|2[0-3]|[၀-၉]{1,2})[:.：](?:[0-5][0-9]|[၀-၉]{2})(?![\w:.])(?:\s?[ap]\.?m\b)?",
    re.IGNORECASE,
)
_LEAST_UPDATES = 4


def names_several(title: str) -> bool:
    """Tell whether *title* is that of a digest, a diary or a live blog, or two headlines in one ("A; B")."""
    return _DIGEST.search(title) is not None or _PAIR.fullmatch(title.strip()) is not None


def is_dated_by_the_hour(text: str) -> bool:
    """Tell whether *text* strings many reports together, each after the time of day."""
    return sum(_CLOCK.match(line) is not None for line in text.split("\n")) >= _LEAST_UPDATES
