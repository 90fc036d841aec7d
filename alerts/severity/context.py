"""What takes the urgency out of a sentence: it tells of the past, of a film, a drill, a fear, or denies.

Patterns over folded text; nothing here knows what a sentence is about.
"""

from __future__ import annotations

import re
from calendar import month_name
from datetime import datetime, timedelta

from alerts.figure.burmesewords import compile_folded, refold

FRESH_FOR = timedelta(days=21)  # a day named further back is told as history
_MONTHS = tuple(month.lower() for month in month_name[1:])
# January to December
_BURMESE_MONTHS = (
    "ဇန်နဝါရီ", "ဖေဖော်ဝါရီ", "မတ်", "ဧပြီ", "မေ", "ဇွန်", "ဇူလိုင်", "ဩဂုတ်", "စက်တင်ဘာ", "အောက်တိုဘာ", "နိုဝင်ဘာ", "ဒီဇင်ဘာ",
)  # fmt: skip
_FOLDED_MONTHS = tuple(map(refold, _BURMESE_MONTHS))
_MONTH = "|".join(_MONTHS)
_MONTH_ALONE = re.compile(rf"(?:\b(?:in|since|last)(?: early| late)? |^)({_MONTH})\b(?! \d)")
_DAY = re.compile(rf"\b(?:({_MONTH})\.? (\d{{1,2}})|(\d{{1,2}}) ({_MONTH}))\b(?:,? (\d{{4}}))?")
_BURMESE_DAY = re.compile(rf"({'|'.join(_FOLDED_MONTHS)})လ? ?\(?(\d{{1,2}})\)? ?{refold('ရက်')}")
_YEAR = re.compile(
    rf"(?:\b(?:in|of|since|from|until|by|during|early|late|mid|and|year)[ -]|\b(?:{_MONTH}),? )(\d{{4}})\b"
    rf"|(?<![0-9])(\d{{4}}) ?(?:{refold('ခုနှစ်|ပြည့်နှစ်')}|{'|'.join(_FOLDED_MONTHS)})"
)


def _any(*alternatives: str) -> re.Pattern[str]:
    return compile_folded("|".join(alternatives))


