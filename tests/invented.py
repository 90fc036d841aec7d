"""Invented outlets and what they print, in English and Burmese. Data only; no article of any outlet stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.digest.compose import SourceFacts

SOURCES: Mapping[str, SourceFacts] = {
    "courier": SourceFacts("Hill Courier", "ethnic"),
    "wire": SourceFacts("Border Wire", "independent"),
    "voice": SourceFacts("တောင်တန်းအသံ", "ethnic"),  # Voice of the Hills
    "lantern": SourceFacts("Lantern Weekly", "independent", "zawgyi"),
    "gazette": SourceFacts("Union Gazette", "junta"),
    "globe": SourceFacts("Globe Agency", "international"),
    "relief": SourceFacts("Relief Bulletin", "humanitarian"),
    "valley": SourceFacts("Valley Post", "independent"),
    "mirror": SourceFacts("ကယားကြေးမုံ", "ethnic"),  # Kayah Mirror
    "morning": SourceFacts("နံနက်ခင်းသတင်း", "independent"),  # Morning News
}
HOSTS: Mapping[str, str] = {
    "voice": "taungtan-athan.example",
    "mirror": "kayah-kyaymon.example",
    "morning": "nanetkhin.example",
}


@dataclass(frozen=True, slots=True)
class Written:
    """An invented article: who printed it, what, and how long before the digest."""

    source: str
    title: str
    text: str
    hours: float = 2.0


def is_burmese(text: str) -> bool:
    """Tell whether *text* is written in Myanmar letters for the most part."""
    return 3 * sum("\u1000" <= char <= "\u109f" for char in text) > len(text)


BRIDGE = Written(
    "wire",
    "Bridge on the road between Loikaw and Demoso opens to small cars again",
    "The bridge on the road between Loikaw and Demoso opened to small cars this morning, three months after shelling "
    "broke its middle span. Volunteers laid steel plates over the gap and posted a man at each "
    "end to count the cars.\n\n"
    "Lorries still go round by the river. A driver said that the detour costs him half a day.",
)

CLINIC_EN = (
    "Two shells hit the clinic of a village east of Loikaw before dawn on Sunday and killed "
    "four patients, the Karenni "
    "Human Rights Group said. At least nine people were injured, among them a nurse."
)
# Before dawn two shells fell on a clinic in a village east of Loikaw. Four patients died and nine were injured, the
# Karenni Human Rights Group said.
CLINIC_MY = (
    "လွိုင်ကော်မြို့ အရှေ့ဘက် ကျေးရွာတစ်ရွာက ဆေးခန်းပေါ်ကို ဒီကနေ့ မနက်အစောပိုင်းမှာ လက်နက်ကြီးကျည် နှစ်လုံး ကျရောက်ခဲ့ပါတယ်။ "
    "လူနာ ၄ ဦး သေဆုံးပြီး ၉ ဦး ဒဏ်ရာရခဲ့တယ်လို့ ကရင်နီလူ့အခွင့်အရေးအဖွဲ့က ပြောပါတယ်။"
)
CLINIC = (
    Written("courier", "Shells hit clinic east of Loikaw, four patients killed", CLINIC_EN, 5),
    # shells fall on a clinic near Loikaw, 4 dead
    Written("voice", "လွိုင်ကော်အနီး ဆေးခန်း လက်နက်ကြီးကျ၊ ၄ ဦး သေဆုံး", CLINIC_MY, 4.8),
    Written(
        "wire",
        "Four die as shells strike a Loikaw clinic",
        CLINIC_EN + " The roof of the ward fell in. Neighbours dug with their hands until noon.",
        4.5,
    ),
    Written("mirror", "ဆေးခန်း ပစ်ခတ်ခံရ၊ လူနာ ၄ ဦး သေဆုံး", CLINIC_MY + " ဆေးခန်းခေါင်မိုး ပြိုကျခဲ့ပါတယ်။", 4.2),
    # clinic shelled, 4 patients dead; the clinic's roof fell in
    Written(
        "globe",
        "Myanmar: clinic near Loikaw shelled",
        "A clinic near Loikaw in eastern Myanmar was shelled on Sunday. The Karenni Human Rights Group said that four "
        "patients were killed. A spokesman of the military did not answer calls.",
        4,
    ),
    # printed in Zawgyi: clinic near Loikaw hit by artillery
    Written("lantern", "လွိုင်ကော်အနီးက ဆေးခန်း လက်နက်ကြီးထိမှန်", CLINIC_MY, 3.5),
    Written(
        "valley",
        "Clinic east of Loikaw in ruins after shelling",
        "A clinic east of Loikaw lies in ruins after shelling on Sunday that killed five people, a "
        "nurse told the Valley "
        "Post. She counted eleven injured.",
        3,
    ),
    # clinic of a village at Loikaw hit by shells
    Written("morning", "လွိုင်ကော် ကျေးရွာဆေးခန်း လက်နက်ကြီးကျည်ထိမှန်", CLINIC_MY, 2.5),
    Written(
        "relief",
        "Health partners condemn strike on clinic in Loikaw township",
        "Health partners condemned the shelling of a clinic in Loikaw township, in which four patients were killed "
        "according to local responders. The clinic had served 2,300 displaced people.",
        2,
    ),
    Written(
        "gazette",
        "Terrorists shell village near Loikaw",
        "Terrorists fired heavy weapons at a village near Loikaw on Sunday, the state broadcaster "
        "said. Two people were "
        "killed.",
        1,
    ),
)

BATTLE = (
    Written(
        "courier",
        "Base west of Loikaw falls in Operation 1111, alliance says",
        "Resistance forces took a base west of Loikaw on Saturday night in Operation 1111, the Karenni Nationalities "
        "Defence Force said. It said that 34 soldiers were killed and 18 were captured. The claim "
        "could not be verified "
        "independently.",
        9,
    ),
    Written(
        "gazette",
        "Security forces repel attack near Loikaw",
        "Security forces repelled an attack on an outpost near Loikaw, a military spokesman said. "
        "He said that 5 soldiers "
        "were killed.",
        7,
    ),
    Written(
        "wire",
        "Residents count the dead after battle near Loikaw",
        "Residents of two villages near Loikaw said that at least 20 soldiers were killed in the battle for the base. "
        "About 1,200 people fled to the east.",
        3,
    ),
    # ၁၁၁၁ operation: a base west of Loikaw taken. 34 soldiers died, 18 were captured, the KNDF announced.
    Written(
        "voice",
        "၁၁၁၁ စစ်ဆင်ရေး၊ လွိုင်ကော်အနောက်က စခန်း သိမ်းပိုက်",
        "လွိုင်ကော်မြို့ အနောက်ဘက်က စစ်စခန်းတစ်ခုကို ၁၁၁၁ စစ်ဆင်ရေးအတွင်း သိမ်းပိုက်လိုက်တယ်လို့ ကရင်နီအမျိုးသားများကာကွယ်ရေးတပ်ဖွဲ့ (KNDF) က "
        "ထုတ်ပြန်ပါတယ်။ စစ်သား ၃၄ ဦး သေဆုံးပြီး ၁၈ ဦးကို ဖမ်းဆီးရမိတယ်လို့ ဆိုပါတယ်။",
        2,
    ),
)

CORRECTED = (
    Written(
        "courier",
        "Landslide buries houses at the edge of Loikaw",
        "A landslide buried houses at the edge of Loikaw on Friday. Three people were killed, the township "
        "rescue team said.",
        6,
    ),
    Written(
        "courier",
        "Landslide at Loikaw: death toll corrected",
        "A landslide buried houses at the edge of Loikaw on Friday. Seven people were killed, the township rescue "
        "team said on Sunday.",
        0.6,
    ),
)

REWORDED = (
    Written(
        "valley",
        "Convoy reaches Loikaw with rice",
        "A convoy of nine lorries reached Loikaw with rice on Saturday. Two drivers were injured by a mine on the way, "
        "a driver said. The road was closed behind them.",
        20,
    ),
    Written(
        "valley",
        "Convoy reaches Loikaw with rice",
        "A convoy of nine lorries reached Loikaw with rice on Saturday. Five drivers were injured by a mine on the "
        "way, a driver said. The road was closed behind them.",
        20,
    ),
)
# fifteen houses of a ward of Loikaw burnt down, residents say
TAKEN_DOWN = Written(
    "voice",
    "လွိုင်ကော် ရပ်ကွက်တစ်ခုတွင် နေအိမ် ၁၅ လုံး မီးလောင်",
    "လွိုင်ကော်မြို့ ရပ်ကွက်တစ်ခုမှာ နေအိမ် ၁၅ လုံး မီးလောင်ပျက်စီးခဲ့တယ်လို့ ဒေသခံတွေက ပြောပါတယ်။",
    26,
)

NURSES = Written(
    "wire",
    "Jets bomb a school in Loikaw at dusk, six children killed",
    "Two jets bombed a school in Loikaw at dusk on Sunday and killed six children, a teacher "
    "said. Rescuers were still "
    "digging at ten in the evening.",
    0.4,
)

_PLACES = ("market", "bus station", "north ward", "library", "river bank", "old airfield", "weaving hall", "orchard",
           "post office", "reservoir", "bakery", "high school")  # fmt: skip
_EVENTS = (
    (
        "Water runs again at the {place} of Loikaw",
        "Water runs again at the {place} of Loikaw, ward elders said on {day}.",
    ),
    (
        "Clashes near the {place} of Loikaw",
        "Clashes broke out near the {place} of Loikaw on {day}. {count} people fled, a resident said.",
    ),
    (
        "Traders return to the {place} of Loikaw",
        "Traders returned to the {place} of Loikaw on {day}, after the road had been closed for {count} days.",
    ),
    # there was fighting in the {n}th ward of Loikaw; {n} houses burnt down, residents say
    (
        "လွိုင်ကော် ရပ်ကွက် {number} တွင် တိုက်ပွဲဖြစ်",
        "လွိုင်ကော်မြို့ ရပ်ကွက် {number} မှာ တိုက်ပွဲဖြစ်ပွားခဲ့ပြီး နေအိမ် {number} လုံး မီးလောင်ပျက်စီးခဲ့တယ်လို့ ဒေသခံတွေက ပြောပါတယ်။",
    ),
    (
        "Mines cleared from the {place} of Loikaw",
        "Volunteers cleared {count} mines from the {place} of Loikaw by {day}, they said.",
    ),
)
_DAYS = ("Thursday", "Friday", "Saturday")
_ENGLISH, _BURMESE = ("wire", "courier", "valley", "relief"), ("voice", "mirror", "morning")


def sixty_stories() -> tuple[tuple[Written, ...], ...]:
    stories = []
    for number in range(60):
        title, text = _EVENTS[number % 5]
        facts = {
            "place": _PLACES[number % 12],
            "day": _DAYS[number // 20],
            "count": f"{12 + number}",
            "number": "".join(chr(0x1040 + int(digit)) for digit in f"{2 + number // 5}"),  # Burmese digits
        }
        source = (_BURMESE if is_burmese(title) else _ENGLISH)[number % 3]
        stories.append((Written(source, title.format(**facts), text.format(**facts), 70 - number),))
    return tuple(stories)
