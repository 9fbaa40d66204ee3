"""An act on the tree in two steps: what it takes along and changes, then the deed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.utils import timezone

from grids.forms import add_refusal
from grids.models import Grid
from grids.services.rehearsals import rehearse

Carried = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Proposal:
    """An act as its page proposes it.

    `stamp` is what the confirmation stands for besides the counts: when it has changed
    since the page was shown, the page is shown again.
    """

    label: str  # 拆分
    asked: str  # the sentence that is confirmed
    run: Callable[[], Any]
    at: Grid
    places: Sequence[Grid]
    carried: Carried
    stamp: str = ""

    @property
    def seen(self) -> str:
        return f"{'-'.join(str(count) for _, count in self.carried)}/{self.stamp}"


@dataclass(frozen=True)
class Decision:
    """What came of a proposal: done with a result, or what the page shows."""

    context: dict[str, Any] = field(default_factory=dict)
    is_done: bool = False
    result: Any = None


def decide(request, form: BaseForm, proposal: Proposal) -> Decision:
    """Do what was confirmed as it was shown, else show what would happen."""
    confirmed = request.POST.get("seen") == proposal.seen
    try:
        if confirmed:
            return Decision(is_done=True, result=proposal.run())
        outlook = rehearse(
            proposal.run,
            district=proposal.at.district or proposal.at,
            places=proposal.places,
            on=timezone.localdate(),
        )
    except ValidationError as error:
        add_refusal(form, _in_form(form, error))
        return Decision()
    return Decision(
        {
            "asked": proposal.asked,
            "outlook": outlook,
            "posted": posted(request),
            "seen": proposal.seen,
            "again": "seen" in request.POST,
        }
    )


def in_words(carried: Carried) -> str:
    """Return 2 个网格、3 户用人单位; what there is none of is left out."""
    words = "、".join(f"{count} {label}" for label, count in carried if count)
    return words or "没有人员、用人单位和案件"


def posted(request) -> list[tuple[str, str]]:
    """Return what was sent, to be sent again with the confirmation."""
    skipped = ("csrfmiddlewaretoken", "seen")
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in skipped
    ]


def _in_form(form: BaseForm, error: ValidationError) -> ValidationError:
    """Show what is wrong above the form where it has no field of that name."""
    fields = getattr(error, "error_dict", {})
    if fields and not fields.keys() <= form.fields.keys():
        return ValidationError(error.messages)
    return error
