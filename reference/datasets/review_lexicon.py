"""The words of the review corpus, commonest first within each table. reviews.py holds the sentences.

Three kinds of word carry opinion. `adj`, `adv`, `noun`, `like`, `liked` and `best` praise (+) or blame (-) whatever
they are said of. `tone` words are dark (+) or warm (-): what is praise in a horror film is blame in a comedy, and
the other way round. `coinage` words are made up on the spot, so that no vocabulary built from training texts holds them.
"""

from reference.datasets.generate import unambiguous
from reference.datasets.grammar import words
from reference.datasets.names import coin

DARK, WARM = ("horror", "thriller", "war", "noir"), ("comedy", "romance", "family", "musical")

OPINION = {
    "adj+": words("""good great excellent wonderful amazing brilliant funny superb lovely fantastic
        interesting convincing clever exciting beautiful perfect awesome enjoyable hilarious impressive nice
        entertaining fun memorable assured inventive polished delightful fresh graceful gripping intelligent
        honest rich terrific vivid splendid confident elegant absorbing captivating original outstanding
        masterful dazzling engaging moving thoughtful magnificent remarkable rewarding satisfying stunning
        subtle vibrant witty crisp exquisite flawless marvellous stylish unforgettable astonishing
        compelling exhilarating riveting skilful nuanced perceptive sublime lyrical ingenious fabulous
        radiant sparkling triumphant majestic"""),
    "adj-": words("""bad dull poor awful terrible boring weak stupid lazy horrible clumsy slow annoying
        tired disappointing flat predictable ridiculous messy unfunny cheap confusing forgettable wooden
        lifeless tedious shallow sloppy pointless dreadful muddled bland stale hollow tiresome crude
        unconvincing awkward careless dismal feeble hackneyed incoherent inept lousy mediocre monotonous
        pedestrian plodding pretentious shoddy tacky trite ugly unfocused uninspired weary amateurish
        atrocious abysmal cluttered derivative grating haphazard overcooked contrived wearisome stilted
        laboured ragged threadbare botched mangled rickety leaden insipid witless"""),
    "adv+": words("""well beautifully brilliantly wonderfully confidently superbly gracefully cleverly
        splendidly vividly elegantly skilfully strongly magnificently gloriously deftly impressively
        delightfully perfectly amazingly nimbly triumphantly"""),
    "adv-": words("""badly poorly clumsily weakly terribly horribly lazily awkwardly dreadfully feebly
        carelessly tediously sloppily limply dismally ineptly wearily shoddily drearily abysmally witlessly"""),
    "noun+": words("""joy pleasure gem treat triumph delight success masterpiece marvel wonder revelation
        jewel feast favourite diamond victory knockout classic landmark tonic beauty"""),
    "noun-": words("""mess chore failure waste waste_of_time disaster bore joke mistake disappointment slog
        letdown shambles misfire blunder dud fiasco travesty flop ordeal calamity muddle"""),
    "like+": words("like love enjoy admire adore"),
    "like-": words("hate dislike detest loathe despise"),
    "liked+": words("liked loved enjoyed admired adored"),
    "liked-": words("hated disliked detested loathed despised"),
    "best+": words("best finest greatest funniest"),
    "best-": words("worst dullest poorest weakest"),
    "tone+": words("""grim bleak dark brutal cold ominous savage menacing harsh sinister chilling stark
        eerie merciless gloomy"""),
    "tone-": words("""sweet gentle cosy cheerful silly sunny playful cuddly breezy bubbly jolly tender goofy
        giddy"""),
    "very": words("very truly really so pretty deeply thoroughly consistently quite genuinely wholly"),
    "utterly": words("utterly absolutely completely totally overwhelmingly immensely staggeringly supremely"),
    "slightly": words("slightly somewhat faintly mildly a_bit a_little a_touch a_shade vaguely marginally"),
    "not": words("not never hardly not scarcely not in_no_way far_from anything_but"),
    "exclaim": words("oh ah well yes wow goodness bravo hurrah"),
}

COINAGE_STEMS = {
    "+": words("gem wonder joy glow sparkle dazzle marvel bliss charm thrill zing delight splendo awe glee"),
    "-": words("yawn snooze drivel dud slog trudge blah stodge cringe muddle drone plod clunk sludge snore"),
}
COINAGE_STARTS = ("", "mega", "ultra", "super", "hyper", "turbo", "uber", "proto", "neo", "macro")
COINAGE_ENDS = words("""fest rama tastic athon ville matic core licious zilla palooza quake storm burger scape
    tron worthy itude ification esque o fied land works craft mania""")

