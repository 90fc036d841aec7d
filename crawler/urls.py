"""Addresses of articles: clean to show, folded to compare, declared ones trusted or not. Opens nothing.

Cheap to import: the library that knows trackers and public suffixes (0.3 s) is loaded on its first question.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

TELEGRAM_HOSTS = ("t.me", "telegram.me", "telegram.dog")
MAX_URL_CHARS = 2000  # longer ones break chats and browsers; no outlet writes them

_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Answered without the library, because nearly every feed asks: campaign tags, click ids ...
_TRACKER = re.compile(
    r"(?:utm_|mtm_|pk_|ga_|mc_|hsa_|_hs)|(?:fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igsh|igshid|twclid|ttclid|"
    r"ref|ref_src|ref_url|cmpid|ncid|smid|share|sharesource|at_\w+|ns_\w+|ocid|xtor|__twitter_impression|__tn__)$",
    re.IGNORECASE,
)
# ... and what names the article itself, some of which the library takes for trackers ("gallery", "cid").
_CONTENT = re.compile(
    r"(?:p|q|s|v|id|oc|hl|gl|ceid|lang|page|paged|page_id|post_?id|post|article_?id|aid|cid|eid|nid|sid|uid|bid|tid|"
    r"news_?id|story|cat|ga[^_]\w*|gl\w+|keywords?|reference\w*|sources?_?id|media_?id|session_?\w+|story_?id|amp)$",
    re.IGNORECASE,
)
_TWIN_QUERY = frozenset(
    {"amp", "amp=1", "amp=true", "amp=", "outputtype=amp", "noamp=mobile", "m=1"}
    | {
        "print",
        "print=1",
        "print=true",
        "print=print",
        "print=y",
        "output=print",
        "view=print",
        "tmpl=component",
    }
)
_FOLDED_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
# What a theme puts behind the path of an article, or before it, for other readers of the same text.
_FOLDED_PATH = re.compile(
    r"^/amp(?=(?:/[^/]+){2,}$)|(?:/amp|\.amp|\.lite|/lite|\.print)(?=\.html?$|$)", re.IGNORECASE
)
_PRINT_PAGE = re.compile(r"(?P<article>(?:/[^/]+){2,})/print", re.IGNORECASE)  # /news/print is a section
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_NEWS_REDIRECT = re.compile(
    r"https?://news\.google\.com/(?:__i/)?(?:rss/)?(?:rd/)?(?:articles|read)/", re.IGNORECASE
)
_TWIN_TAIL = re.compile(r"(?:/(?:amp|lite|print|page|\d{1,3}))+", re.IGNORECASE)


def is_http_url(url: str | None) -> bool:
    """Tell whether *url* is an absolute http(s) address of at most 2,000 characters with a host."""
    if not url or len(url) > MAX_URL_CHARS:
        return False
    parts = _split(url)
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def tidy_link(link: str) -> str:
    """Return a link as browsers read it: broken lines joined, spaces inside it escaped, those around it dropped."""
    return "".join(line.strip() for line in link.splitlines()).replace(" ", "%20")


def canonical_url(url: str) -> str:
    """Return the address to store and to show: same page, no tracking parameters, no fragment.

    Scheme and host lower-case, default port and credentials dropped, odd characters escaped. The order and
    the values of other parameters stay. What is no http(s) address comes back stripped of white space only.
    """
    tidy = _CONTROLS.sub("", url)
    parts = _split(tidy)
    if parts is None or parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return tidy
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/"
    return urlunsplit((parts.scheme, _host_and_port(parts), path, _clean_query(parts.query), ""))


@lru_cache(maxsize=2048)  # a poll asks several times for each of its addresses
def identity_key(url: str) -> str:
    """Return a key that is equal for the twins of an article, for comparing only: it is no address.

    Folded: http and https, ``www.``, ``m.`` and ``amp.`` hosts, a trailing slash, ``index.html``, ``/amp``,
    ``?amp=1``, ``.lite``, print pages, percent-encoding, composed and decomposed letters, tracking parameters and
    the order of the others.
    """
    clean = canonical_url(url)
    parts = _split(clean)
    if parts is None or parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return clean
    host = _FOLDED_HOST.sub("", _host_and_port(parts))
    path = normalize("NFC", re.sub("/{2,}", "/", unquote(parts.path)).rstrip("/"))
    if stem := _FOLDED_PATH.sub("", path):
        path = stem.rstrip("/")
    if printed := _PRINT_PAGE.fullmatch(path):
        path = printed["article"]
    path = _INDEX.sub("", path)
    fields = sorted(
        normalize("NFC", unquote(field))
        for field in parts.query.split("&")
        if field and field.lower() not in _TWIN_QUERY
    )
    return f"{host}{path}{'?' if fields else ''}{'&'.join(fields)}"


def host_and_rest(url: str | None) -> tuple[str, str]:
    """Return the two parts of an `identity_key`: the host, and what names the article on it."""
    key = identity_key(url) if url else ""
    host = re.match(r"[^/?]*", key)
    assert host is not None
    return host[0], key[host.end() :]


def trusted_canonical(declared: str | None, final_url: str) -> str | None:
    """Return the page's declared canonical address when it can be believed, else None.

    It must be http(s), of the same registrable domain, lead deeper than ``/``, and not to a section above
    the page: themes that point every article at its category would merge them all into one.
    """
    if not declared or not is_http_url(declared) or not is_http_url(final_url):
        return None
    theirs, ours = urlsplit(declared), urlsplit(final_url)
    if not theirs.path.strip("/") and not theirs.query:
        return None
    if not _same_site(theirs.hostname or "", ours.hostname or ""):
        return None
    section, page = theirs.path.rstrip("/"), ours.path.rstrip("/")
    if (
        page != section
        and page.startswith(section + "/")
        and not _TWIN_TAIL.fullmatch(page[len(section) :])
        and not theirs.query
    ):
        return None
    return canonical_url(declared)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname  # both are read lazily and raise on nonsense
    except ValueError:
        return None
    return parts


def _host_and_port(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = quote(host)
    port = parts.port
    return host if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f"{host}:{port}"


def _clean_query(query: str) -> str:
    kept = [field for field in query.split("&") if field and not _is_tracker(field.partition("=")[0])]
    return quote("&".join(kept), safe="/%:@!$&'()*+,;=~-._?")


@lru_cache(maxsize=512)
def _is_tracker(name: str) -> bool:
    if _CONTENT.match(name) or len(name) > 80:
        return False
    if _TRACKER.match(name):
        return True
    from courlan.clean import clean_query

    return not clean_query(f"{quote(name)}=1")


def _same_site(one: str, other: str) -> bool:
    one, other = _FOLDED_HOST.sub("", one), _FOLDED_HOST.sub("", other)
    if one == other:
        return True
    from courlan import extract_domain

    domain = extract_domain(f"https://{one}/")
    return domain is not None and domain == extract_domain(f"https://{other}/")


def with_query(url: str, **fields: str | None) -> str:
    """Return *url* with these query fields in the place of their likes, else at the end; None takes one away.

    What else the query holds stays as it is written. The fragment is dropped.
    """
    parts = urlsplit(url)
    put = {name: f"{name}={value}" for name, value in fields.items() if value is not None}
    query = [
        put.pop(_field_name(field), "") if _field_name(field) in fields else field
        for field in parts.query.split("&")
    ]
    kept = "&".join(field for field in (*query, *put.values()) if field)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, kept, ""))


def _field_name(field: str) -> str:
    return unquote(field.partition("=")[0])


def is_on_domain(host: str | None, domains: Collection[str]) -> bool:
    """Tell whether *host* is one of *domains*, which have four labels at most, or below one."""
    labels = (host or "").lower().rstrip(".").split(".")[-4:]
    return any(".".join(labels[start:]) in domains for start in range(len(labels)))


def is_news_redirect(url: str | None) -> bool:
    """Tell whether *url* only leads to an article by way of Google News, whose page holds none of it."""
    return _NEWS_REDIRECT.match(url or "") is not None


def is_telegram_host(host: str | None) -> bool:
    """Tell whether *host* is one of Telegram's own, ``NAME.t.me`` included."""
    return is_on_domain(host, TELEGRAM_HOSTS)
