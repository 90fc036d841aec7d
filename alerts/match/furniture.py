"""Blank the lines that a page prints round its article: weather box, tags, pointers to other stories.

Conservative: a line is blanked only when its label or shape says what it is, never for its words. Labels that
are also ordinary words of a sentence ("Trending: Loikaw residents flee.") need more than that.
"""

from __future__ import annotations

import re

from alerts.text.sentence import find_cuts

_DEGREES = r"-?[0-9\u1040-\u1049]{1,2}(?:[.,][0-9\u1040-\u1049])?\s*(?:°\s*[CF]?|º\s*[CF]?|℃|[CF])"
_WEATHER = re.compile(rf"\s*{_DEGREES}\s*")
_TOWN_AND_WEATHER = re.compile(
    rf"\s*(?:[^\W\d]+[ \-]?){{1,3}}\s*[:,]?\s*{_DEGREES}\s*|\s*{_DEGREES}\s+(?:[^\W\d]+[ \-]?){{1,3}}\s*"
)
_TOWN = re.compile(r"\s*(?:[^\W\d_][\w\u1000-\u109f'\-]*[ ,]{0,2}){1,4}\s*")
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?"
)
_DATE = rf"(?:{_WEEKDAY},?\s+)?(?:[0-9]{{1,2}},?\s+{_MONTH}|{_MONTH}\s+[0-9]{{1,2}}(?:st|nd|rd|th)?),?\s+[0-9]{{4}}"
_DATE_LINE = re.compile(rf"\s*{_DATE}\s*")
_DATED_HEADLINE = re.compile(rf"\s*{_DATE}\s+\S")
_MENU_ENTRY = re.compile(
    r"\s*(?:Home|Menu|Subscribe|Log ?in|Sign (?:in|up)|Register|About(?: us)?|Contact(?: us)?|Donate|Search"
    r"|ပင်မစာမျက်နှာ|မူလစာမျက်နှာ|ဆက်သွယ်ရန်|ကျွန်ုပ်တို့အကြောင်း)\s*",
    re.IGNORECASE,
)
# The same box run together into one line, the article perhaps behind it.
_BOX = re.compile(rf"\s*{_DEGREES}\s+(?:[^\W\d]+\s+){{1,3}}{_DATE}(?:\s+spot_img)?")
_LONGEST_BOX = 200  # characters of a line with towns and their weather
_TOP_LINES = 8  # the weather box is looked for among so many lines that hold anything

_LABELS = (
    "tags?|keywords?|categor(?:y|ies)|filed under|read more|read also|also read|read next|see also"
    "|related (?:news|stories|story|posts?|articles?|links?|coverage)|recommended for you"
    "|you may also like|you might also like|most (?:read|viewed|popular)|popular (?:posts|news)"
    "|(?:previous|next) (?:post|article|story)"
    "|ဖတ်စရာ(?:များ)?|ဆက်စပ်(?:သတင်း|ဆောင်းပါး|ဖတ်စရာ|အကြောင်းအရာ)(?:များ|တွေ)?|ဆက်စပ်ဖတ်ရှုရန်|ဆက်လက်ဖတ်ရှု(?:ရန်|ပါ)"
    "|ဆက်ဖတ်(?:ရန်|ပါ)|ထပ်မံဖတ်ရှုရန်|နောက်ထပ်ဖတ်စရာ(?:များ)?|အဖတ်(?:အ)?များဆုံး(?:သတင်းများ)?"
    "|လူဖတ်(?:အ)?များ(?:ဆုံး|သော)(?:သတင်းများ)?|သော့ချက်စကား(?:လုံး)?(?:များ)?|အမျိုးအစား(?:များ)?|တဂ်(?:များ)?"
)
# Words that begin sentences too. Behind them a dash goes on with the sentence, and so does what ends as one.
_WORDS_OF_PROSE = (
    "topics|related(?: (?:reports?|topics))?|recommended|trending(?: now)?"
    "|more (?:news|stories|from [^:|]{1,40})|latest (?:news|posts|stories)"
    "|နောက်ထပ်သတင်း(?:များ)?|အခြားသတင်းများ"  # more news, other news
)
_BEFORE_LABEL = r"[\s>»*•\-\[(]*"
_LABEL_SIGN = r"[:|»>\]\uff1a…]|$"
_LABELLED = re.compile(rf"{_BEFORE_LABEL}(?:{_LABELS})\s*(?:[\-–—]|{_LABEL_SIGN})", re.IGNORECASE)
_LABELLED_BY_PROSE = re.compile(rf"{_BEFORE_LABEL}(?:{_WORDS_OF_PROSE})\s*(?:{_LABEL_SIGN})", re.IGNORECASE)
_BREADCRUMB = re.compile(r"\s*(?:Home|မူလစာမျက်နှာ|ပင်မစာမျက်နှာ)\s*[>»/|›].*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?။。][\"'”’)]*\s*$")
_TEASER = re.compile(r".{10,160}(?:\.\.\.|…)\s*")


