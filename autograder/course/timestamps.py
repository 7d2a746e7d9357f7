"""When something was handed in: what timestamp.txt says, or that it cannot be known.

A late submission loses points, so nothing is guessed: "CEST" is no zone to Python, and 07.10.2026 is a day in October or
in July. What is read exactly is what nbgrader and learning platforms write; whatever else stands there costs nobody a
point, and the graders are told.
"""

import datetime
import re
import zoneinfo
from dataclasses import dataclass
from pathlib import Path

from autograder.course.shown import visible
from autograder.grading import files

_BYTES = 200
_QUOTED = 60
_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?"
    r"(?P<zone>|UTC|Z|(?P<offset>[+-](?:0\d|1[0-4]):?[0-5]\d)|(?P<place>[A-Z][A-Za-z_]*(?:/[A-Z][A-Za-z0-9_+-]*){1,2}))", re.ASCII,
)
READ = "2026-10-05 20:15:00 UTC, 2026-10-05T22:15:00+02:00 or 2026-10-05 22:15:00 Europe/Berlin"


@dataclass(frozen=True)
class Timestamp:
    """When something was handed in.

    Parameters
    ----------
    time : datetime.datetime or None
        In UTC, without a zone, as gradebooks keep it; None if it is not known.
    doubt : str
        Why it is not known although there is a timestamp.txt, as a sentence for the graders, or "".
    """

    time: datetime.datetime | None
    doubt: str = ""


def read(folder):
    """When the submission in `folder` was handed in.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Timestamp
    """
    try:
        text = stated(Path(folder) / files.TIMESTAMP)
    except (FileNotFoundError, NotADirectoryError):
        return Timestamp(None)
    except files.NotAFile as reason:
        return _unknown(f"{files.TIMESTAMP} {reason}")
    except OSError as error:
        return _unknown(f"{files.TIMESTAMP} cannot be read ({error.strerror})")
    except UnicodeDecodeError:
        return _unknown(f"{files.TIMESTAMP} is not UTF-8")
    try:
        return Timestamp(parse(text))
    except ValueError:
        quoted = visible(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}...")
        return _unknown(f'{files.TIMESTAMP} says "{quoted}"' if text else f"{files.TIMESTAMP} is empty")


def stated(path):
    """What a timestamp.txt says, as it stands there.

    Raises
    ------
    OSError
    files.NotAFile
    UnicodeDecodeError
    """
    return files.read(path, _BYTES).decode("utf-8-sig").strip()


def now():
    """The present time as gradebooks keep it: in UTC, without a zone."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def parse(text):
    """A time as UTC without a zone.

    Parameters
    ----------
    text : str
        A date, a time, and UTC, Z, an offset, the IANA name of a zone, or nothing, which means UTC as it does to nbgrader.

    Raises
    ------
    ValueError
        If it is anything else, or a time that never was. Of a time that a clock showed twice, the earlier is taken.
    """
    form = _FORM.fullmatch(text)
    if not form:
        raise ValueError(f"no time: {text!r}")
    time = datetime.datetime.fromisoformat(f"{form[1]} {form[2]}")
    try:
        if form["offset"]:
            return time - datetime.datetime.strptime(form["offset"], "%z").utcoffset()
        if not form["place"]:
            return time
        here = time.replace(tzinfo=zoneinfo.ZoneInfo(form["place"]))
        there = here.astimezone(datetime.UTC)
        if there.astimezone(here.tzinfo).replace(tzinfo=None) != time:
            raise ValueError(f"clocks were set forward over it: {text!r}")
        return there.replace(tzinfo=None)
    except (OverflowError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise ValueError(str(error)) from None


def _unknown(what):
    return Timestamp(None, f"{what}, so when it was handed in is not known and it counts as in time; what can be read is {READ}.")
