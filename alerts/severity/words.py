"""The words that severity hangs on, beside the events of the lexicon: who is hurt, what is hit, what lowers it.

Data and its shape, no judgement. Burmese words have two syllables or more; their glosses stand beside them.
"""

from __future__ import annotations

from enum import Enum, auto


class Role(Enum):
    """What a word says of a sentence."""

    STRIKE = auto()  # an armed act by its word alone: air strike, shelled, shot dead
    WEAPON = auto()  # a thing that may be used or only seen: drone, artillery, fighter jet
    BLOW = auto()  # violent, or a figure of speech: attack, raid, blast
    MASSACRE = auto()
    DEATH = auto()
    HURT = auto()
    CIVIL = auto()
    ARMED = auto()
    TARGET = auto()  # where people are treated, taught, sheltered or pray
    FLIGHT = auto()
    AID = auto()
    CLASH = auto()
    SEIZED = auto()
    ARREST = auto()
    EVENT = auto()  # of a lexicon of one's own
    BENIGN = auto()  # a cause of death that nobody aimed
    BEAST = auto()
    SPORT = auto()
    FAR = auto()  # another region or country
    HOME = auto()  # a place of the lexicon
    NOTHING = auto()  # a phrase in which a word above means something else


# The concepts of kind ``event`` in the lexicon, None where they say nothing of violence; one that is not listed
# speaks by its weight alone.
CONCEPTS: dict[str, Role | None] = {
    "bombing": Role.STRIKE,
    "shooting": Role.BLOW,
    "ambush": Role.BLOW,
    "explosion": Role.BLOW,
    "murder": Role.DEATH,
    "siege": Role.CLASH,
    "torture": Role.HURT,
    "rape": Role.HURT,
    "human-shield": Role.HURT,
    "hunger": Role.AID,
    "evacuation": Role.FLIGHT,
    "conscription": Role.ARREST,
    "sentence": Role.ARREST,
    "missing": Role.ARREST,
    **dict.fromkeys(
        (
            "accident",
            "aircraft-crash",
            "collapse",
            "covid",
            "disease",
            "drowned",
            "earthquake",
            "fire",
            "flood",
            "landslide",
            "robbery",
            "storm",
        ),
        Role.BENIGN,
    ),
    **dict.fromkeys(
        (
            "aid",
            "anniversary",
            "closure",
            "drill",
            "election",
            "protest",
            "reinforcement",
            "release",
            "reopening",
            "talks",
            "withdrawal",
        ),
        None,
    ),
    "airstrike": Role.STRIKE,
    "drone": Role.WEAPON,
    "shelling": Role.STRIKE,
    "landmine": Role.STRIKE,
    "arson": Role.STRIKE,
    "massacre": Role.MASSACRE,
    "killed": Role.DEATH,
    "injured": Role.HURT,
    "displaced": Role.FLIGHT,
    "battle": Role.CLASH,
    "arrested": Role.ARREST,
    "abducted": Role.ARREST,
    "captured": Role.ARREST,
    "seized": Role.SEIZED,
    "surrender": Role.ARREST,
}
# Forms of the lexicon that name the thing and not the deed.
WEAPONS = frozenset(
    (
        "fighter jet", "fighter jets", "attack helicopter", "artillery", "81 mm mortar", "mortar", "mortars",
        "heavy weapons", "500-pound bomb", "500-pound bombs", "bomb", "bombs", "landmine", "landmines",
        "တိုက်လေယာဉ်", "တိုက်လေယဉ်", "ဂျက်လေယာဉ်", "ရဟတ်ယာဉ်",  # fighter aircraft, jet, helicopter
        "လက်နက်ကြီး", "မြေမြှုပ်မိုင်း", "မြေမြုပ်မိုင်း",  # heavy weapons, landmine
    )
)  # fmt: skip


def _listed(text: str) -> tuple[str, ...]:
    return tuple(form.strip() for form in text.split(",") if form.strip())


