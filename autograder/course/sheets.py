"""Files that are opened in spreadsheets: no text in them becomes a formula."""

import csv
import re

import xlsxwriter

from autograder.course.replacing import replacing, workshop
from autograder.course.shown import visible

# where a cell begins, also for a spreadsheet that takes a semicolon for the end of one, and what makes it a formula there
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_. -]*")
_FORMULA = re.compile(r"(^|[;|])(\s*)(?=[=+\-@＝＋－＠])")


def write(path, rows, mode=0o644):
    """Write rows as CSV.

    Parameters
    ----------
    path : Path
    rows : iterable of list
        Numbers stay as they are; in text a formula gets an apostrophe before it, by which spreadsheets know text.
    mode : int
        Of the file: who may read it.
    """
    with replacing(path, mode) as file:
        csv.writer(file).writerows(map(_defused_row, rows))


def write_xlsx(path, rows):
    """Write rows as an Excel sheet, the first as its heading; text is never a formula there, nor in a CSV made from it."""
    with workshop(path.parent) as shop:
        new = shop / "new"
        with xlsxwriter.Workbook(new, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, _defused_row(row), None if number else bold)
            sheet.freeze_panes(1, 0)
            sheet.autofit()
        new.replace(path)


def _defused_row(row):
    return [_defused(value) if isinstance(value, str) else value for value in row]


def _defused(text):
    return text if _PLAIN.fullmatch(text) else _FORMULA.sub(r"\1\2'", visible(text))
