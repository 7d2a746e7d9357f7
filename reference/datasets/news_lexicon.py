"""The words of the news corpus, commonest first within each table. news.py holds the sentences.

Each class has words of its own for people, groups, places, events, things and deeds. `homonym` words belong
to two classes each ("strike", "record", "transfer", "cell"); `coinage` words are made up on the spot.
"""

from reference.datasets.generate import unambiguous
from reference.datasets.grammar import Words, words
from reference.datasets.names import coin

CLASSES = ("world", "sports", "business", "tech")

TOPIC = {
    "world": {
        "who": words("""president minister ambassador rebel senator diplomat prime_minister refugee envoy
            governor protester general mayor judge peacekeeper dictator dissident monarch chancellor warlord
            hostage pilgrim delegate smuggler villager exile lawmaker activist aid_worker consul"""),
        "group": words("""government parliament army militia opposition embassy council police tribunal
            ministry coalition junta cabinet senate guerrillas border_guard clergy electorate commission
            secretariat regime separatists navy alliance dynasty"""),
        "venue": words("""capital border province village refugee_camp checkpoint presidential_palace valley
            mosque cathedral frontier northern_hills square prison harbour barracks district consulate
            peninsula courthouse ravine monastery"""),
        "event": words("""election ceasefire summit coup protest treaty bombing referendum earthquake flood
            uprising famine truce kidnapping inauguration airlift evacuation massacre amnesty curfew drought
            hurricane invasion landslide state_visit impeachment exodus epidemic"""),
        "thing": words("""ballots sanctions constitution visas aid territory weapons passports troops
            landmines asylum sovereignty human_rights prisoners mandate resolution tanks border_fence
            food_parcels emergency_law decree oil_embargo petition reparations autonomy"""),
        "did": words("""condemned negotiated ratified fled besieged occupied denounced vetoed disarmed
            deported pardoned bombed liberated evacuated boycotted annexed mediated extradited ousted
            toppled"""),
    },
    "sports": {
        "who": words("""striker coach goalkeeper captain midfielder sprinter referee defender batsman
            swimmer cyclist pitcher manager rookie quarterback champion boxer gymnast jockey skater winger
            bowler rower golfer marathoner javelin_thrower wrestler umpire hurdler skier"""),
        "group": words("""team club squad visitors hosts league_leaders national_side federation relay_team
            underdogs fans substitutes under-21s champions rowing_eight crew scouts second_division_side
            supporters title_holders ice_hockey_team cricket_board academy bench"""),
        "venue": words("""stadium pitch arena track ballpark velodrome locker_room swimming_pool racecourse
            rink touchline golf_course gymnasium penalty_area home_ground training_ground grandstand
            ski_slope wicket finish_line infield dugout"""),
        "event": words("""match final season game tournament cup_tie marathon semi-final championship derby
            relay grand_prix playoff qualifier regatta penalty_shootout heptathlon test_match friendly
            heavyweight_bout biathlon quarter-final replay medal_ceremony time_trial steeplechase
            decathlon"""),
        "thing": words("""goal medal trophy lead home_run penalty hat-trick title points knee_injury corner
            innings serve gold_medal backhand free_kick suspension lap silver equaliser wickets hamstring
            personal_best offside crossbar"""),
        "did": words("""beat defeated lost_to outran thrashed tackled qualified_for edged drew_with dribbled
            saved outscored substituted sprinted_past bowled clinched headed volleyed"""),
    },
    "business": {
        "who": words("""investor chief_executive analyst banker shareholder trader economist founder
            retailer accountant broker creditor chairman lender auditor supplier treasurer
            pension_fund_manager landlord consultant wholesaler entrepreneur importer underwriter bondholder
            insolvency_lawyer franchisee exporter grocer stockbroker"""),
        "group": words("""company bank retailer airline board carmaker insurer stock_exchange central_bank
            brokerage steelmaker supermarket_chain hedge_fund brewer refinery merchant_bank subsidiary
            conglomerate start-up shipping_line pension_fund regulator textile_mill trade_body
            cooperative"""),
        "venue": words("""market headquarters factory trading_floor boardroom warehouse shopping_centre
            branch financial_district head_office mill showroom depot assembly_line high_street plant
            free_port call_centre auction_room counting_house salesroom mall"""),
        "event": words("""merger takeover flotation bankruptcy rate_rise buyout recession audit
            restructuring annual_meeting profit_warning dividend_payout sell-off recall devaluation
            price_war share_issue refinancing liquidation layoffs downgrade spin-off credit_squeeze tender
            write-down joint_venture"""),
        "thing": words("""profits shares revenue earnings debt costs sales oil_prices bonds interest_rates
            dividend turnover jobs inflation retail_sales assets losses stake exports invoices payroll
            margins wages mortgages commodities overheads"""),
        "did": words("""acquired sold bought raised cut refinanced invested_in overcharged outbid insured
            financed merged_with downgraded undercut leased divested audited laid_off restructured
            bankrolled"""),
    },
    "tech": {
        "who": words("""scientist engineer researcher astronomer programmer physicist biologist astronaut
            hacker chemist geneticist developer botanist technician inventor mathematician neurologist
            zoologist geologist virologist palaeontologist roboticist oceanographer cosmologist
            system_administrator cryptographer climatologist statistician entomologist"""),
        "group": words("""laboratory university_team space_agency software_firm observatory
            research_institute chipmaker internet_provider search_engine hospital_lab museum robotics_group
            expedition help_desk open-source_project biology_department games_studio weather_service
            satellite_operator data_centre standards_body telescope_crew"""),
        "venue": words("""orbit lab launch_pad crater data_centre clean_room server_farm seabed Moon
            supercomputer_hall research_station particle_collider control_room greenhouse asteroid_belt
            rainforest_canopy wind_tunnel ice_sheet dig_site planetarium fossil_bed volcano"""),
        "event": words("""experiment discovery eclipse launch software_update clinical_trial docking
            spacewalk simulation beta_test virus_outbreak excavation supernova patch breakthrough gene_scan
            cloning meteor_shower re-entry crash_test product_demo system_failure field_study hackathon
            moonwalk"""),
        "thing": words("""software telescope robot computer satellite genome sensor browser rocket vaccine
            web_site processor fossil laser bacteria algorithm microscope protein password dark_matter
            handset antibiotic spacecraft enzyme broadband stem_cells encryption search_results galaxy
            dinosaur"""),
        "did": words("""measured discovered launched programmed sequenced simulated encrypted photographed
            patched detected cloned catalogued downloaded digitised orbited decoded debugged calibrated
            dissected magnified"""),
    },
}