# Burmese forms stand behind the English ones, their glosses above them.
FORMS: dict[Role, tuple[str, ...]] = {
    Role.STRIKE: _listed(
        """
        bombed, bombing, bombings, bombs fell, bombs hit, bombs struck, bombs destroyed, bombarded,
        bombarding, bombardment, bombardments, bombards, air attack, air attacks, aerial attack, aerial
        assault, airstriked, air assault, aerial bombardment, aerial bombings, bombing raid, bombing
        raids, shells hit, shells fell, shell hit, shells landed, shell landed, shells struck, shell
        struck, shells exploded, shell exploded, shell fell, shell fire, shellfire, artillery fire,
        mortar fire, artillery shell, artillery shells, artillery strike, artillery strikes, artillery
        rounds, mortar shell, mortar shells, mortar round, mortar rounds, rocket attack, rocket fire,
        rockets hit, drone strike, drone strikes, drone attack, drone attacks, dropped bombs, dropped a
        bomb, dropped two bombs, dropped three bombs, dropping bombs, opened fire, fired on, fired at,
        fired rockets, fired shells, fired mortars, gunfire, shot dead, shot and killed, gunned down,
        executed, summarily executed, beheaded, burned alive, burned to death, burnt alive, tortured to
        death, murdered, slaughtered, set ablaze, set on fire, bomb fell, bomb hit, bomb struck, bomb
        exploded, burned, burnt down, landmine explosion, mine blast, stepped on a landmine, strafed,
        murders, bombs church, bombs school, bombs hospital, bombs camp, air strikes hit,
        """
        # dropped bombs, a bomb fell, hit by a bomb; a shell, a shell fell, fired heavy weapons; shot dead,
        # murdered, fired at; beheaded; burnt down
        """
        ဗုံးချ, ဗုံးကျ, ဗုံးများကျ, ဗုံးပစ်ချ, ဗုံးထိ, လက်နက်ကြီးကျ, လက်နက်ကြီးကျည်, ကျည်ကျရောက်,
        လက်နက်ကြီးနဲ့ပစ်, လက်နက်ကြီးဖြင့်ပစ်, လက်နက်ကြီးများဖြင့်ပစ်, လက်နက်ကြီးတွေနဲ့ပစ်,
        လက်နက်ကြီးပစ်, ပစ်သတ်, သတ်ဖြတ်, ပစ်ခတ်, ခေါင်းဖြတ်, မီးလောင်တိုက်သွင်း, ဗုံးကြဲချ
        """
    ),
    Role.WEAPON: _listed(
        """
        warplane, warplanes, helicopter, helicopters, helicopter gunship, jet fighters, bomber, rocket,
        rockets, shells, shell, bombs, bomb, missile, missiles, grenade, grenades, sniper, snipers,
        """
        # warplane
        """
        စစ်လေယာဉ်
        """
    ),
    Role.BLOW: _listed(
        """
        attack, attacks, attacked, attacking, raid, raids, raided, blast, explosion, explosions, ambush,
        ambushed, shot, shooting,
        """
        # attack, explode, raid
        """
        တိုက်ခိုက်, ပေါက်ကွဲ, ဝင်စီး
        """
    ),
    Role.MASSACRE: _listed(
        """
        massacres, massacred, mass killings, mass grave, mass graves,
        """
        # mass killing, massacre
        """
        အစုလိုက်အပြုံလိုက်သတ်, အစုလိုက်အပြုံလိုက် သတ်ဖြတ်, လူသတ်ပွဲ
        """
    ),
    Role.DEATH: _listed(
        """
        kill, kills, killing, killings, died, dies, die, dead, deaths, fatalities, lost their lives,
        lost his life, lost her life, perished, slain, murdered, murders, slaughtered, executed,
        beheaded, shot dead, gunned down, burned alive, burned to death, massacred, lives lost, deadly,
        bodies,
        """
        # died, perished, shot dead, murdered, died on the spot, lost their life, beheaded, body
        """
        အလောင်း, သေကြေ, သေပြီး, ပစ်သတ်, သတ်ဖြတ်, သေသွား, ပွဲချင်းပြီးသေ, အသက်ဆုံး, ခေါင်းဖြတ်, သေခဲ့
        """
    ),
    Role.HURT: _listed(
        """
        injuring, injures, injuries, wounding, wounds, hurt, casualties,
        """
        # came to harm, wound
        """
        ထိခိုက်, ဒဏ်ရာ
        """
    ),
    Role.CIVIL: _listed(
        """
        civilian, civilians, resident, residents, villager, villagers, people, person, man, men, woman,
        women, child, children, boy, boys, girl, girls, baby, babies, infant, toddler, family, families,
        patient, patients, nurse, nurses, doctor, doctors, medic, medics, teacher, teachers, student,
        students, pupil, pupils, schoolchildren, monk, monks, nun, nuns, priest, pastor, displaced,
        idps, idp, refugees, worshippers, elderly, mother, father, grandmother, couple, siblings,
        sisters, brothers, farmer, farmers, aid worker, aid workers, volunteers, locals, worker,
        workers, passengers, relatives,
        """
        # civilian, people, local, villager, child, woman, family, displaced, patient, pupil, teacher, monk,
        # elderly, mother, nun, refugee, nurse, doctor, farmer
        """
        အရပ်သား, ပြည်သူ, ဒေသခံ, ရွာသား, ရွာသူ, ကလေး, အမျိုးသမီး, မိသားစု, စစ်ဘေးရှောင်, စစ်ရှောင်,
        လူနာ, ကျောင်းသား, ကျောင်းသူ, ဆရာမ, ဘုန်းကြီး, သံဃာ, ဆရာတော်, သက်ကြီးရွယ်အို, မိခင်, မြို့ခံ,
        သီလရှင်, ဒုက္ခသည်, သူနာပြု, ဆရာဝန်, လယ်သမား, အမျိုးသား, မိန်းကလေး, ကလေးငယ်
        """
    ),
    Role.ARMED: _listed(
        """
        soldier, soldiers, troops, fighter, fighters, rebels, guerrillas, militants, police, policemen,
        militia, militiamen, combatants, personnel, conscripts, comrades, commander, commanders,
        officers, terrorists, gunmen, airmen, pilot, pilots, pdf members,
        """
        # soldier, fighter, member of a force, comrade, commander, enemy, police, officer, junta troops
        """
        စစ်သား, စစ်သည်, တပ်သား, တပ်ဖွဲ့ဝင်, ရဲဘော်, တပ်မှူး, ရန်သူ, ရဲတပ်ဖွဲ့, အရာရှိ, စစ်ကောင်စီတပ်
        """
    ),
    Role.TARGET: _listed(
        """
        hospital, hospitals, clinic, clinics, health centre, health center, maternity ward, ambulance,
        ambulances, school, schools, kindergarten, nursery, university, college, idp camp, idp camps,
        displacement camp, displacement camps, displaced camp, camp for the displaced, refugee camp,
        camp for displaced people, camp for displaced families, camps for the displaced, camps for
        displaced people, shelter for the displaced, displaced people's camp, prayer hall, church, churches,
        cathedral, chapel, monastery, monasteries, nunnery, convent, pagoda, mosque, temple, orphanage,
        market, markets, boarding house, aid convoy, relief convoy, displacement site, idp site,
        """
        # hospital, clinic, health post, ambulance; schools, school yard, university; monastery, church,
        # nunnery; camps of the displaced; orphanage, market hall, mosque
        """
        ဆေးရုံ, ဆေးခန်း, ဆေးပေးခန်း, ကျန်းမာရေးဌာန, လူနာတင်ယာဉ်, စာသင်ကျောင်း, မူလတန်းကျောင်း,
        အလယ်တန်းကျောင်း, အထက်တန်းကျောင်း, ကျောင်းဆောင်, ကျောင်းဝင်း, တက္ကသိုလ်, ဘုန်းကြီးကျောင်း,
        ဘုန်းတော်ကြီးကျောင်း, ဘုရားကျောင်း, ဘုရားရှိခိုးကျောင်း, သီလရှင်ကျောင်း, စစ်ဘေးရှောင်စခန်း,
        စစ်ရှောင်စခန်း, ဒုက္ခသည်စခန်း, စစ်ဘေးဒုက္ခသည်စခန်း, စစ်ဘေးရှောင်များစခန်း, မိဘမဲ့ဂေဟာ,
        ဈေးရုံ, ဘုရားကျောင်းတော်, ဗလီ
        """
    ),
    Role.FLIGHT: _listed(
        """
        fled, fleeing, flee, uprooted,
        """
        # flee, get to safety, move away
        """
        ထွက်ပြေး, တိမ်းရှောင်, ပြောင်းရွှေ့
        """
    ),
    Role.AID: _listed(
        """
        aid blocked, blocked aid, blocking aid, blocks aid, aid convoy was stopped, aid has been cut
        off, food supplies cut, cut off food, blocked food, blocked medicine, blocked the transport of
        rice, blocks food, ban on medicine, medicine blocked, blockade, starvation, run out of food, run
        out of medicine,
        """
        # medicine blocked, food cut off, roads closed, no food, no medicine
        """
        ဆေးဝါးပိတ်ပင်, စားနပ်ရိက္ခာပြတ်, ရိက္ခာပိတ်, ရိက္ခာဖြတ်တောက်, အစားအစာပြတ်လပ်, ဆေးဝါးပြတ်လပ်,
        လမ်းပိတ်ဆို့, ရိက္ခာပြတ်လပ်
        """
    ),
    Role.CLASH: _listed(
        """
        battle, battles, firefight, clashing, offensive, military operation,
        """
        # exchange of fire, military operation, offensive
        """
        အပြန်အလှန်ပစ်ခတ်, စစ်ဆင်ရေး, ထိုးစစ်
        """
    ),
    Role.SEIZED: _listed(
        """
        seized, seizes, captures, overran, takes control of, took control of, fell to,
        """
        # seize
        """
        သိမ်းယူ
        """
    ),
    Role.ARREST: _listed(
        """
        arrest, arrests, detains, sentenced, jailed, conscripted, forced recruitment,
        """
        # sent to prison
        """
        ထောင်ချ
        """
    ),
    Role.BENIGN: _listed(
        """
        accident, accidents, traffic, road crash, car crash, bus crash, motorbike crash, drowned,
        drowning, capsized, lightning, landslide, landslides, flood, floods, flooding, earthquake,
        electric, short circuit, gas cylinder, heatstroke, heart attack, illness, disease, malaria,
        cholera, dengue, covid, cancer, covid-19, diarrhoea, overdose, snakebite, natural causes,
        robbery, robbers, domestic, drunk, quarrel, brawl, collapsed, jade mine, mine collapse,
        mudslide, storm, typhoon, cyclone, fireworks, stove, kitchen, old age, in her sleep, in his
        sleep, peacefully, ferry, suicide, house fire, caught fire,
        """
        # traffic accident, mishap, drowning, lightning, landslide, flood, earthquake, illness, electric
        # fault, robbers, quarrel, covid, dengue, capsized, fire, storm, snake bite
        """
        ယာဉ်တိုက်မှု, ယာဉ်မတော်တဆ, မတော်တဆ, ရေနစ်, မိုးကြိုး, မြေပြို, ရေကြီး, ရေလွှမ်း, ငလျင်,
        ရောဂါ, ဆိုင်ကယ်တိုက်မှု, ကားတိုက်, ကားမှောက်, ဝါယာရှော့, မီးဖို, ဓားပြ, ရန်ဖြစ်, ကိုဗစ်,
        သွေးလွန်တုပ်ကွေး, တိမ်းမှောက်, လျှပ်စစ်, မီးလောင်, နှလုံးရောဂါ, မုန်တိုင်း, မြွေကိုက်
        """
    ),
    Role.BEAST: _listed(
        """
        cattle, cow, cows, pigs, pig, buffalo, buffaloes, goats, chickens, dog, dogs, livestock,
        animals, elephant, elephants, fish, python, pythons, snake, snakes, bear, tiger, birds,
        """
        # cattle, buffaloes, animals, pigs
        """
        ကျွဲနွား, နွားများ, ကျွဲများ, တိရစ္ဆာန်, ဝက်များ
        """
    ),
    Role.SPORT: _listed(
        """
        football, match, league, tournament, goals, goalkeeper, striker, coach, semi-final, final score,
        boxing, marathon, chess, volleyball, concert, comedian, box office,
        """
        # football, contest, volleyball, goal, team
        """
        ဘောလုံး, ပြိုင်ပွဲ, ဘော်လီဘော, ဂိုးသွင်း, အသင်း
        """
    ),
    Role.FAR: _listed(
        """
        Sagaing, Magway, Mandalay, Yangon, Naypyitaw, Naypyidaw, Bago, Ayeyarwady, Tanintharyi, Rakhine,
        Arakan, Chin State, Kachin, Mon State, Karen State, Kayin State, northern Shan, Lashio, Muse,
        Laukkai, Kokang, Myitkyina, Sittwe, Mrauk-U, Kyaukphyu, Myawaddy, Lay Kay Kaw, Kawkareik, Dawei,
        Falam, Hakha, Mindat, Kale, Kalay, Monywa, Shwebo, Depayin, Tabayin, Pazigyi, Let Yet Kone,
        Kanbalu, Pauk, Gangaw, Pyay, Thailand, Bangladesh, India, China, Gaza, Israel, Ukraine, Russia,
        Syria, Sudan, Afghanistan, Iran, Kyiv, Lebanon, Yemen, Pakistan, Bhamo, Mogok, Taungoo,
        Hsihseng, Nawnghkio, Kyaukme, Hsipaw, Mese camp,
        """
        # Sagaing, Magway, Mandalay and other regions, towns far off, Ukraine, Gaza, Thailand, Israel, Russia
        """
        စစ်ကိုင်း, မကွေး, မန္တလေး, ရန်ကုန်, နေပြည်တော်, ပဲခူး, ဧရာဝတီ, တနင်္သာရီ, ရခိုင်,
        ချင်းပြည်နယ်, ကချင်, မွန်ပြည်နယ်, ကရင်ပြည်နယ်, ရှမ်းမြောက်, ရှမ်းပြည်မြောက်ပိုင်း, လားရှိုး,
        မူဆယ်, မြစ်ကြီးနား, စစ်တွေ, မြဝတီ, ထားဝယ်, မင်းတပ်, ဖလမ်း, ကလေးမြို့, မုံရွာ, ရွှေဘို,
        ဒီပဲယင်း, ပဇီကြီး, ယူကရိန်း, ဂါဇာ, ထိုင်းနိုင်ငံ, အစ္စရေး, ရုရှား
        """
    ),
    Role.NOTHING: _listed(
        """
        government bodies, state bodies, local bodies, public bodies, heart attack, heart attacks, panic
        attack, verbal attack, cyber attack, cyberattack, personal attack, attack on the proposal, dead
        end, deadline, dead line, killed off, killing time, hunger strike, blast from the past, blasted,
        drone show, drone footage, drone photography, shot put, shot a film, photo shoot, screenshot,
        long shot, shot by photographer, mass shooting of, artillery base, artillery unit, artillery
        battalion, job market, stock market, market price, market prices, school of thought, photograph
        shot, film shooting, flu shot, war of words, price shock, camp fire, summer camp,
        """
        # of fighting, as in a fighting force
        """
        တိုက်ခိုက်ရေး
        """
    ),
}