# What is told is over, and for long.
_PAST = _any(
    r"\b(?:years?|months|decades?) (?:ago|earlier|before|since)\b", r"\ba month ago\b",
    r"\blast (?:year|month|spring|summer|winter|decade)\b",
    rf"\bsince (?:the )?(?:coup|war|military takeover|operation|beginning|start|{_MONTH}|last)\b",
    r"\bso far this year\b", r"\bthis year alone\b",
    r"\bin the (?:past|last) (?:\w+ )?(?:years?|months|weeks)\b",
    r"\bover the (?:past|last) (?:\w+ )?(?:years?|months|weeks)\b",
    r"\bwithin (?:\w+ ){1,2}(?:years?|months)\b", r"\bto date\b", r"\bworld war\b", r"\bcolonial\b",
    r"\b(?:survivor|survivors|veteran|veterans)(?:['’]s?)? (?:of|recall|remember)",
    r"\brecall(?:s|ed|ing)?\b", r"\bremember(?:s|ed|ing)?\b", r"\bbetween \w+ \d{4} and\b",
    r"\bannual report\b", r"\ba total of\b.*\bsince\b", r"\bsince the \w+ (?:that|which|in which)\b",
    r"\bhas since\b", r"\blast (?:christmas|easter)\b", r"\bas a (?:boy|girl|child)\b",
    r"\bhistory of\b", r"\bhistorical\b", r"လွန်ခဲ့(?:တဲ့|သည့်|သော)[^။]{0,14}(?:နှစ်|လ(?!ူ))",
    r"မနှစ်က", r"ယခင်နှစ်", r"အရင်နှစ်", r"ပြီးခဲ့(?:တဲ့|သည့်)(?:နှစ်|လ)", r"ကတည်းက",
    r"နှစ်အတွင်း", r"လအတွင်း", r"အာဏာသိမ်းပြီး", r"ကမ္ဘာစစ်", r"သမိုင်း", r"အမှတ်ရ", r"ငယ်စဉ်က",
    r"ငယ်ငယ်က", r"ပြတိုက်",
)  # fmt: skip
_TALK = _any(
    r"\bdebat", r"\bresolution\b", r"\bconcern(?:s|ed)? (?:over|about|at)\b",
    r"\bvoic(?:e|es|ed|ing) concern", r"\bdiplomat", r"\bcondemn", r"\bsanction", r"\bopinion\b",
    r"\beditorial\b", r"\bcommentary\b", r"\bhow many more\b", r"\bsecurity council\b",
    r"\bsecretary-general\b", r"\bstatement on\b", r"\banalysts?\b", r'''\?[\"'”’)]*$''',
    r"ရှုတ်ချ", r"အယ်ဒီတာ့အာဘော်", r"စိုးရိမ်ပူပန်", r"ကုလသမဂ္ဂ", r"(?:လဲ|လား|သလော)[။ ]*$",
)  # fmt: skip
_REMEMBRANCE = _any(
    r"\banniversar", r"\bcommemorat", r"\bmemorial", r"\bremembrance", r"\bin memory of\b",
    r"\btribute", r"\bhono[u]?r(?:s|ed|ing)? the (?:dead|fallen|victims)",
    r"\bmark(?:s|ed|ing)? (?:\w+ ){1,2}(?:years?|months)\b", r"\bvigil\b", r"\bmartyrs?['’]? day",
    r"\bmonument", r"နှစ်ပတ်လည်", r"နှစ်ပြည့်", r"အထိမ်းအမှတ်", r"အောက်မေ့", r"ဂုဏ်ပြုပွဲ",
    r"ဝမ်းနည်းအလေးပြု", r"အာဇာနည်နေ့",
)  # fmt: skip
_ART = _any(
    r"\bfilms?\b", r"\b(?:a|the|new) play\b", r"\bdiar(?:y|ies)\b", r"\bin pictures\b",
    r"\bdocumentar", r"\bnovels?\b", r"\bshort stor(?:y|ies)\b", r"\bexhibition",
    r"\bpaintings?\b", r"\bsongs?\b", r"\bpoems?\b", r"\bpoetry\b", r"\btheat(?:re|er)\b",
    r"\bmovies?\b", r"\bscreening\b", r"\bpremi[eè]re", r"\bbooks?\b", r"\bmemoir", r"\bmurals?\b",
    r"\balbum\b", r"\bvideo game", r"\bphoto essay", r"\b(?:the|new|television|tv) series\b",
    r"\bepisode",
    r"\bseason \w+ of", r"\bfiction", r"\bdrama\b", r"\bcomics?\b", r"\bmuseum",
    r"\bactress", r"\bcharacters?\b", r"\bhero['’]s\b", r"\bnovelist",
    r"ရုပ်ရှင်", r"ဇာတ်ကား", r"ဇာတ်လမ်း", r"ဝတ္ထု", r"စာအုပ်", r"ပြပွဲ", r"ပန်းချီ", r"ကဗျာ",
    r"သီချင်း", r"ပြဇာတ်", r"မှတ်တမ်းတင်ကား",
)  # fmt: skip
_DRILL = _any(
    r"\bdrills?\b", r"\bsimulat", r"\bmock\b", r"\brehears", r"\bfirst[- ]aid\b",
    r"\btraining (?:course|session|programme|program|workshop|exercise)", r"\bworkshops? on\b",
    r"\btraining workshop",
    r"\bexercises?\b", r"\bawareness\b", r"\btrained in\b", r"\bearly warning", r"\bapps?\b",
    r"\bhow to (?:react|respond|treat|protect|recogni[sz]e)", r"\bmine risk education", r"သင်တန်း",
    r"လေ့ကျင့်", r"ဇာတ်တိုက်", r"အသိပညာပေး", r"အက်ပ်", r"အလုပ်ရုံဆွေးနွေး",
)  # fmt: skip
# Life that goes on, and what is counted or judged long after.
_AFTERMATH = _any(
    r"\brais(?:e|es|ed|ing) (?:money|funds)", r"\bfund-?rais", r"\bdonat", r"\bdonor",
    r"\bcollected (?:money|clothes|food)", r"\b(?:won|wins|winner of) (?:a|an|the)\b", r"\bprizes?\b",
    r"\bawards?\b", r"\bhandbook", r"\bmanual\b", r"\bguidebook", r"\bwhat to do (?:when|if)\b",
    r"\b(?:picture|portrait|drawing)s? of\b", r"\bphotographs\b", r"\bphoto exhibition", r"\bquiz\b",
    r"\bscholarship",
    r"\borphan(?:s|ed)\b", r"\bcourt (?:ruled|heard|case|sentenced|convicted)\b", r"\bon trial\b", r"\bverdict",
    r"\btribunal",
    r"\binsur(?:er|ance)", r"\bcompensat", r"\brebuil", r"\breconstruct", r"\breopen(?:s|ed|ing)\b",
    r"\brepaired\b", r"\brepairs to\b", r"\brestor(?:ed|ation)",
    r"\b(?:has|have) (?:documented|recorded|counted|verified)\b", r"\b(?:a|new|the) study\b",
    r"\bstudy (?:says|found)\b", r"\bsurvey\b",
    r"\bmemor(?:y|ies)\b", r"\bnightmare", r"\bstill mourn", r"\bpray(?:s|ed|ing)? for\b",
    r"\bsermon\b", r"\bnow (?:has|stands?|serves?|houses)\b",
    r"\bonce (?:bombed|shelled|hit|destroyed)\b", r"လှူဒါန်း", r"အလှူရှင်", r"ရန်ပုံငွေ", r"ဆုရ",
    r"တရားရုံး", r"လျော်ကြေး", r"ပြန်လည်တည်ဆောက်", r"ပြန်ဖွင့်", r"ပြင်ဆင်ပြီး", r"စစ်တမ်း",
    r"လေ့လာချက်", r"ဓာတ်ပုံဆု", r"မိဘမဲ့", r"ဆုတောင်း",
)  # fmt: skip
_DENIAL = _any(
    r"\bden(?:y|ies|ied|ying|ial)\b", r"\bdismiss(?:es|ed|ing)?\b",
    r"\breject(?:s|ed|ing)? (?:\w+ ){0,2}(?:reports?|claims?|rumou?rs?|accusations?|allegations?)",
    r"\bhoax\b", r"\bfake\b", r"\brumou?r", r"\bfalse(?:ly)?\b", r"\bnot true\b", r"\buntrue\b",
    r"\bmisinformation\b", r"\bdisinformation\b", r"\bno truth\b", r"\bfabricat", r"\bdebunk",
    r"\bfact[- ]check", r"\bmisleading\b", r"\bold (?:photo|video|picture|image)s?\b", r"ငြင်း",
    r"မဟုတ်ကြောင်း", r"မဟုတ်မှန်", r"မဟုတ်ဘူး", r"မဟုတ်ပါ", r"သတင်းတု", r"သတင်းမှား", r"သတင်းအတု",
    r"ကောလာဟလ", r"လုပ်ကြံ", r"ဗြောင်လိမ်", r"လိမ်လည်", r"မမှန်",
)  # fmt: skip
_UNHURT = _any(
    r"\bno (?:\w+ )?(?:casualt|deaths?\b|fatalit|injur|one\b|civilians?\b|lives\b)", r"\bnobody\b",
    r"\bwithout (?:any )?(?:casualt|loss|injur|death)", r"\bnone (?:of them )?(?:was|were)\b",
    r"\bunharmed\b", r"\bunhurt\b", r"\bnot (?:been )?(?:killed|hurt|injured)\b",
    r"(?:သေဆုံး|ဒဏ်ရာရ|ထိခိုက်|ကျဆုံး|အသက်ဆုံးရှုံး)[^။၊]{0,14}(?:မရှိ|မပေါ်|မဖြစ်)",
    r"လူထိခိုက်မှုမရှိ", r"ထိခိုက်မှုမရှိ",
)  # fmt: skip
# What has not happened, before the word in English and behind it in Burmese.
_MAYBE = (  # "May 3" is a day
    r"could", r"may(?! \d)", r"might", r"would", r"fear(?:s|ed|ing)?", r"afraid", r"worr(?:y|ies|ied)", r"if",
    r"unless", r"in case", r"threat(?:s|en|ens|ened)?(?: of| to)?", r"risks?",

    r"warn(?:s|ed|ing)?(?: of| that| against)?",
    r"prepar\w*", r"plan(?:s|ned|ning)? to", r"possible", r"potential", r"likely", r"avoid(?:ing)?",
    r"prevent(?:ing)?", r"escape", r"protect\w*", r"shelters? from",
    r"bunkers? (?:for|from|against)", r"trench(?:es)?", r"ready for",
    r"end(?:ing)? (?:to )?", r"stop(?:ping|ped)?", r"halt(?:ed)?", r"cease", r"urg(?:e|es|ed)",
    r"call(?:s|ed)? (?:for|on)", r"rather than", r"instead of", r"not", r"never", r"without", r"didn't", r"no",
    r"refrain", r"pause in", r"lull in", r"expected", r"anticipat\w*", r"hypothetical", r"whose", r"ban(?:s|ned)?",
    r"against", r"about", r"amid", r"despite", r"fleeing from", r"investigat\w*", r"tribunal", r"sentenced for",
    r"trial (?:of|for)", r"accus\w* of",
)  # fmt: skip
_MAYBE_BEFORE = re.compile(rf"\b(?:{'|'.join(_MAYBE)})(?: [\w'’\-]+){{0,4}} ?$")
_AND_END = re.compile(r" and (?:the |their |her |his )?$")
_CLAUSE = re.compile(r"[,;:.()“”\"]| after | when | as | and | but ")
_MAYBE_AFTER = compile_folded(
    "^[^။၊]{0,26}?(?:စိုးရိမ်|ကြောက်|ကာကွယ်|ပါက|အန္တရာယ်|ရပ်တန့်|ရပ်စဲ|ခြိမ်းခြောက်|ဖြစ်နိုင်|ဖြစ်လာနိုင်|နိုင်တယ်|နိုင်သည်|နိုင်ခြေ"
    "|လာနိုင်|မပြု|မရှိ|မလုပ်|ရှောင်ရှား|ရှောင်ရန်|ရှောင်ဖို့|သတိပေး|ဗုံးခိုကျင်း|မှာစိုး|မည်ကို|မယ့်အရေး|တားဆီး|ဆန့်ကျင်|အမှုဖွင့်|စုံစမ်း)"
)
_BURMESE_NEGATION = refold("မ")
_RECENT = _any(
    r"\b(?:today|yesterday|this (?:morning|afternoon|evening|week)|last night|overnight|tonight|hours ago)\b",
    r"\b(?:on|since|early|late) (?:\w+ )?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
    "ယနေ့", "ဒီနေ့", "မနေ့", "ယမန်နေ့", "ဒီမနက်", "ညက", "ဒီကနေ့", "ယခုနံနက်",  # today, yesterday, this morning, at night
)  # fmt: skip

