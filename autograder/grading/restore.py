"""Makes a submitted notebook whole again: every cell of the assignment once, and all that the student wrote.

What tools and habits do to a notebook costs nothing: cells that have lost their metadata are known by id, text, names or
place, cells that were deleted come back, and what was written into a locked cell stands beside it. Nothing here runs code.
"""

import copy
import itertools
import re
from urllib.parse import unquote

import nbformat

from autograder.grading import statements
from autograder.grading.notebook import grade_id, is_locked
from autograder.grading.outputs import IMAGES, Room, is_base64
from autograder.grading.submitted import is_alike, plain

_NAMED = 12  # cells in a sentence
_INSTEAD = "[grader] The cell above had this in the place of what was handed out; it was not run:"


def restore(notebook, released):
    """Make a submission whole again, so that every cell of the assignment is there exactly once.

    Locked cells get their released text, and code that had been added to them a cell beside them. A cell that was deleted comes
    back after the one before it, a check after the student's own cells that stand there. Of a cell's copies the last one counts
    that is not as it was handed out; the others stay as ordinary cells. What the student wrote, in solution cells and in cells of
    their own, stays where it is: the text and the images attached to it. Every cell is made anew, so nothing else that a file
    can hold reaches the graded notebook.

    nbgrader gives 0 to a written answer with the checksum of an empty one. Where the student has written something beside it,
    the checksum is left out, so that a person decides.

    Parameters
    ----------
    notebook : NotebookNode
        The submission; left as it is.
    released : NotebookNode

    Returns
    -------
    restored : NotebookNode
    remarks : list of str
    """
    places = _places(notebook, released)
    counting = {}  # place of a released cell -> index of the cell that stands for it
    for index, place in enumerate(places):
        if place is not None and (place not in counting or _is_written(notebook.cells[index], released.cells[place])
                                  or not _is_written(notebook.cells[counting[place]], released.cells[place])):
            counting[place] = index
    slots = [(place if counting.get(place) == index else None, cell)
             for index, (place, cell) in enumerate(zip(places, notebook.cells))]
    missing = [place for place, one in enumerate(released.cells) if grade_id(one) and place not in counting]
    for place in missing:
        slots.insert(_where_it_was(place, slots, released), (place, None))

    made, room = [], Room()  # cells, each with its place
    changed, kept = [], []
    for place, cell in slots:
        original = None if place is None else released.cells[place]
        if cell is None:
            made.append((copy.deepcopy(original), place))
        elif original is None or not grade_id(original):  # the student's own, or one that students may change
            made.append((_new_cell(cell), place))
            _attach_images(made[-1][0], cell, room)
        elif not is_locked(original):
            made.append((copy.deepcopy(original), place))
            made[-1][0].source = cell.source
            _attach_images(made[-1][0], cell, room)
        elif is_alike(cell.source, original.source):
            made.append((copy.deepcopy(original), place))
        else:
            before, after = _own_part(cell, original)
            made += [(one, None) for one in before] + [(copy.deepcopy(original), place)] + [(one, None) for one in after]
            changed.append(grade_id(original))
            kept += [grade_id(original)] if before or after else []

    unsure = _leave_to_a_person(made, missing, released)
    cells = [cell for cell, _ in made]
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    _make_ids_unique(cells)
    restored = nbformat.NotebookNode({**released, "metadata": copy.deepcopy(released.metadata), "cells": cells})
    copied = {grade_id(released.cells[place]) for index, place in enumerate(places)
              if place is not None and counting[place] != index} - {None}
    known_otherwise = [name for place, index in sorted(counting.items())
                       if (name := grade_id(released.cells[place])) != grade_id(notebook.cells[index]) and name]
    return restored, [f"{sentence}: {_listed(ids)}." for sentence, ids in (
        ("Locked cells had been edited and were put back", changed),
        ("What had been added to locked cells stands beside them", kept),
        ("Cells had been deleted and were put back", [grade_id(released.cells[place]) for place in missing]),
        ("Cells had been copied; the last copy with something in it counts", sorted(copied)),
        ("Cells had lost the mark that names them and were known otherwise", known_otherwise),
        ("An answer is empty, but there is text beside it or elsewhere; a person decides", unsure),
    ) if ids]


def _places(notebook, released):
    """For each submitted cell the place of the released one that it is, or was made from; None for the student's own."""
    cells, originals = notebook.cells, released.cells
    named = {grade_id(cell): place for place, cell in enumerate(originals) if grade_id(cell)}
    places = [named.get(grade_id(cell)) for cell in cells]
    found = set(places)

    def note(index, place):
        places[index] = place
        found.add(place)

    def unknown():
        return [index for index, place in enumerate(places) if place is None and not grade_id(cells[index])]

    by_id = {cell.id: place for place, cell in enumerate(originals) if "id" in cell}
    ids = {index: by_id[cell.id] for index, cell in enumerate(cells) if isinstance(cell.get("id"), str) and cell.id in by_id}
    alike = [place == places[index] or is_alike(cells[index].source, originals[place].source) for index, place in ids.items()]
    if 2 * sum(alike) >= len(alike):  # otherwise the ids are another tool's, which happen to be the same
        for index in unknown():
            if index in ids and ids[index] not in found:
                note(index, ids[index])
    if not unknown():
        return places

    texts = [plain(cell.source) for cell in originals]
    by_text = {}
    for place, text in enumerate(texts):
        if text and place not in found and (is_locked(originals[place]) or texts.count(text) == 1):
            by_text.setdefault(text, []).append(place)
    for index in unknown() if by_text else ():
        if by_text.get(text := plain(cells[index].source)):
            note(index, by_text[text].pop(0))

    missing = {place: set() if one.cell_type != "code" else statements.binds(one.source) for place, one in enumerate(originals)
               if grade_id(one) and place not in found and not is_locked(one)}
    bound = {index: statements.binds(cells[index].source) for index in unknown()} if any(missing.values()) else {}
    for place, names in missing.items():
        able = [index for index in unknown() if names and names <= bound[index]
                and [other for other in missing.values() if other and other <= bound[index]] == [names]]
        if able:
            note(max(able, key=lambda index: (cells[index].cell_type == "code", index)), place)

    for place in sorted(missing.keys() - found):
        if not missing[place]:
            for index in _following(place, places):
                if (cells[index].cell_type == "code") == (originals[place].cell_type == "code") and cells[index].source.strip():
                    note(index, place)
                    break
    return places


