"""The faults by their ids, in words, and which tests are named after them. Reads sources, runs nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"test_(?P<kind>[a-z])(?P<number>\d\d)_\w")
KINDS: Mapping[str, str] = {
    "F": "feed",
    "A": "article",
    "S": "store",
    "D": "delivery",
    "P": "process",
    "C": "configuration",
}

# Every fault of these tables must have a test; of the other kinds, those that have one are counted.
FAULTS: Mapping[str, str] = {
    "F1": "404",
    "F2": "410 Gone",
    "F3": "moved for good: 301 or 308",
    "F4": "redirect to a login or captcha page",
    "F5": "an HTML page with status 200",
    "F6": "no byte, or a feed without items",
    "F7": "a challenge of Cloudflare and its like",
    "F8": "broken XML, cut off",
    "F9": "wrong charset or none",
    "F10": "compression bombs, in layers too",
    "F11": "a body without end, with a length and without",
    "F12": "slow drip in head or body, hang",
    "F13": "a flood of headers, an endless header line",
    "F14": "redirects without end, loops",
    "F15": "redirect to file:, data:, ftp:, javascript:",
    "F16": "redirect or name that leads to a private address",
    "F17": "TLS: expired, self-signed, wrong host, too old",
    "F18": "DNS failure, and everything down at once",
    "F19": "IPv6 only; broken IPv6 beside good IPv4",
    "F20": "two items with one GUID; an item without GUID and link",
    "F21": "GUIDs that change on every fetch",
    "F22": "dates of the future, the past, none, Burmese digits, Buddhist years",
    "F23": "items in another order, an old one published again",
    "F24": "more new items than the feed holds",
    "F25": "XML bombs, external entities, XInclude, DTDs",
    "F26": "304 for ever, ETags that stay while the body changes",
    "F27": "cookies, one or a thousand",
    "F28": "lying lengths, resets, bad chunks",
    "F29": "429 with Retry-After as seconds, date or nonsense",
    "F30": "a body that is a path or an address",
    "A1": "page 404, 410, time-out",
    "A2": "paywall, teaser",
    "A3": "AMP, print and mobile twins, tracking parameters",
    "A4": "canonical address of the home page or of another host",
    "A5": "a page that is JavaScript only",
    "A6": "hostile pages: huge, deep, many links, attributes, structured data",
    "A7": "NUL and control characters",
    "A8": "mixed and mislabelled encodings",
    "A9": "Zawgyi",
    "A10": "bidi overrides, zero width, hosts that look like others",
    "A11": "an article that was edited",
    "A12": "an article that was deleted",
    "A13": "a link that is no web address, or too long",
    "A14": "robots.txt: disallow, 5xx, no answer",
    "D1": "the answer is lost after the message was sent",
    "D2": "429 with a long Retry-After in every form",
    "D3": "400 on one item among good ones",
    "D4": "revoked: 401, 403, 404, 410",
    "D5": "5xx for three days",
    "D6": "a redirect on POST",
    "D7": "an answer that drips or never ends",
    "D8": "TLS error, DNS failure, connection refused",
    "D9": "413: larger than the server takes",
    "D10": "200 with an error or a web page in it",
    "D11": "a backlog of 5,000 after an outage",
    "D12": "secrets in anything that is shown or kept",
    "D13": "an answer that is a bomb or has no end",
    "D14": "killed between two parts of one digest",
    "D15": "a newer digest ready while an older one fails",
    "D16": "injected mentions and markup",
    "D17": "two channels to one place",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A test that is named after a fault; *slow* ones run in the slow sweep only."""

    fault: str
    name: str
    file: str
    slow: bool


def named_tests(root: Path = TESTS) -> tuple[Named, ...]:
    """Return every test function below *root* whose name begins with a fault's id, by file and line."""
    found: list[Named] = []
    for path in sorted(root.rglob("test_*.py")):
        tree = ast.parse(path.read_bytes(), str(path))
        all_slow = any(_is_slow(node) for node in tree.body if _assigns_marks(node))
        for node in ast.walk(tree):
            match = NAMED.match(node.name) if isinstance(node, ast.FunctionDef) else None
            if isinstance(node, ast.FunctionDef) and match and match["kind"].upper() in KINDS:
                fault = f"{match['kind'].upper()}{int(match['number'])}"
                slow = all_slow or any(map(_is_slow, node.decorator_list))
                found.append(Named(fault, node.name, path.relative_to(root).as_posix(), slow))
    return tuple(found)


def by_fault(found: tuple[Named, ...]) -> dict[str, tuple[Named, ...]]:
    """Return the tests of every fault that must have one, and of the others that do, in the catalogue's order."""
    ids = [*FAULTS, *sorted({test.fault for test in found} - FAULTS.keys(), key=_order)]
    return {fault: tuple(test for test in found if test.fault == fault) for fault in ids}


def _order(fault: str) -> tuple[int, int]:
    return list(KINDS).index(fault[0]), int(fault[1:])


def _assigns_marks(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _is_slow(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Attribute) and part.attr == "slow" for part in ast.walk(node))