_WHOLE = (
    (_DENIAL, "denied"),
    (_REMEMBRANCE, "in remembrance"),
    (_ART, "in a work of art"),
    (_DRILL, "in a training"),
    (_AFTERMATH, "in its aftermath"),
    (_TALK, "talked about"),
)


def find_lowering(text: str, seen: datetime | None) -> str | None:
    """Return why a folded sentence does not tell of fresh violence: "told as past: …"; None when nothing says so.

    *seen* is when the article was first seen; without it, days and years are not compared.
    """
    for pattern, name in _WHOLE:
        if match := pattern.search(text):
            return f"{name}: “{match[0].strip()}”"
    if match := _PAST.search(text):
        return f"told as past: “{match[0].strip()}”"
    if seen is not None and (old := _find_old_date(text, seen)):
        return f"told as past: “{old}”"
    return None


def _find_old_date(text: str, seen: datetime) -> str | None:
    alone = _MONTH_ALONE.search(text)
    if alone and (seen.month - 1 - _MONTHS.index(alone[1])) % 12 in range(
        2, 11
    ):  # neither near month, nor this one
        return alone[0].strip()
    for match in _YEAR.finditer(text):
        year = int(match[1] or match[2])
        if 1900 <= year < seen.year and not (seen.month == 1 and year == seen.year - 1):
            return match[0].strip()
    for match in _DAY.finditer(text):
        month = _MONTHS.index(match[1] or match[4]) + 1
        if _is_old(month, int(match[2] or match[3]), int(match[5]) if match[5] else None, seen):
            return match[0].strip()
    for match in _BURMESE_DAY.finditer(text):
        if _is_old(_FOLDED_MONTHS.index(match[1]) + 1, int(match[2]), None, seen):
            return match[0].strip()
    return None