def _following(place, places):
    """The indices of the student's own cells that come right behind the released cell before `place`."""
    before = [one for one in places if one is not None and one < place]
    start = places.index(max(before)) + 1 if before else 0
    end = next((index for index in range(start, len(places)) if places[index] is not None), len(places))
    return range(start, end)


def _where_it_was(place, slots, released):
    """Where a cell that was deleted comes back."""
    before = [one for one, _ in slots if one is not None and one < place]
    position = next(at for at, (one, _) in enumerate(slots) if one == max(before)) + 1 if before else 0
    if is_locked(released.cells[place]) and released.cells[place].metadata.nbgrader.grade:
        while position < len(slots) and slots[position][0] is None:
            position += 1
    return position


def _is_written(cell, original):
    """Whether a copy of a cell counts more than one before it: unless it is blank, or as it was handed out."""
    return is_locked(original) or (cell.source.strip() != "" and not is_alike(cell.source, original.source))


def _own_part(cell, original):
    """What a student has written into a locked cell, as cells to put before and behind it."""
    if original.cell_type != "code":
        own = _own_lines(cell.source, _lines([original]))
        return [], [_new_cell({"cell_type": "markdown", "source": "\n".join(own)})] if own else []
    part = statements.added(cell.source, original.source)
    before = [_new_cell({"cell_type": "code", "source": part.before})] if part.before else []
    after = [_new_cell({"cell_type": "code", "source": part.after})] if part.after else []
    if part.changed:
        fence = "~" * max(3, 1 + max(map(len, re.findall(r"~+", part.changed)), default=0))
        after.append(_new_cell({"cell_type": "markdown", "source": f"{_INSTEAD}\n\n{fence}python\n{part.changed}\n{fence}"}))
    return before, after


def _leave_to_a_person(made, missing, released):
    """Take the checksum from answers that are empty where there may be one elsewhere; gives their ids."""
    known, unsure = None, []
    for index, (cell, place) in enumerate(made):
        role = cell.metadata.get("nbgrader", {})
        if role.get("grade") and role.get("solution") and not _is_written(cell, released.cells[place]):
            known = known or _lines(released.cells)
            beside = made if place in missing else _beside(made, index, released)
            if any(_own_lines(one.source, known) for one, _ in beside if one.cell_type != "code" or place not in missing):
                role.pop("checksum", None)
                unsure.append(role.grade_id)
    return unsure


def _beside(made, index, released):
    """The cells around an answer that may hold it: above up to a cell with a name, below up to the next released one."""
    above = range(index - 1, -1, -1)
    for one in above:
        if grade_id(made[one][0]):
            break
        if made[one][0].cell_type != "code":
            yield made[one]
    for one in range(index + 1, len(made)):
        if grade_id(made[one][0]):
            break
        yield made[one]
        if made[one][1] is not None:
            break


def _listed(ids):
    return ", ".join(ids) if len(ids) <= _NAMED else f"{', '.join(ids[:_NAMED])} and {len(ids) - _NAMED} more"


def _lines(cells):
    return {line.strip() for cell in cells for line in cell.source.splitlines()}


def _own_lines(text, known):
    """The lines of a text that say something and are not among those known."""
    if text.startswith(_INSTEAD):
        return []
    return [line for line in text.splitlines() if line.strip() not in known and re.search(r"\w", line)]


def _new_cell(cell):
    """A cell with the same text and id and nothing else. (nbformat's own function would validate each, for a while.)"""
    new = nbformat.from_dict({"cell_type": cell["cell_type"], "metadata": {}, "source": cell["source"]})
    if isinstance(cell.get("id"), str) and re.fullmatch(r"[\w-]{1,64}", cell["id"], re.ASCII):
        new.id = cell["id"]
    return new


def _attach_images(new, cell, room):
    """Give a Markdown cell the images of the submitted one; a reference to what is not there would stop nbconvert."""
    if new.cell_type != "markdown":
        return
    attachments = cell.get("attachments")
    images = {
        name: images for name, data in (attachments.items() if isinstance(attachments, dict) else ())
        if isinstance(data, dict) and (images := {
            mime: text for mime, text in data.items()
            if mime in IMAGES and isinstance(text, str) and is_base64(text) and room.keep_picture(text)
        })
    }
    if images:
        new.attachments = images
    new.source = re.sub(
        r"attachment:([^\s)\"'>]*)", lambda m: m[0] if unquote(m[1]) in images else f"missing-{m[0]}", new.source
    )


def _make_ids_unique(cells):
    """Give those an id that have none, or another's: by their place, since the same files make the same notebook."""
    taken, seen = {cell.get("id") for cell in cells}, set()
    for place, cell in enumerate(cells):
        if cell.get("id") in seen or not cell.get("id"):
            names = itertools.chain([f"cell-{place}"], (f"cell-{place}-{more}" for more in itertools.count(1)))
            cell["id"] = next(name for name in names if name not in taken)
            taken.add(cell["id"])
        seen.add(cell["id"])
