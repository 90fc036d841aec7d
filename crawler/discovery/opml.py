"""Sources to and from OPML 2.0, the format in which feed readers exchange subscriptions. Pure: no file, no network.

A feed reader sees the first feed of each source; what it has no word for (other routes, perspective, rhythm)
stands in attributes of our own namespace, so that a file read back gives the same sources. Headers, proxies
and topics are never written: they belong to one configuration, and may be secret.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from lxml import etree
from pydantic import ValidationError

from crawler.config import Source
from crawler.configvalue import check_slug, check_url, format_duration
from crawler.discovery.autodiscovery import find_home
from crawler.discovery.routechoice import quote_yaml
from crawler.errors import ParseError
from crawler.parse.charset import decode_body
from crawler.parse.markup import clean_line, field_to_line, strip_controls
from crawler.spiders import KINDS
from crawler.urls import identity_key

if TYPE_CHECKING:
    from crawler.config import Route

# Ours alone, and no address: nobody shall ask for it. https://opml.org/spec2.opml, "Extending OPML".
NAMESPACE = "urn:newswatch:opml:1"
MAX_BYTES = 4 * 1024 * 1024
MAX_OUTLINES = 5_000
MAX_NAME_CHARS = 120

_OWN = f"{{{NAMESPACE}}}"
_ROOT = re.compile(r"<opml(?=[\s>/])", re.IGNORECASE)
_SNIFF_CHARS = 65_536
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_CONTROL = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));"
)  # XML 1.0 §2.2
_MYANMAR = re.compile("[\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_PLAIN_ID = re.compile(
    r"(?!(?:null|true|false)$)[a-z][a-z0-9_-]*"
)  # others YAML takes for numbers and the like
_KEPT = ("perspective", "every", "full_text", "encoding")  # keys of a source with a plain value


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source that an OPML file would add. *guessed* are the keys that the file did not tell."""

    entry: Mapping[str, Any]  # keys and values as in sources.yaml
    guessed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an OPML file gave: sources to add, and in words what was left out and why."""

    proposals: tuple[Proposal, ...]
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class _Outline:
    attributes: Mapping[str, str]
    routes: list[dict[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        text = self.attributes.get("title") or self.attributes.get("text") or ""
        return field_to_line(text)[:MAX_NAME_CHARS].strip()


def write_opml(sources: Sequence[Source], now: datetime) -> bytes:
    """Return *sources* as an OPML 2.0 document of one outline each, in UTF-8. *now* is aware."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"newswatch": NAMESPACE})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "newswatch sources"
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for source in sources:
        etree.SubElement(body, "outline", _attributes(source))
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def read_opml(
    document: bytes,
    configured: Sequence[Source],
    *,
    language: str | None = None,
    perspective: str | None = None,
) -> Reading:
    """Return the sources in *document* that none of *configured* reads already.

    *language* and *perspective* are for outlines that do not say; without them they are guessed, and named as
    such. Entities, scripts' addresses and depth do no harm. Raises ``ParseError`` for what is no OPML.
    """
    proposals: list[Proposal] = []
    left_out: list[str] = []
    known = {
        route_key(route.kind, str(route.url)): source.id for source in configured for route in source.routes
    }
    taken = {source.id for source in configured}
    for outline in _read_outlines(document):
        name = outline.name or "an outline without a name"
        try:
            outline.routes = _read_routes(outline.attributes)
        except ValueError as error:
            left_out.append(f"{name}: {error}")
            continue
        if not outline.routes:  # a folder, or a link that is no subscription
            continue
        first = route_key(outline.routes[0]["kind"], outline.routes[0]["url"])
        if first in known:
            left_out.append(f"{name}: already read as {known[first]}")
            continue
        proposal = _propose(outline, taken, language, perspective)
        try:
            Source.model_validate(dict(proposal.entry))
        except ValidationError as error:
            key = ".".join(map(str, error.errors()[0]["loc"]))
            left_out.append(f"{name}: {key} cannot be used")
            continue
        taken.add(proposal.entry["id"])
        known |= {route_key(route["kind"], route["url"]): proposal.entry["id"] for route in outline.routes}
        proposals.append(proposal)
    return Reading(tuple(proposals), tuple(left_out))


def write_entry(proposal: Proposal, indent: str = "  ") -> str:
    """Return *proposal* as an entry of ``sources.yaml``, what was guessed marked as such."""
    lines = []
    for key, value in proposal.entry.items():
        mark = "  # guessed: look at it" if key in proposal.guessed else ""
        if key == "routes":
            lines.append("routes:")
            lines += [f"  - {{kind: {route['kind']}, url: {quote_yaml(route['url'])}}}" for route in value]
        elif key == "name":
            lines.append(f"name: {quote_yaml(value)}{mark}")
        elif key == "id" and not _PLAIN_ID.fullmatch(value):
            lines.append(f"id: {quote_yaml(value)}")
        else:
            lines.append(f"{key}: {value}{mark}")
    first, *rest = lines
    return "\n".join([f"{indent}- {first}", *(f"{indent}  {line}" for line in rest)]) + "\n"