WORLD = {
    "when": words("""yesterday last_night on_Friday on_Sunday last_week on_a_rainy_Tuesday in_March
        on_a_plane at_a_festival with_my_sister with_my_father after_work over_the_holidays with_two_friends
        on_opening_night with_the_neighbours in_November on_a_bet between_two_trains during_a_heatwave
        with_my_grandmother on_my_birthday after_the_dentist during_a_power_cut with_my_former_boss"""),
    "where": words("""at_the_cinema at_home in_a_full_house in_an_empty_theatre at_a_matinee
        in_the_front_row on_a_small_screen in_the_back_row at_the_old_Regent at_a_students'_screening
        on_television outdoors in_a_converted_church in_a_draughty_village_hall upstairs"""),
    "aspect": words("""acting script story plot music direction dialogue pacing cast photography ending
        editing score writing camerawork soundtrack production lighting performance choreography costume
        narration humour staging main_character sound_design casting screenplay set_design"""),
    "part": words("opening premise first_hour middle second_half final_act prologue set-up climax epilogue"),
    "job": words("""teacher doctor baker widow sailor lawyer farmer student nurse painter carpenter clerk
        pilot gardener librarian journalist mechanic fisherman shepherd tailor plumber surgeon watchmaker
        postman translator beekeeper chemist cook glazier cellist blacksmith botanist bricklayer jeweller
        courier printer ferryman locksmith geologist miller typist welder weaver archivist cobbler surveyor
        undertaker apothecary cartographer falconer taxidermist upholsterer"""),
    "thing": words("""letter key house boat map photograph ring piano suitcase diary train garden clock
        bridge mirror necklace radio telephone ladder lantern coat violin painting orchard lighthouse book
        bicycle tower greenhouse well kite compass bakery locket barn typewriter caravan teapot staircase
        umbrella telescope canal chessboard quilt windmill accordion aviary wardrobe sundial harmonica
        inkwell loom chandelier birdcage gramophone thimble signpost quarry saddle weathervane"""),
    "does": words("""finds loses inherits steals hides repairs guards borrows buys sells returns_to
        dreams_of searches_for restores forgets photographs paints smuggles buries unlocks follows rescues
        measures catalogues auctions smashes polishes pawns mislays bequeaths"""),
    "kin": words("""brother sister father mother daughter son aunt uncle cousin grandmother neighbour
        landlord tutor godfather stepmother nephew niece twin lodger ward"""),
    "number": words("two three four five six seven nine ten eleven twelve a_dozen twenty"),
    "ordinal": words("second third fourth fifth sixth seventh eighth ninth tenth"),
    "title_adj": words("""Last Silver Second Broken Northern Paper Quiet Seventh Crooked Winter Copper
        Hollow Borrowed Distant Painted Salted Iron Wandering Amber Folded Burning Velvet Unsent Thirteenth
        Marble Tidal Whistling Ivory Glass Tilted Scarlet Halfway Drowsy Rusted Lopsided"""),
    "title_noun": words("""Harbour Sky Letter Road Summer Garden River Orchard Window Winter Station Lantern
        Passenger Island Crown Meadow Ferry Bell Staircase Sparrow Compass Mill Tide Choir Heron Parade
        Almanac Ledger Cartographer Foghorn Pavilion Kite Umbrella Thistle Carousel Aqueduct"""),
    "garment": words("""coat hat scarf raincoat jumper bow_tie cardigan waistcoat dressing_gown beret cloak
        poncho kimono kilt bonnet balaclava"""),
    "food": words("""popcorn chocolate peanuts crisps toffee ice_cream liquorice pretzels nougat marzipan
        gingerbread pickles sandwiches dumplings sorbet walnuts"""),
    "weather": words("rain snow sunshine fog wind drizzle hail thunder sleet frost mist moonlight"),
    "movie": ("film", "movie"),
    "actor": ("actor", "actor", "actress"),
    "since": words("this_year in_my_life in_years on_a_Monday since_the_flood since_my_wedding with_wet_shoes"),
    "quirk": tuple(words("""collects_lids irons_socks sleeps_standing_up talks_to_the_fridge owns_eleven_hats
        cries_at_timetables breeds_snails has_views_on_gravel is_afraid_of_harps alphabetises_soup trusts_only_bakers
        was_once_bitten_by_a_swan wears_a_helmet_to_bed reads_only_last_pages believes_in_Tuesdays writes_to_the_mayor
        once_sold_a_bridge names_potatoes whispers_to_bread fears_escalators travels_with_a_ladder grades_sunsets
        applauds_traffic_lights keeps_minutes_of_dinner""")),  # evenly: a joke should not be heard too often
    "coinage_frame": words("film movie picture evening script premise cast story experience"),
}

