"""Plain text out of pieces of markup, and what an unexpected HTML page is. Finds no article: see ``extract``.

Text that leaves here is NFC, free of control characters, its paragraphs separated by one line break.
"""

from __future__ import annotations

import html
import re
from unicodedata import normalize

from lxml import etree

from crawler.parse.furniture import prune_tree
from crawler.parse.furniturelines import drop_lines

# C0 and C1 but for tab and line ends, lone surrogates, noncharacters: PostgreSQL refuses the first of them,
# UTF-8 the second kind; none is text.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_LOOKS_LIKE_MARKUP = re.compile(r"<(?:/?[A-Za-z][^<>]{0,2000}>|!--|!\[CDATA\[)|<br\b")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_NUMBERED = re.compile(r"&#(?:\d{2,7}|x[0-9a-f]{2,6});", re.IGNORECASE)
_MOST_UNESCAPES = 3
_SNIFF_CHARS = 65_536
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,500}?)</title", re.IGNORECASE | re.DOTALL)
# Whole titles: a headline may well begin with "Security check".
_CHALLENGE_TITLE = re.compile(
    r"(?:just a moment|one moment,? please|attention required! \| cloudflare|checking your browser.{0,60}"
    r"|ddos-guard|you are being redirected|security (?:check|verification)|access denied|403 forbidden"
    r"|are you (?:a )?(?:human|robot)|(?:please )?verify(?:ing)? (?:that )?you are (?:a )?human)\W*",
    re.IGNORECASE,
)
# Not /cdn-cgi/challenge-platform: Cloudflare puts that script into pages that it lets through, too.
_CHALLENGE_MARKUP = re.compile(
    r"_cf_chl_opt|cf-chl-widget|sucuri_cloudproxy_js|_Incapsula_Resource\?SWUDNSAI"
)
# Registrars and parking services answer 200 for a domain that expired. Titles as they print them ...
_PARKED_TITLE = re.compile(
    r".{0,100}\bdomain (?:name )?(?:\S{1,80} )?(?:is|may be) (?:for sale|parked|available for purchase)\b.{0,100}"
    r"|.{0,80}\b(?:buy|purchase) this domain\b.{0,80}|(?:parked|expired) domain(?: name)?\b.{0,80}"
    r"|(?:\S{1,80} (?:- )?)?(?:this )?(?:domain|website)(?: name)? (?:is |has )?(?:expired|parked)\b.{0,80}"
    r"|[\w-]{1,63}(?:\.[\w-]{1,63}){1,3} is for sale(?: \| hugedomains)?\W*|account suspended\W*",
    re.IGNORECASE,
)
# ... the services that such pages are made of ...
_PARKED_MARKUP = re.compile(
    r"(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//(?:[\w-]+\.)*"
    r"(?:sedoparking\.com|parkingcrew\.net|bodiscdn\.com|parklogic\.com|hugedomains\.com/domain_profile"
    r"|dan\.com/buy-domain|afternic\.com/forsale)",
    re.IGNORECASE,
)
_PARKING_HOSTS = (
    "sedoparking.",
    "parkingcrew.",
    "bodiscdn.",
    "parklogic.",
    "hugedomains.",
    "dan.com/",
    "afternic.",
)
# ... and their words, which say it only where no article can stand.
_PARKED_WORDS = re.compile(
    r"(?:this|the) domain (?:name )?(?:\S{1,80} )?(?:is|may be) (?:for sale|parked)|(?:buy|purchase|get) this domain\b"
    r"|(?:this|the) domain (?:name )?has (?:expired|been parked)|parked free, courtesy of|related searches:",
    re.IGNORECASE,
)
_LOGIN_FIELD = re.compile(r"<input[^>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)
_CAPTCHA = re.compile(r"\b(?:g-recaptcha|h-captcha|cf-turnstile|captcha-container)\b", re.IGNORECASE)
_CAPTCHA_CHARS = 20_000  # a longer page has other things to say, and the riddle belongs to its contact form
_LOGIN_TITLE = re.compile(r"\b(?:log ?in|sign ?in)\b", re.IGNORECASE)
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption"}
    | {"figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p"}
    | {"pre", "section", "table", "tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
_PARSER = etree.HTMLParser(
    encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
)


def clean_line(text: str) -> str:
    """Return *text* as one NFC line: control characters gone, white space collapsed."""
    return normalize("NFC", " ".join(_UNWANTED.sub("", text).split()))


def clean_paragraphs(text: str) -> str:
    """Return *text* with every line cleaned and empty lines dropped."""
    lines = (clean_line(line) for line in _LINE_END.split(text))
    return "\n".join(line for line in lines if line)


def strip_controls(text: str) -> str:
    """Remove what no text may hold (NUL, other C0 and C1, surrogates, noncharacters)."""
    return _UNWANTED.sub("", text)


def html_to_text(markup: str) -> str:
    """Return the text of an HTML fragment without share bars, related stories and scripts.

    Blocks and line breaks separate paragraphs; text of inline tags is not torn apart, as Burmese words
    carry emphasis inside them. Never raises: markup that libxml2 cannot read counts as empty.
    """
    tree = _fragment_tree(markup)
    if tree is None:
        return ""
    prune_tree(tree)
    return tree_to_text(tree)


def _fragment_tree(markup: str) -> etree._Element | None:
    source = f"<html><body>{_without_open_comment(strip_controls(markup))}</body></html>"
    try:
        return etree.fromstring(source.encode(), _PARSER)
    except etree.XMLSyntaxError:
        return None


def _without_open_comment(markup: str) -> str:
    """Drop a comment that is never closed up to its first ``>``: to a parser it hides all that follows."""
    start = markup.find("<!--", markup.rfind("-->") + 1)
    if start < 0:
        return markup
    end = markup.find(">", start)
    return markup[:start] + (markup[end + 1 :] if end >= 0 else "")


def tree_to_text(tree: etree._Element) -> str:
    """Return the text of a pruned tree as paragraphs, furniture lines dropped."""
    text, _ = drop_lines(tree_to_lines(tree))
    return text


def tree_to_lines(tree: etree._Element) -> str:
    """Return the text of a pruned tree as paragraphs, lines that may be furniture among them."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag in _BLOCKS:
            pieces.append("\n")
        elif element.tag in _CELLS:
            pieces.append(" ")
        text = element.text if event == "start" else element.tail
        if text and not (event == "end" and element is tree):  # the tail of the root is not in it
            pieces.append(_LINE_END.sub(" ", text))
    return clean_paragraphs("".join(pieces))


def field_to_text(value: str) -> str:
    """Return a feed field as paragraphs: markup when it looks like it, plain text otherwise.

    Publishers label both wrongly, so the label is not asked: "2 < 3" stays, "&amp;#8217;" becomes ’.
    """
    value = _without_cdata(value)
    if _LOOKS_LIKE_MARKUP.search(value):
        return _unescape_letters(html_to_text(value))
    text, _ = drop_lines(clean_paragraphs(_unescape_letters(html.unescape(value))))
    return text


def field_to_line(value: str) -> str:
    """Return a feed field as one line: a headline, a name. Nothing is dropped from it but markup and scripts."""
    value = _without_cdata(value)
    if not _LOOKS_LIKE_MARKUP.search(value):
        return clean_line(_unescape_letters(html.unescape(value)))
    tree = _fragment_tree(value)
    if tree is None:
        return ""
    etree.strip_elements(tree, "script", "style", with_tail=False)
    return clean_line(_unescape_letters("".join(tree.itertext())))


def _without_cdata(value: str) -> str:
    """Drop the marks of a CDATA section that was wrapped again, or escaped: an HTML parser would drop its text."""
    return _CDATA.sub("", value) if "<![CDATA[" in value else value


def _unescape_letters(text: str) -> str:
    """Read numbered references that are left: sites that escape Burmese letters twice or thrice mean letters."""
    for _ in range(_MOST_UNESCAPES):
        if not _NUMBERED.search(text):
            break
        text = html.unescape(text)
    return text


def is_challenge(page: str) -> bool:
    """Tell whether *page* asks for a proof of being human instead of showing its content."""
    head = page[:_SNIFF_CHARS]
    return bool(_CHALLENGE_TITLE.fullmatch(_page_title(head)) or _CHALLENGE_MARKUP.search(head))


def is_parked(page: str) -> bool:
    """Tell whether *page* is a registrar's or a host's: its domain expired, is for sale, or its account was closed."""
    head = page[:_SNIFF_CHARS]
    if _PARKED_TITLE.fullmatch(_page_title(head)):
        return True
    lower = head.lower()  # the expression is slow on pages full of addresses
    return any(host in lower for host in _PARKING_HOSTS) and _PARKED_MARKUP.search(head) is not None


def describe_html(page: str, wanted: str = "a feed") -> str:
    """Return in words what an HTML page is that came where *wanted* was expected, with its title."""
    head = page[:_SNIFF_CHARS]
    title = _page_title(head)
    if is_challenge(page):
        return f"challenge page ({title or 'no title'})"
    kind = "HTML page"
    if is_parked(page) or _PARKED_WORDS.search(head):
        kind = "parked or expired domain"
    elif "captcha" in title.lower() or (len(page) < _CAPTCHA_CHARS and _CAPTCHA.search(page)):
        kind = "captcha page"
    elif _LOGIN_TITLE.search(title) or _LOGIN_FIELD.search(head):
        kind = "login page"
    return f"{kind}, not {wanted}: {title}" if title else f"{kind}, not {wanted}"


def _page_title(head: str) -> str:
    match = _TITLE.search(head)
    return clean_line(html.unescape(match.group(1)))[:200] if match else ""