def _find_weather_box(lines: list[str]) -> set[int]:
    """Return the lines of the weather box at the top: temperatures and the town and date glued to them."""
    filled = [index for index, line in enumerate(lines) if line.strip()][:_TOP_LINES]
    box: set[int] = set()
    for place, index in enumerate(filled):
        line = lines[index]
        cells = [cell for cell in line.split("|") if cell.strip()]
        if len(line) > _LONGEST_BOX:  # and no expression is let loose on a word without end
            continue
        if cells and all(_TOWN_AND_WEATHER.fullmatch(cell) or _WEATHER.fullmatch(cell) for cell in cells):
            box.add(index)
        if not _WEATHER.fullmatch(line):
            continue
        for step in (1, -1):  # the town stands after the temperature, on some pages before it
            town = filled[place + step] if 0 <= place + step < len(filled) else None
            if town is None or len(lines[town]) > 40 or not _TOWN.fullmatch(lines[town]):
                continue
            dated = place + 2 * step
            has_date = 0 <= dated < len(filled) and _DATE_LINE.fullmatch(lines[filled[dated]]) is not None
            if step == -1 and not (place == 1 or has_date):
                continue
            box.add(town)
            if has_date:
                box.add(filled[dated])
            break
    return box


def _find_menu(lines: list[str]) -> set[int]:
    """Return the short lines at the top that are a page's menu: several, one of which only a menu has."""
    menu: list[int] = []
    for index, line in enumerate(lines):
        if line.strip() and (len(line.split()) > 3 or len(line) > 40 or _SENTENCE_END.search(line)):
            break
        if line.strip():
            menu.append(index)
    has_entry = any(_MENU_ENTRY.fullmatch(lines[index]) for index in menu)
    return set(menu) if len(menu) > 2 and has_entry else set()


def _find_tail(lines: list[str]) -> set[int]:
    """Return the newer headlines, each with its date, that a page appends to its article."""
    tail: set[int] = set()
    filled = [index for index, line in enumerate(lines) if line.strip()]
    while len(filled) > 1 and _is_headline(lines[filled[-1]]):
        if _DATED_HEADLINE.match(lines[filled[-1]]):
            tail.add(filled.pop())
        elif _DATE_LINE.fullmatch(lines[filled[-2]]) and not _DATE_LINE.fullmatch(lines[filled[-1]]):
            tail.update((filled.pop(), filled.pop()))
        else:
            break
    has_article = any(_SENTENCE_END.search(lines[index]) for index in range(len(lines)) if index not in tail)
    return tail if has_article else set()


def _is_headline(line: str) -> bool:
    return 0 < len(line.strip()) < 160 and not _SENTENCE_END.search(line)


def _match_label(line: str) -> re.Match[str] | None:
    """Return the label that *line* begins with, None when it has none or the line is a sentence."""
    if label := _LABELLED.match(line):
        return label
    label = _LABELLED_BY_PROSE.match(line)
    if label is None:
        return None
    rest = line[label.end() :].rstrip()
    is_prose = _SENTENCE_END.search(rest) is not None or len(find_cuts(rest)) > 1
    return None if is_prose else label


def _find_pointers(lines: list[str]) -> set[int]:
    """Return the lines that are labelled as pointers, and those listed under a label of their own."""
    pointers: set[int] = set()
    under_label = False
    for index, line in enumerate(lines):
        if label := _match_label(line):
            pointers.add(index)
            under_label = not line[label.end() :].strip()
        elif _BREADCRUMB.fullmatch(line) or (
            under_label and line.strip() and len(line) < 160 and not _SENTENCE_END.search(line)
        ):
            pointers.add(index)
        elif line.strip():
            under_label = False
    for index in range(len(lines) - 1):  # "September 20, 2024" / "About 30 houses swept away in..."
        if _DATE_LINE.fullmatch(lines[index]) and _TEASER.fullmatch(lines[index + 1]):
            pointers.update((index, index + 1))
    return pointers


def blank_furniture_lines(text: str) -> str:
    """Return *text* with its furniture replaced by spaces: same length, same line breaks.

    Known furniture: the weather box at the top with its town and date; lines that begin with "Tags:",
    "Read more:", "Related:", "You may also like:" and their like in English and Burmese; bread crumbs;
    a date followed by a cut-off teaser; a menu of short lines at the top; dated headlines at the end. A
    dateline such as "Loikaw, 13 July" stays.
    """
    if "\n" not in text and not _BOX.match(text):  # a lone line with a label is all there is: it stays
        return text
    lines = text.split("\n")
    blank = _find_weather_box(lines) | _find_menu(lines) | _find_pointers(lines) | _find_tail(lines)
    if len(blank) == sum(1 for line in lines if line.strip()):
        blank = set()  # nothing would be left: then it was no furniture
    if lines and (box := _BOX.match(lines[0])):
        lines[0] = " " * box.end() + lines[0][box.end() :]
    return "\n".join(" " * len(line) if index in blank else line for index, line in enumerate(lines))
