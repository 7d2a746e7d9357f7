"""Invented people, places and firms: syllables put together, so that nobody real is meant.

Each list is a product of beginnings and endings walked along its diagonals, so that the commonest names do
not all begin alike; it ends long after the words one corpus will use, which gives the long tail that names
give real text.
"""

from reference.datasets.grammar import Words

FIRST = (
    "Mir Cor Tal Bren Os Liv Jor Sel Dar Ven Am Il Rhod Kas Ned Fen Ull Ed Pav Gar",
    "elle in a dan ra vik o wyn eth ka",
)
LAST = (
    "Tov Hald Brisk Quin Marl Ost Fenn Dray Kess Wold Pell Varn Sorr Lind Thack Gorm Ash Bell Crane "
    "Yarr Hulm Prisk Stav Wend Zorn Cobb Farl",
    "ash vek er by ane ov ley strom wick ard etti onde mere ski ula ham ent ulo icky ards",
)
PLACE = (
    "Lor Vant Esk Mor Cald Bry Tarn Hesk Dun Ilm Rav Sund Ulver Pent Oska Kir Zell Brack Stol Wim "
    "Fjor Gant Hoy",
    "en avia mouth holm ford ia ridge stad berg una ova wick port esh",
)
FIRM = (
    "Ondr Veltr Corv Trask Nimb Selk Quorv Hexl Lurb Borl Arv Pellg Zanv Merl",
    "ara onis ium ova anda ell izar anta orp uro",
)


def compose(parts):
    """Return every beginning + ending of `parts`, two strings of syllables, as a Zipf-weighted table."""
    heads, tails = (part.split() for part in parts)
    pairs = [(i + j, i, j) for i in range(len(heads)) for j in range(len(tails))]
    return Words(heads[i] + tails[j] for _, i, j in sorted(pairs))


def coin(starts, stems, ends):
    """Return every start + stem + end as an evenly weighted table, in an order that mixes the stems."""
    made = [start + stem + end for start in starts for end in ends for stem in stems]
    return tuple(
        made[(i * 1009) % len(made)] for i in range(len(made))
    )  # 1009 is prime: each word comes once


def name_tables():
    """Return the tables `first`, `last`, `person`, `place` and `firm`."""
    return {
        "first": compose(FIRST),
        "last": compose(LAST),
        "person": ("{first} {last}",),
        "place": compose(PLACE),
        "firm": compose(FIRM),
    }