def route_key(kind: str, url: str) -> str:
    """Return what is equal for two spellings of one route; a fragment counts, it says how to read."""
    return f"{identity_key(KINDS[kind].ask(url))}#{urldefrag(url).fragment}"


def _attributes(source: Source) -> dict[str, str]:
    routes = source.routes
    feed = next((str(route.url) for route in routes if route.kind == "feed"), None)
    home = next((home for route in routes if (home := find_home(route.kind, str(route.url)))), None)
    name = strip_controls(source.name)
    said = {"text": name, "title": name, "type": "rss" if feed else "link"}
    said |= {"xmlUrl": feed} if feed else {"url": home or str(routes[0].url)}
    said |= {"htmlUrl": home or str(routes[0].url), "language": source.language}
    own = {
        "id": source.id,
        "perspective": source.perspective,
        "every": format_duration(source.every),
        "full_text": source.full_text,
        "encoding": source.encoding or "",
        "routes": json.dumps([_route_data(route) for route in routes], ensure_ascii=False),
    }
    return said | {f"{_OWN}{key}": strip_controls(value) for key, value in own.items() if value}


def _route_data(route: Route) -> dict[str, str]:
    return {"kind": route.kind, "url": str(route.url)}


def _read_outlines(document: bytes) -> list[_Outline]:
    """Return every outline in the order of the document, nested or not."""
    if len(document) > MAX_BYTES:
        raise ParseError(f"larger than {MAX_BYTES // (1024 * 1024)} MiB")
    text = strip_controls(decode_body(document, None).text)
    root = _ROOT.search(text, 0, _SNIFF_CHARS)
    if root is None:
        raise ParseError("not OPML: it holds no <opml> element")
    # What stands before the root is dropped, the DTD with every entity that it declares: names then mean nothing.
    source = _BARE_AMPERSAND.sub("&amp;", _CONTROL.sub("", text[root.start() :])).encode()
    found: list[_Outline] = []
    try:
        events = etree.iterparse(
            io.BytesIO(source),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in events:
            if event == "end":
                element.clear()
            elif isinstance(element.tag, str) and etree.QName(element).localname.lower() == "outline":
                found.append(_Outline({str(key): str(value) for key, value in element.attrib.items()}))
                if len(found) > MAX_OUTLINES:
                    raise ParseError(f"more than {MAX_OUTLINES} outlines")
    except etree.XMLSyntaxError as error:
        raise ParseError(f"not well-formed XML: {clean_line(str(error.msg))[:160]}") from error
    return found


def _read_routes(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the routes of an outline; ``ValueError`` says in words what is wrong with them."""
    written = attributes.get(f"{_OWN}routes")
    if not written:
        lowered = {key.lower(): value for key, value in attributes.items()}
        address = lowered.get("xmlurl", "").strip()
        return [{"kind": "feed", "url": check_url(address)}] if address else []
    try:
        listed = json.loads(written)
    except (ValueError, RecursionError):
        raise ValueError("its routes cannot be read") from None
    if not isinstance(listed, list) or not 0 < len(listed) <= 50:
        raise ValueError("its routes cannot be read")
    routes = []
    for item in listed:
        kind, url = (item.get("kind"), item.get("url")) if isinstance(item, dict) else (None, None)
        if kind not in KINDS or not isinstance(url, str):
            raise ValueError("its routes cannot be read")
        routes.append({"kind": str(kind), "url": check_url(url)})
    return routes


def _propose(
    outline: _Outline, taken: Collection[str], language: str | None, perspective: str | None
) -> Proposal:
    said = outline.attributes
    host = (urlsplit(outline.routes[0]["url"]).hostname or "source").removeprefix("www.")
    name = outline.name or host
    guessed = []
    spoken = said.get("language", "").strip().replace("_", "-")
    spoken = spoken.partition("-")[0].lower() + spoken[len(spoken.partition("-")[0]) :]
    if not _LANGUAGE.fullmatch(spoken) or spoken == "unknown":  # OPML 2.0 has that word
        spoken = language or ("my" if _MYANMAR.search(name) else "en")
        guessed += [] if language else ["language"]
    own = {key: said[f"{_OWN}{key}"] for key in _KEPT if said.get(f"{_OWN}{key}")}
    if "perspective" not in own:
        own["perspective"] = perspective or "independent"
        guessed += [] if perspective else ["perspective"]
    entry = {
        "id": _free_id(said.get(f"{_OWN}id", ""), name, host, taken),
        "name": name,
        "language": spoken,
        **{key: own[key] for key in _KEPT if key in own},
        "routes": outline.routes,
    }
    return Proposal(entry, tuple(guessed))


def _free_id(given: str, name: str, host: str, taken: Collection[str]) -> str:
    """Return an id that no other source has: the given one, else one made of the name, else of the host."""
    try:
        stem = check_slug(given)
    except ValueError:
        stem = _slug(name) if name.isascii() and len(_slug(name)) > 2 else _slug(host) or "source"
    chosen, number = stem, 1
    while chosen in taken:
        number += 1
        chosen = f"{stem}-{number}"
    return chosen


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50].strip("-")
