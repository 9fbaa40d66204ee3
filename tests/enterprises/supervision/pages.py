"""The pages of classified supervision."""

from gridinspect.accounts.roles import Role
from tests.factories import TODAY, make_user
from tests.pages import Pages


def make(has):
    """Add a round with ratings, an entry of every kind, a publication to a district."""
    from enterprises.supervision.models import (
        GradeObjection,
        GradeRound,
        KeyEntry,
        NotedFact,
        Publication,
        Rating,
    )
    from grids.models import Policy
    from tests.factories import make_policy

    make_policy("national")
    by, other = (
        make_user(grid=has.district, role=role)
        for role in (Role.DISTRICT_BUREAU, Role.LEADER)
    )
    has.grade_round = GradeRound.objects.create(
        district=has.district,
        year=TODAY().year - 1,
        policy=Policy.objects.get(slug="national"),
        scheme="national-2017",
        scheme_name=f"{has.word}办法",
        state="review",
        started_by=by,
    )
    has.rating = Rating.objects.create(
        round=has.grade_round,
        enterprise=has.unit,
        district=has.district,
        year=has.grade_round.year,
        proposed="C",
        grade="C",
        decided=[
            {
                "key": "k",
                "name": f"{has.word}标准",
                "fact": "punished",
                "value": 3,
                "needed": 3,
                "grade": "C",
                "points": 0,
                "clause": "",
            }
        ],
        facts={"punished": {"value": 3, "rows": [{"label": f"{has.word}案"}]}},
        prepared_by=by,
        approved_by=other,
        approved_on=TODAY(),
        valid_from=TODAY(),
        valid_until=TODAY(),
    )
    has.grade_objection = GradeObjection.objects.create(
        rating=has.rating,
        district=has.district,
        raised_on=TODAY(),
        text=f"{has.word}不服",
        decide_by=TODAY(),
        recorded_by=by,
    )
    has.key_entry = KeyEntry.objects.create(
        enterprise=has.unit,
        district=has.district,
        ground="complaints",
        ground_name=f"{has.word}情形",
        is_secret=True,
        since=TODAY(),
    )
    has.key_proposal = KeyEntry.objects.create(
        enterprise=has.unit,
        district=has.district,
        ground="hand",
        ground_name="手工列入",
        reason=f"{has.word}理由",
        state="proposed",
        since=TODAY(),
        proposed_by=by,
    )
    has.noted_fact = NotedFact.objects.create(
        enterprise=has.unit,
        district=has.district,
        kind="incidents",
        on=TODAY(),
        paper=f"{has.word}报告",
        recorded_by=by,
    )
    has.publication = Publication.objects.create(
        enterprise=has.unit,
        district=has.district,
        list="violation",
        category=f"{has.word}情形",
        found_on=TODAY(),
        name=has.unit.name,
        recorded_by=by,
    )


PAGES = Pages(
    keyless={
        "supervision:grades": [],
        "supervision:grades-export": [],
        "supervision:replay": [],
        "supervision:rounds": [],
        "supervision:round-add": [],
        "supervision:key-units": [],
        "supervision:key-export": [],
        "supervision:key-entries": [],
        "supervision:key-refresh": [],
        "supervision:publications": [],
        "supervision:publication-find": [],
        "supervision:publication-export": ["2026-10-01", "xlsx"],
    },
    variants=[
        ("supervision:grades", [], "state=objected&year="),
        ("supervision:key-entries", [], "state=waiting"),
        ("supervision:publications", [], "state=open"),
        ("supervision:publication-export", ["2026-10-01", "pdf"], ""),
        ("supervision:replay", [], "year=2025"),
    ],
    searches=[
        ("supervision:grades", "name={w}"),
        ("supervision:grades-export", "name={w}"),
        ("supervision:key-units", "name={w}"),
        ("supervision:key-export", "name={w}"),
        ("supervision:key-entries", "name={w}"),
        ("supervision:publications", "name={w}"),
    ],
    by_place=[
        "supervision:grades",
        "supervision:grades-export",
        "supervision:key-units",
        "supervision:key-export",
    ],
    scoped={
        "supervision:rating": lambda has: [has.rating.pk],
        "supervision:rating-notice": lambda has: [has.rating.pk],
        "supervision:rating-act": lambda has: [has.rating.pk, "object"],
        "supervision:round": lambda has: [has.grade_round.pk],
        "supervision:round-recompute": lambda has: [has.grade_round.pk],
        "supervision:round-act": lambda has: [has.grade_round.pk, "approve"],
        "supervision:key-entry": lambda has: [has.key_entry.pk],
        "supervision:key-act": lambda has: [has.key_proposal.pk, "decide"],
        "supervision:key-propose": lambda has: [has.unit.pk],
        "supervision:note-fact": lambda has: [has.unit.pk],
        "supervision:withdraw-fact": lambda has: [has.noted_fact.pk],
        "supervision:publication": lambda has: [has.publication.pk],
        "supervision:publication-change": lambda has: [has.publication.pk],
        "supervision:publication-act": lambda has: [has.publication.pk, "notify"],
        "supervision:publication-add": lambda has: [has.unit.pk],
    },
    post_only={
        "supervision:rating-notice",
        "supervision:round-recompute",
        "supervision:key-refresh",
        "supervision:publication-find",
    },
    traced_reading={
        "supervision:grades-export",
        "supervision:key-export",
        "supervision:publication-export",
    },
    make=make,
)
