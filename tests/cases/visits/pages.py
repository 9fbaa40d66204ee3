"""The pages of visits, for the tests of the whole."""

from cases.visits.models import Clue
from cases.visits.services.hazards import HazardFacts
from cases.visits.services.talks import FeedbackFacts, PublicityFacts
from tests.cases.visits.making import make_visit
from tests.pages import Pages


def make(has):
    """Make a visit with all that can come of it, and one to an unknown unit."""
    word = has.word
    has.visit = make_visit(
        by=has.bureau,
        unit=has.unit,
        note=f"{word}情况",
        confirmed_by=f"{word}确认人",
        hazard=HazardFacts(
            topic="wages",
            level="major",
            words=f"{word}隐患",
            advice=f"{word}建议",
            escalate=True,
        ),
        publicity=PublicityFacts(audience=5, material=f"{word}手册"),
        feedback=FeedbackFacts(kind="demand", text=f"{word}要求", route="bureau"),
        is_offline=True,
    )
    has.hazard = has.visit.hazards.get()
    has.publicity = has.visit.publicity
    has.feedback = has.visit.feedback.get()
    unknown = make_visit(
        by=has.bureau, grid=has.grid, place_name=f"{word}面馆", address=f"{word}路7号"
    )
    has.clue = Clue.objects.get(visit=unknown)


PAGES = Pages(
    keyless={
        "visits:list": [],
        "visits:hazards": [],
        "visits:publicities": [],
        "visits:feedbacks": [],
        "visits:clues": [],
        "visits:export": ["visits"],
        "visits:queue": [],
        "visits:phone": [],
        "visits:add-elsewhere": [],
        "visits:mine": [],
        "visits:publicity-add": [],
        "visits:feedback-add": [],
        "visits:upload": [],
    },
    variants=[
        ("visits:mine", [], "units=1"),
        ("visits:export", ["hazards"], ""),
        ("visits:export", ["publicity"], ""),
        ("visits:export", ["feedback"], ""),
        ("visits:export", ["clues"], ""),
        ("visits:list", [], "entry=late"),
        ("visits:hazards", [], "state=reported"),
    ],
    searches=[
        ("visits:list", "unit={w}&visitor={w}"),
        ("visits:list", "unit={w}"),
        ("visits:hazards", "unit={w}"),
        ("visits:publicities", "place={w}&material={w}"),
        ("visits:feedbacks", "text={w}"),
        ("visits:clues", "unit={w}"),
        ("visits:export", "unit={w}"),
        ("visits:phone", "q={w}"),
    ],
    by_place=[
        "visits:list",
        "visits:hazards",
        "visits:publicities",
        "visits:feedbacks",
        "visits:clues",
        "visits:export",
        "visits:phone",
    ],
    scoped={
        "visits:add": lambda has: [has.unit.pk],
        "visits:detail": lambda has: [has.visit.pk],
        "visits:hazard-add": lambda has: [has.visit.pk],
        "visits:hazard": lambda has: [has.hazard.pk],
        "visits:hazard-escalate": lambda has: [has.hazard.pk],
        "visits:hazard-answer": lambda has: [has.hazard.pk],
        "visits:hazard-note": lambda has: [has.hazard.pk],
        "visits:hazard-clear": lambda has: [has.hazard.pk],
        "visits:publicity": lambda has: [has.publicity.pk],
        "visits:feedback": lambda has: [has.feedback.pk],
        "visits:feedback-reply": lambda has: [has.feedback.pk],
        "visits:feedback-route": lambda has: [has.feedback.pk],
        "visits:clue": lambda has: [has.clue.pk],
    },
    traced_reading={"visits:export"},
    public={"visits:shell", "visits:worker"},
    make=make,
)
