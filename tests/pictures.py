"""Draw the golden digests roughly as each chat shows them: ``python -m tests.pictures OUTDIR``.

Two sheets of the chats most read, in Burmese and in English, and one of all platforms a situation, in a phone's width,
and a PNG beside each where Chromium is installed. For looking, not for judging: nothing is asserted or committed. After
``.ci/peers`` the cards of Teams are drawn by Adaptive Cards' own renderer; Telegram's texts are drawn from what its own
parser finds in them, Matrix messages with the tags that clients keep, the rest as we know it. Fonts of Debian that show
Burmese: fonts-sil-padauk and fonts-noto-core.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alerts.channels import PLATFORMS
from alerts.digest.page import render_page
from tests.conftest import ROOT
from tests.contract import tdlib
from tests.invented import BATTLE, CLINIC, is_burmese
from tests.kit.platforms import render
from tests.situations import SITUATIONS, compose, digest_of, stories_of

if TYPE_CHECKING:
    from alerts.model import Digest

Message = Mapping[str, Any]

MOST_READ = ("slack", "discord", "telegram", "teams", "matrix")

_STYLE = """
body { margin: 16px; background: #d9dce1; font: 15px/1.46 "Noto Sans", Padauk, "Noto Sans Myanmar", sans-serif; }
.row { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; }
figure { margin: 0; width: 390px; background: #fff; border-radius: 6px; overflow: hidden; }
figcaption { padding: 4px 12px; background: #3a3f47; color: #fff; font-size: 12px; }
.message { padding: 10px 14px; border-top: 1px dashed #bbb; overflow-wrap: anywhere; }
.message p { margin: 0 0 8px; } .small { font-size: 12px; color: #616061; } .pre { white-space: pre-wrap; }
h3 { margin: 2px 0 8px; font-size: 18px; } a { color: #1264a3; text-decoration: none; }
blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid #ddd; } ul { margin: 2px 0; padding-left: 24px; }
.rich { margin: 0 0 12px; } .telegram { background: #e6ebee; } .telegram .pre { background: #fff; padding: 8px 12px;
border-radius: 12px; max-width: 400px; } .discord { background: #313338; color: #dbdee1; }
.embed { margin: 6px 0; padding: 8px 12px; background: #2b2d31; border-left: 4px solid #1e1f22; border-radius: 4px; }
.embed b.title, .discord a { color: #00a8fc; } .embed .small { color: #b5bac1; }
.card { border: 1px solid #ddd; border-radius: 8px; padding: 10px; }
.section { border-top: 1px solid #ddd; padding: 6px 0; }
.ntfy .title { font-weight: bold; }
pre { margin: 0; font: 12px/1.5 "DejaVu Sans Mono", Padauk, monospace; overflow: auto; }
.accent { color: #6264a7; } .live { outline: 2px solid red; }
.telegram blockquote { margin: 2px 0; padding: 2px 8px; background: #eef4f9; border-left: 3px solid #3390ec;
border-radius: 4px; white-space: pre-wrap; } .ac-adaptiveCard { padding: 8px 0 !important; }
"""

# The renderer and the markdown parser that its documentation pairs it with; installed by .ci/peers.
_NODE = ROOT / ".peers" / "node_modules"
_RENDERER = (_NODE / "adaptivecards/dist/adaptivecards.js", _NODE / "markdown-it/dist/markdown-it.min.js")
_DRAW_CARDS = """
AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdownit().render(text); result.didProcess = true;
};
const fonts = {fontFamily: '"Noto Sans", Padauk, sans-serif'};
for (const place of document.querySelectorAll("script[type='application/json']")) {
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig(fonts);
  card.parse(JSON.parse(place.textContent));
  place.replaceWith(card.render());
}
"""


def _slack_leaf(leaf: Message) -> str:
    text = escape(leaf["text"]).replace("\n", "<br>")
    if leaf.get("style", {}).get("bold"):
        text = f"<b>{text}</b>"
    return f'<a href="{escape(leaf["url"])}">{text}</a>' if leaf["type"] == "link" else text


def _slack_rich(element: Message) -> str:
    inner = element["elements"]
    if element["type"] == "rich_text_list":
        return f"<ul>{''.join(f'<li>{_slack_rich(each)}</li>' for each in inner)}</ul>"
    text = "".join(map(_slack_leaf, inner))
    return (
        f"<blockquote>{text}</blockquote>" if element["type"] == "rich_text_quote" else f"<div>{text}</div>"
    )


def _slack(message: Message) -> str:
    out = []
    for block in message["blocks"]:
        if block["type"] == "header":
            out.append(f"<h3>{escape(block['text']['text'])}</h3>")
        elif block["type"] == "context":
            shown = (escape(each["text"]).replace("\n", "<br>") for each in block["elements"])
            out.append(f'<p class="small">{" &nbsp; ".join(shown)}</p>')
        else:
            out.append(f'<div class="rich">{"".join(map(_slack_rich, block["elements"]))}</div>')
    return "".join(out)


def _markdown(text: str) -> str:
    """Return the little markdown that adapters write, line by line, as HTML."""
    out = []
    for line in text.split("\n"):
        shown = escape(line)
        shown = re.sub(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\((https?://[^)\s]*)\)", r'<a href="\2">\1</a>', shown)
        shown = re.sub(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*", r"<b>\1</b>", shown)
        shown = re.sub(r"\\([^\w\s])", r"\1", shown)
        if shown.startswith("&gt; "):
            out.append(f"<blockquote>{shown[5:]}</blockquote>")
        elif shown.startswith(("- ", "* ")):
            out.append(f"<div>&nbsp;• {shown[2:]}</div>")
        else:
            out.append(f"<div>{shown or '&nbsp;'}</div>")
    return "".join(out)


def _discord(message: Message) -> str:
    out = [_markdown(message["content"])]
    for embed in message.get("embeds", []):
        author = escape(embed.get("author", {}).get("name", ""))
        title = escape(embed.get("title", ""))
        out.append(f'<div class="embed"><div class="small">{author}</div><b class="title">{title}</b>')
        out.append(_markdown(embed.get("description", "")))
        out.append(f'<div class="small">{escape(embed.get("footer", {}).get("text", ""))}</div></div>')
    return "".join(out)


def _googlechat(message: Message) -> str:
    card = message["cardsV2"][0]["card"]
    out = [f'<div class="card"><b>{escape(card["header"]["title"])}</b>']
    for section in card["sections"]:
        out.append(f'<div class="section"><b class="small">{escape(section.get("header", ""))}</b>')
        for widget in section["widgets"]:
            text = widget.get("textParagraph", {}).get("text", "")
            decorated = widget.get("decoratedText", {})
            labels = [
                f'<div class="small">{escape(decorated.get(key, ""))}</div>'
                for key in ("topLabel", "bottomLabel")
            ]
            out.append(f"<p>{text}{labels[0]}{decorated.get('text', '')}{labels[1]}</p>")
        out.append("</div>")
    return "".join(out) + "</div>"


def _teams_element(element: Message) -> str:
    if element["type"] == "Container":
        inner = "".join(map(_teams_element, element["items"]))
        return f'<div class="{"section" if element.get("separator") else ""}">{inner}</div>'
    text = _markdown(element["text"])
    text = f"<b>{text}</b>" if element.get("weight") == "Bolder" else text
    look = ("small " if element.get("isSubtle") or element.get("size") == "Small" else "") + (
        "accent" if element.get("color") else ""
    )
    return f'<div class="{look}">{text}</div>'


def _teams(message: Message) -> str:
    card = message["attachments"][0]["content"]
    if all(path.is_file() for path in _RENDERER):
        data = json.dumps(card).replace("<", "\\u003c")
        return f'<div class="card"><script type="application/json">{data}</script></div>'
    body = card["body"]
    return f'<div class="card">{"".join(map(_teams_element, body))}</div>'


_ENTITIES = {"Bold": ("<b>", "</b>"), "BlockQuote": ("<blockquote>", "</blockquote>")}


def _telegram(message: Message) -> str:
    """Draw the entities that Telegram's own parser finds; what it would turn live beside ours is framed in red."""
    shown = message["text"]
    if tdlib.PRESENT:
        parsed = tdlib.parse(message["text"], is_html=True)
        before: dict[int, str] = {}
        found = [each for each in parsed.found if each.kind in tdlib.LIVE]
        for each in sorted((*parsed.entities, *found), key=lambda each: (each.start, -each.end)):
            links = (
                (f'<a href="{escape(each.url)}">', "</a>") if each.url else ('<span class="live">', "</span>")
            )
            opening, closing = _ENTITIES.get(each.kind, links)
            before[each.start] = before.get(each.start, "") + opening
            before[each.end] = closing + before.get(each.end, "")
        shown = "".join(
            before.get(i, "") + escape(parsed.text[i : i + 1]) for i in range(len(parsed.text) + 1)
        )
    shown = shown.replace("</blockquote>\n", "</blockquote>")  # a block ends its own line
    return f'<div class="pre">{shown}</div>'


# https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes: what clients keep; of links, web pages only.
_MATRIX_KEPT = {
    "a", "b", "blockquote", "br", "caption", "code", "del", "details", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip


class _MatrixClient(HTMLParser):
    """Draws a message as a client does: tags that it does not know are left out, their text stays."""

    def __init__(self) -> None:
        super().__init__()
        self.out = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        link = f' href="{escape(href)}"' if tag == "a" and href.startswith(("https://", "http://")) else ""
        self.out += f"<{tag}{link}>" if tag in _MATRIX_KEPT else ""

    def handle_endtag(self, tag: str) -> None:
        self.out += f"</{tag}>" if tag in _MATRIX_KEPT else ""

    def handle_data(self, data: str) -> None:
        self.out += escape(data)


def _matrix(message: Message) -> str:
    client = _MatrixClient()
    client.feed(message["formatted_body"])
    client.close()
    return client.out


DRAWERS: Mapping[str, Callable[[Message], str]] = {
    "slack": _slack,
    "discord": _discord,
    "telegram": _telegram,
    "matrix": _matrix,
    "mattermost": lambda message: _markdown(message["text"]),
    "googlechat": _googlechat,
    "teams": _teams,
    "ntfy": lambda message: (
        f'<div class="title">{escape(message["title"])}</div><div class="pre">'
        f"{escape(message['message'])}</div>"
    ),
    "webhook": lambda message: (
        f"<pre>{escape(json.dumps(message, ensure_ascii=False, indent=1)[:1500])}</pre>"
    ),
}


def draw_sheet(name: str, digest: Digest, platforms: Iterable[str]) -> str:
    """Return one sheet: what every one of *platforms* shows of *digest*, messages under each other."""
    figures = []
    for platform in platforms:
        parts = [part.body.decode("utf-8") for part in render(platform, digest)]
        if platform in ("console", "apprise"):
            shown = [f"<pre>{escape(text)}</pre>" for text in parts]
        else:
            shown = [DRAWERS[platform](json.loads(text)) for text in parts]
        messages = "".join(f'<div class="message {platform}">{text}</div>' for text in shown)
        figures.append(f"<figure><figcaption>{platform}</figcaption>{messages}</figure>")
    return (
        f'<!doctype html><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style>'
        f'<h2>{name}</h2><div class="row">{"".join(figures)}</div>{_card_scripts()}'
    )


def _card_scripts() -> str:
    if not all(path.is_file() for path in _RENDERER):
        return ""
    loaded = "".join(f'<script src="{path.resolve().as_uri()}"></script>' for path in _RENDERER)
    return f"{loaded}<script>{_DRAW_CARDS}</script>"


def one_script(*, burmese: bool) -> Digest:
    """Return a digest of two events told by the outlets of one script only."""
    groups = ([each for each in event if is_burmese(each.text) is burmese] for event in (CLINIC, BATTLE))
    return compose(stories_of(*map(tuple, groups)))


def take_picture(browser: str, page: Path, width: int, height: int) -> None:
    """Write *page* as a PNG beside it; a browser that fails says so itself."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--window-size={width},{height}", f"--screenshot={page.with_suffix('.png')}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def main(folder: Path) -> None:
    """Write the sheets, the pages of ``digest --format html`` and, with a browser, their pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    for name in ("burmese", "english"):
        sheet = folder / f"{name}.html"
        drawn = draw_sheet(name, one_script(burmese=name == "burmese"), MOST_READ)
        sheet.write_text(drawn, encoding="utf-8")
        if browser:
            take_picture(browser, sheet.resolve(), 2080, 1700)
        print(sheet)
    for situation in SITUATIONS:
        sheet, page = folder / f"{situation}.html", folder / f"{situation}.page.html"
        sheet.write_text(draw_sheet(situation, digest_of(situation), sorted(PLATFORMS)), encoding="utf-8")
        page.write_text(render_page(digest_of(situation)), encoding="utf-8")
        if browser:
            is_long = situation in ("outage", "ten-outlets")
            take_picture(browser, sheet.resolve(), 1260, 6400 if is_long else 2900)
            take_picture(browser, page.resolve(), 800, 2400 if is_long else 1000)
        print(f"{sheet}{'' if browser else ' (no Chromium: no picture)'}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.pictures OUTDIR")
    main(Path(sys.argv[1]))