def _is_old(month: int, day: int, year: int | None, seen: datetime) -> bool:
    """Tell whether the latest such day before *seen* lies further back than news does; a coming one is not old."""
    for candidate in (year,) if year else (seen.year + 1, seen.year, seen.year - 1):
        try:
            named = seen.replace(year=candidate, month=month, day=day)
        except ValueError:  # 30 February
            continue
        if named <= seen + timedelta(days=7):
            return seen - named > FRESH_FOR
    return False


def is_recent(text: str) -> bool:
    """Tell whether a folded sentence names a time of the last days."""
    return _RECENT.search(text) is not None


def is_unhurt(text: str) -> bool:
    """Tell whether a folded sentence says that nobody came to harm."""
    return _UNHURT.search(text) is not None


def is_maybe(text: str, start: int, end: int) -> bool:
    """Tell whether the word at the span is feared, planned, asked to end or negated, and so did not happen."""
    if "\u1000" <= text[start] <= "\u109f":
        return text[max(0, start - 1) : start] == _BURMESE_NEGATION or bool(
            _MAYBE_AFTER.search(text[end : end + 40])
        )
    before = text[max(0, start - 90) : start]
    # "could hit the school and kill": what holds for the one holds for the other
    before = _AND_END.sub("", before)
    clause = _CLAUSE.split(before)[-1]
    return _MAYBE_BEFORE.search(clause) is not None