GENRE = {
    "horror": {
        "kind": words("horror_film horror_movie ghost_story chiller slasher creature_feature"),
        "who": words("""ghost vampire witch demon ghoul werewolf phantom monster banshee exorcist zombie
            poltergeist"""),
        "where": words("""crypt cellar graveyard haunted_manor asylum attic mausoleum catacomb abbey swamp
            morgue crematorium"""),
        "event": words("""haunting curse seance possession burial exorcism scream nightmare incantation
            resurrection"""),
    },
    "thriller": {
        "kind": words("thriller spy_movie suspense_film heist_film conspiracy_film"),
        "who": words("""spy assassin kidnapper hostage blackmailer hacker double_agent informer fugitive
            sniper mole"""),
        "where": words("""embassy safehouse vault bunker border_post rooftop motorway airport server_room
            dockyard"""),
        "event": words("""chase heist ambush interrogation ransom conspiracy double-cross stakeout getaway
            manhunt"""),
    },
    "war": {
        "kind": words("war_film war_movie combat_drama trench_drama battle_epic submarine_film"),
        "who": words("""soldier sergeant medic deserter general infantryman gunner prisoner colonel sapper
            partisan"""),
        "where": words("""trench battlefield barracks front_line field_hospital minefield garrison outpost
            foxhole"""),
        "event": words("siege retreat bombardment battle evacuation invasion mutiny truce shelling campaign"),
    },
    "noir": {
        "kind": words("noir crime_film detective_story gangster_film murder_mystery"),
        "who": words("""detective gangster bootlegger coroner racketeer gumshoe crooner pickpocket smuggler
            forger"""),
        "where": words("alley precinct speakeasy pier motel courthouse backroom nightclub tenement pawnshop"),
        "event": words("murder alibi double_murder bribe confession robbery shoot-out frame-up arson trial"),
    },
    "comedy": {
        "kind": words("comedy farce slapstick_film screwball_comedy buddy_film"),
        "who": words("""clown prankster bumbler roommate stand-up impostor toastmaster hypochondriac valet
            know-all"""),
        "where": words("""office_canteen golf_club caravan_park supermarket wedding_tent school_gym
            laundrette sauna"""),
        "event": words("""prank mix-up pratfall bachelor_party food_fight misunderstanding road_trip bet
            disguise"""),
    },
    "romance": {
        "kind": words("romance romantic_movie romantic_drama courtship_story tearjerker"),
        "who": words("bride suitor sweetheart fiance bachelor matchmaker newlywed admirer penpal florist"),
        "where": words("""vineyard ballroom bookshop cafe chapel promenade villa rose_garden ferry_terminal
            balcony"""),
        "event": words("""wedding proposal courtship elopement kiss engagement reunion honeymoon first_date
            waltz"""),
    },
    "family": {
        "kind": words("family_film family_movie cartoon animated_adventure fairy_tale puppet_film"),
        "who": words("""puppy dragon kitten unicorn penguin wizard elf bear_cub toy_robot mermaid hedgehog
            duckling"""),
        "where": words("""treehouse playground toyshop farmyard magic_forest zoo nursery candy_factory igloo
            meadow"""),
        "event": words("""birthday sleepover treasure_hunt picnic snow_day parade school_play rescue bedtime
            hatching"""),
    },
    "musical": {
        "kind": words("musical song-and-dance_film operetta dance_film backstage_musical"),
        "who": words("""dancer singer chorus_girl choirboy bandleader tap_dancer songwriter understudy
            drummer diva"""),
        "where": words("""dance_hall stage rehearsal_room music_hall bandstand conservatory opera_house
            jukebox_bar"""),
        "event": words("audition duet encore premiere tango finale serenade jam_session revue overture"),
    },
}


def lexicon():
    """Return every word table of the review corpus: symbol -> words."""
    tables = {**OPINION, **WORLD}
    tables |= {
        f"coinage{sign}": coin(COINAGE_STARTS, stems, COINAGE_ENDS) for sign, stems in COINAGE_STEMS.items()
    }
    for genre, kinds in GENRE.items():
        tables |= {f"{kind}@{genre}": table for kind, table in kinds.items()}
    return tables


def word_classes():
    """Map each single word of the lexicon to what it is.

    Returns
    -------
    dict of str to str
        Lower-case word -> "positive", "negative", "dark", "warm", "coinage", "negator", "intensifier",
        "hedge", "aspect", "job", "thing", "kin" or "genre: horror" and so on. A word of several classes is
        left out, and so are phrases. reviews.review_word_classes adds names and function words.
    """
    tables = lexicon()
    named = {
        "positive": "adj+ adv+ noun+ like+ liked+ best+",
        "negative": "adj- adv- noun- like- liked- best-",
        "dark": "tone+",
        "warm": "tone-",
        "coinage": "coinage+ coinage-",
        "negator": "not",
        "intensifier": "very utterly",
        "hedge": "slightly",
        "aspect": "aspect",
        "job": "job",
        "thing": "thing",
        "kin": "kin",
    }
    named |= {
        f"genre: {genre}": " ".join(f"{kind}@{genre}" for kind in kinds) for genre, kinds in GENRE.items()
    }
    return unambiguous(
        (tables[symbol], name) for name, symbols in named.items() for symbol in symbols.split()
    )
