"""What a policy says of classified supervision (分类监管): grades, grounds, lists."""

from dataclasses import dataclass
from datetime import date

YEAR = 365  # days back that a fact counts where nothing else is said


@dataclass(frozen=True, kw_only=True)
class Cited:
    """Where a rule stands: a clause of its plan, or another source.

    An `assumed` one is ours where the text says nothing; the note says why.
    """

    clause: str = ""
    source: str = ""
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True)
class GradeScheme(Cited):
    """One way to grade units for a year (守法诚信等级评价办法).

    `points` is what a unit begins the year with in a scheme of points. The grades of a
    scheme are [[grade]] rows from the best to the worst, what decides between them are
    [[grade_criterion]] rows. An `example` is never taken unless somebody asks for it.
    """

    key: str
    name: str
    since: date
    points: int | None = None
    valid_months: int = 12
    example: bool = False


@dataclass(frozen=True)
class Grade(Cited):
    """One grade of a scheme, and what follows from it.

    `visits_max` caps the routine inspections of a year. `is_key` puts the unit under
    key supervision where a ground asks for that, `interview` asks for a talk with its
    head (约谈), `published` lets the grade be made public.
    """

    scheme: str
    key: str
    name: str
    meaning: str = ""
    min_points: int | None = None
    visits_max: int | None = None
    interview: bool = False
    is_key: bool = False
    published: bool = False
    consequence: str = ""


@dataclass(frozen=True)
class GradeCriterion(Cited):
    """A fact of the year that leads to a grade, or that costs points.

    It holds when the fact reaches `at_least`. With `each`, `points` are taken for every
    one counted, at most `most` altogether.
    """

    scheme: str
    key: str
    name: str
    fact: str
    at_least: int = 1
    grade: str = ""
    points: int | None = None
    each: bool = False
    most: int | None = None


@dataclass(frozen=True)
class KeyGround(Cited):
    """A condition under which a unit is a key unit (重点监管) while it holds.

    Rows with one clause are one ground in several conditions. `days` is the window,
    back from the day asked about, in which a fact counts. A `secret` one tells of
    complaints: who may not know of them sees that the unit is listed, and not why.
    """

    key: str
    name: str
    fact: str
    at_least: int | None = None
    at_most: int | None = None
    days: int | None = None
    secret: bool = False


@dataclass(frozen=True)
class PublicCandidate(Cited):
    """A fact that makes a unit a candidate for publication; persons decide.

    `list` is `violation` (重大违法公布) or `dishonest` (拖欠农民工工资失信名单). With
    `and_fact` that one must be there too. `category` is one of the kinds of the list.
    """

    list: str
    key: str
    category: str
    fact: str
    at_least: int = 1
    and_fact: str = ""
    days: int = 365


@dataclass(frozen=True)
class WarningRule(Cited):
    """A rule of early warning (预警): what it is called and what clears it.

    Its facts are [[warning_sign]] rows; the worst of them gives the colour. A rule with
    `together` has none: it warns in `colour` where so many other rules warn of one unit
    (多项苗头叠加). From the colour `task_from` on, somebody in the unit's grid gets the
    task to look into it, due `task_days` later. A `secret` rule tells of complaints.
    """

    key: str
    name: str
    clears: str
    task_from: str = ""
    task_days: int | None = None
    together: int | None = None
    colour: str = ""
    secret: bool = False


@dataclass(frozen=True)
class WarningSign(Cited):
    """A fact that warns, and from which figure on it is yellow, orange or red.

    A colour without a figure is never reached. `days` is the window, back from the day
    asked about, in which a fact counts.
    """

    warning: str
    fact: str
    yellow: int | None = None
    orange: int | None = None
    red: int | None = None
    days: int = YEAR