# Words that two classes share, by the pair of classes.
HOMONYMS = {
    ("world", "sports"): words("victory defeat attack defence campaign race flag shot rival rally"),
    ("world", "business"): words(
        "strike union talks agreement crisis reserve security trade delegation bill"
    ),
    ("world", "tech"): words("mission cell storm station surveillance drone shield signal bug tracking"),
    ("sports", "business"): words("transfer bid signing record deal pool net ticket bonus sponsor"),
    ("sports", "tech"): words("screen engine driver wing speed simulator bat jump stamina diving"),
    ("business", "tech"): words("network chip platform cloud windows portfolio index client model stock"),
}

# Figures of speech that carry another class's words into a story.
METAPHORS = {
    "world": ("declared war on", "reached a truce with", "staged a coup against", "laid siege to"),
    "sports": (
        "scored an own goal against",
        "moved the goalposts for",
        "went the full distance with",
        "showed a yellow card to",
    ),
    "business": ("wrote off a debt to", "sold all shares in", "cashed a cheque from", "took stock of"),
    "tech": ("rebooted the link with", "launched a rocket at", "rewired the circuits of", "orbited around"),
}

COINAGE_STEMS = {
    "world": words("diplo parlia regi demo consti fronti ambassa senato"),
    "sports": words("kickle golo sprinto racke jumpa relay wresta dribbo"),
    "business": words("stocko profi banka mergo dealo inveso loano marko"),
    "tech": words("robo cybo geno quanto nano astro pixo plasmo"),
}
COINAGE_ENDS = words("""rama thon tron plex ball scope nomics dome crat fest flux gram wick dex morph vania
        mark
    lator pod stan graph lympics torium verse naut dyne""")
COINAGE_STARTS = ("", "neo", "mega", "inter", "pan", "ultra", "omni", "para", "meta", "retro")

COMMON = {
    "day": words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "said": words("""said announced reported confirmed claimed admitted revealed insisted warned predicted
        hinted"""),
    "source": words("""a_spokesman officials witnesses a_statement observers a_source local_radio insiders
        two_newspapers a_letter critics friends a_report a_spokeswoman neighbours experts"""),
    "time": words("""morning evening afternoon weekend month spring summer autumn winter fortnight year
        night"""),
    "figure": Words(str(n) for n in (*range(2, 31), *range(35, 100, 5), *range(120, 1000, 20))),
    "amount": words("dozens hundreds thousands a_handful most_people scores many_more plenty"),
    "neutral": words("""decision plan move delay list visit letter question answer change meeting
        response problem rumour detail mood surprise photograph silence interview speech proposal document
        compromise anniversary reunion tribute quarrel embarrassment apology milestone turnaround"""),
    "manner": words("""quickly quietly suddenly finally reluctantly publicly again privately openly narrowly
        calmly abruptly repeatedly grudgingly cautiously belatedly briefly unanimously gradually
        tearfully"""),
    "adjective": words("""new old big small early late long short recent former young local huge final
        senior unexpected familiar rare troubled ambitious popular secretive controversial costly stubborn
        elusive provisional lavish dormant obscure improbable formidable outspoken veteran"""),
    "aside": words("aside apart elsewhere away"),
}


def lexicon():
    """Return every word table of the news corpus: symbol -> words."""
    tables = dict(COMMON)
    for topic, kinds in TOPIC.items():
        tables |= {f"{kind}@{topic}": table for kind, table in kinds.items()}
        shared = [listed for pair, listed in HOMONYMS.items() if topic in pair]
        tables[f"homonym@{topic}"] = tuple(word for trio in zip(*shared, strict=True) for word in trio)
        tables[f"metaphor@{topic}"] = METAPHORS[topic]
        tables[f"coinage@{topic}"] = coin(COINAGE_STARTS, COINAGE_STEMS[topic], COINAGE_ENDS)
    return tables


def word_classes():
    """Map each single word of the lexicon to what it is.

    Returns
    -------
    dict of str to str
        Lower-case word -> "world", "sports", "business", "tech", "homonym", "coinage", "number" or
        "adjective". A word of several classes is left out, and so are phrases. news.news_word_classes adds
        names and function words.
    """
    tables = lexicon()
    pairs = [(table, topic) for topic, kinds in TOPIC.items() for table in kinds.values()]
    pairs += [(tables[f"coinage@{topic}"], "coinage") for topic in CLASSES]
    pairs += [(listed, "homonym") for listed in HOMONYMS.values()]
    return unambiguous([*pairs, (COMMON["figure"], "number"), (COMMON["adjective"], "adjective")])
