"""English words that figures hang on: who can be counted, what can happen to them. Data and its shape, no grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.figure.model import Class
from alerts.model import What


def words_of(text: str) -> list[str]:
    """Return the words of a list written as text."""
    return text.split()


_PERSONS = """
    people persons person civilians civilian residents resident villagers villager locals inhabitants
    townspeople
    soldiers soldier troops troop fighters fighter rebels rebel guerrillas guerrilla insurgents
    insurgent militants
    militant militiamen militiaman militias combatants combatant personnel servicemen recruits recruit
    conscripts
    conscript officers officer commanders commander colonel colonels major majors captain captains lieutenant
    lieutenants sergeant sergeants general generals deserters defectors prisoners prisoner detainees
    detainee inmates
    inmate captives hostages hostage policemen policeman police guards guard members member comrades
    cadres men man
    women woman children child boys boy girls girl babies baby infants infant toddlers teenagers
    teenager youths
    youth adults adult elders elder students student pupils pupil trainees trainee teachers teacher nurses
    nurse doctors doctor medics medic patients patient workers worker staff employees labourers laborers
    farmers
    farmer fishermen drivers driver passengers passenger traders trader vendors shopkeepers monks monk
    nuns nun
    novices novice priests priest pastors pastor catechists worshippers protesters protester
    demonstrators demonstrator
    activists activist organisers organizers volunteers volunteer rescuers journalists journalist
    reporters reporter
    politicians lawmakers officials official administrators administrator councillors clerks lawyers
    bystanders
    victims victim survivors survivor relatives relative siblings brothers sisters sons son daughters
    daughter wives grandchildren grandparents cousins uncles aunts parents mothers mother fathers
    father grandmother grandfather mourners guests spectators refugees refugee idps evacuees migrants
    migrant returnees pilots pilot airmen crew sailors others
    hunters miners loggers herders musicians singers engineers informants informers spies suspects
    suspect robbers
    terrorists terrorist extremists pedestrians commuters householders churchgoers partisans
    reservists paratroopers infantrymen gunmen
    attackers
    """
_HOUSES = "houses house homes home dwellings huts cottages"
_BASES = """
    bases base outposts outpost posts post camps camp positions position strongholds stronghold
    garrisons garrison
    checkpoints checkpoint headquarters barracks hilltops
    """
_TOWNS = "towns town cities city villages village townships"
_CASES = "cases infections"

NOUNS: dict[str, Class] = {
    **dict.fromkeys(_PERSONS.split(), "person"),
    **dict.fromkeys(_HOUSES.split(), "house"),
    **dict.fromkeys(_BASES.split(), "base"),
    **dict.fromkeys(_TOWNS.split(), "town"),
    **dict.fromkeys(_CASES.split(), "case"),
}
# Those whose flight is a retreat: they are not displaced.
ARMED = frozenset(
    words_of(
        "soldiers soldier troops troop fighters rebels guerrillas militants police policemen officers guards gunmen"
    )
)
DISEASE = frozenset(
    words_of(
        """
    new confirmed positive covid covid-19 coronavirus virus quarantine cholera dengue malaria measles
    """
    )
)

# A family of verbs means one thing for each class of noun; what is not listed is not a figure.
FAMILIES: dict[str, dict[Class, What]] = {
    "kill": {"person": "killed"},
    "injure": {"person": "injured"},
    "displace": {"person": "displaced"},
    "surrender": {"person": "surrendered"},
    "arrest": {"person": "arrested"},
    "capture": {"person": "captured", "base": "bases_captured", "town": "other"},
    "seize": {"person": "arrested", "base": "bases_captured", "town": "other"},
    "take": {"base": "bases_captured", "town": "other"},
    "fall": {"base": "bases_captured", "town": "other"},
    "lose": {"person": "killed", "base": "bases_captured", "town": "other"},
    "free": {"person": "other"},
    "miss": {"person": "other"},
    "burn": {"house": "houses_destroyed"},
}
# A number without a noun may be people only with these; with the others a base must have been named before it.
FOR_PEOPLE = frozenset({"kill", "injure", "displace", "surrender", "arrest", "capture", "free", "miss"})

# What is done to the counted: "12 were …", "12 … by a mine".
PARTICIPLES: dict[str, str] = {
    **dict.fromkeys(
        words_of(
            """
    killed slain slaughtered massacred murdered executed beheaded shot gunned dead fatal
    """
        ),
        "kill",
    ),
    **dict.fromkeys(words_of("injured wounded hurt maimed"), "injure"),
    **dict.fromkeys(words_of("displaced uprooted evacuated relocated homeless"), "displace"),
    **dict.fromkeys(words_of("arrested detained apprehended imprisoned"), "arrest"),
    **dict.fromkeys(["captured", "overrun"], "capture"),
    **dict.fromkeys(["seized"], "seize"),
    **dict.fromkeys(["taken"], "take"),
    **dict.fromkeys(["fallen", "gone"], "fall"),
    **dict.fromkeys(["lost"], "fall"),
    **dict.fromkeys(["freed", "released", "pardoned"], "free"),
    **dict.fromkeys(["missing", "unaccounted"], "miss"),
    **dict.fromkeys(words_of("destroyed burned burnt torched razed gutted incinerated"), "burn"),
}
# What the counted do themselves: "12 …".
INTRANSITIVE: dict[str, str] = {
    **dict.fromkeys(words_of("died perished drowned succumbed dying"), "kill"),
    **dict.fromkeys(["fled", "fleeing"], "displace"),
    **dict.fromkeys(["surrendered", "surrendering"], "surrender"),
    **dict.fromkeys(["fell"], "fall"),
}
# What is done with the counted as object: "… 12".
TRANSITIVE: dict[str, str] = {
    **dict.fromkeys(
        words_of(
            """
    killed kills kill killing slaughtered massacred murdered executed beheaded
    """
        ),
        "kill",
    ),
    **dict.fromkeys(
        words_of(
            """
    injured injures injure injuring wounded wounds wound wounding hurt hurting maiming
    """
        ),
        "injure",
    ),
    **dict.fromkeys(words_of("displaced displaces displace displacing uprooted uprooting"), "displace"),
    **dict.fromkeys(
        words_of(
            """
    arrested arrests arrest arresting detained detains detain detaining
    """
        ),
        "arrest",
    ),
    **dict.fromkeys(
        words_of(
            """
    captured captures capture capturing overran overrun overrunning
    """
        ),
        "capture",
    ),
    **dict.fromkeys(words_of("seized seizes seize seizing"), "seize"),
    **dict.fromkeys(words_of("took take takes taking occupied occupying"), "take"),
    **dict.fromkeys(words_of("lost loses lose losing"), "lose"),
    **dict.fromkeys(
        words_of(
            """
    freed frees free freeing released releases release releasing pardoned
    """
        ),
        "free",
    ),
    **dict.fromkeys(
        words_of(
            """
    destroyed destroys destroy destroying burned burns burn burning burnt torched torching razed razing
    """
        ),
        "burn",
    ),
}
# Several words in place of a verb, after the counted: "12 … their lives".
PHRASES: dict[str, str] = {
    "lost their lives": "kill",
    "losing their lives": "kill",
    "shot dead": "kill",
    "found dead": "kill",
    "burned to death": "kill",
    "burned alive": "kill",
    "put to death": "kill",
    "left dead": "kill",
    "shot and wounded": "injure",
    "shot and injured": "injure",
    "had injuries": "injure",
    "suffered injuries": "injure",
    "sustained injuries": "injure",
    "received injuries": "injure",
    "suffered wounds": "injure",
    "sustained wounds": "injure",
    "forced to flee": "displace",
    "forced to leave": "displace",
    "forced to abandon": "displace",
    "forced from their": "displace",
    "driven from their": "displace",
    "left the town": "displace",
    "left the city": "displace",
    "left the village": "displace",
    "left their homes": "displace",
    "left their villages": "displace",
    "left their houses": "displace",
    "abandoned their homes": "displace",
    "abandoned their villages": "displace",
    "left homeless": "displace",
    "made homeless": "displace",
    "to flee": "flee",
    "to leave their": "flee",
    "from their homes": "flee",
    "from their villages": "flee",
    "took refuge": "displace",
    "taken refuge": "displace",
    "taking refuge": "displace",
    "sought refuge": "displace",
    "sought shelter": "displace",
    "seeking shelter": "displace",
    "taken shelter": "displace",
    "taken prisoner": "capture",
    "taken captive": "capture",
    "taken into custody": "arrest",
    "rounded up": "arrest",
    "laid down their arms": "surrender",
    "laid down arms": "surrender",
    "laid down their weapons": "surrender",
    "gave themselves up": "surrender",
    "given themselves up": "surrender",
    "went missing": "miss",
    "gone missing": "miss",
    "handed over": "free",
    "sent back": "free",
    "let go": "free",
    "burned down": "burn",
    "burnt down": "burn",
}
PHRASE_STARTS = frozenset(phrase.split()[0] for phrase in PHRASES) - {"to"}
# Nouns that name the event: "12 deaths", "the deaths of 12", "death toll … 12".
EVENT_NOUNS: dict[str, str] = {
    **dict.fromkeys(
        words_of(
            """
    deaths death fatalities killing killings massacre murder execution bodies corpses
    """
        ),
        "kill",
    ),
    **dict.fromkeys(["injuries", "injury", "wounding"], "injure"),
    **dict.fromkeys(["displacement"], "displace"),
    **dict.fromkeys(["arrest", "arrests", "detention"], "arrest"),
    **dict.fromkeys(["surrender"], "surrender"),
    **dict.fromkeys(["release"], "free"),
    **dict.fromkeys(["capture"], "capture"),
}
COUNTED_EVENTS = {
    "deaths": "kill",
    "fatalities": "kill",
    "bodies": "kill",
    "corpses": "kill",
    "arrests": "arrest",
    "idps": "displace",
    "lives": "kill",
}

BE = frozenset(words_of("was were is are be been being"))
AUXILIARIES = BE | frozenset(words_of("has have had got getting get"))
ADVERBS = frozenset(
    words_of(
        """
    also since already then later now all both again so far soon today yesterday there here nationwide alone
    """
    )
)
DISTANT = frozenset(
    words_of(
        """
    reportedly allegedly supposedly purportedly apparently believed thought feared estimated presumed
    """
    )
)
MODALS = frozenset(
    words_of(
        """
    not never could would should may might can will shall cannot must nearly almost n't didn't weren't
    wasn't hadn't haven't aren't isn't if unless
    """
    )
)
STATE = frozenset(words_of("still remain remains remained remaining"))
PREPOSITIONS = frozenset(
    words_of(
        """
    in from of at near on across inside around outside under along within throughout between during with
    for by aboard against to into after before since aged
    """
    )
)
DETERMINERS = frozenset(
    words_of(
        """
    the a an his her their its this that these those another some several many him them
    """
    )
)
CONJUNCTIONS = frozenset(
    words_of(
        """
    and or but while when as that which who whom whose where because than if nor
    """
    )
)
UNIT_WORDS = frozenset(
    words_of(
        """
    km kilometres kilometers kilometre kilometer miles mile metres meters feet ft acres years year
    months month weeks week days day hours hour minutes minute seconds kyats kyat dollars baht yuan
    percent per % cent pm am p.m a.m lb lbs pounds pound kg tons tonnes mm times rounds rupees o'clock
    """
    )
)
MONTHS = frozenset(
    words_of(
        """
    january february march april may june july august september october november december jan feb mar
    apr jun jul aug sep sept oct nov dec
    """
    )
)
DESIGNATORS = frozenset(
    words_of(
        """
    battalion battalions division divisions brigade regiment unit no nos number article section sections
    operation ward route highway km age aged group phase day room chapter part line class grade form
    zone region column house block hill point lib ib lid moc bgf command clause
    """
    )
)
