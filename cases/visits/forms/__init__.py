"""What a person may type about visits and what comes of them."""

from cases.visits.forms.acts import (
    AnswerForm,
    ClearForm,
    ClueForm,
    EscalateForm,
    FeedbackForm,
    HazardForm,
    NoteForm,
    PublicityForm,
    QueueForm,
    ReplyForm,
    RouteForm,
)
from cases.visits.forms.visit import VisitForm

__all__ = [
    "AnswerForm",
    "ClearForm",
    "ClueForm",
    "EscalateForm",
    "FeedbackForm",
    "HazardForm",
    "NoteForm",
    "PublicityForm",
    "QueueForm",
    "ReplyForm",
    "RouteForm",
    "VisitForm",
]
