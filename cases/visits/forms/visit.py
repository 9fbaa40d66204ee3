"""The form of one visit, on a phone, on a desk, and out of a phone's queue."""

from uuid import uuid4

from django import forms
from django.utils import timezone

from cases.visits.checklist import ANSWERS, UNSEEN, visit_form
from cases.visits.forms.fields import PhotosField
from cases.visits.models import Feedback, Hazard, Visit
from cases.visits.services.hazards import HazardFacts
from cases.visits.services.talks import FeedbackFacts, PublicityFacts
from cases.visits.services.visits import VisitFacts
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person, User
from grids.forms import DayInput
from grids.models import Grid, Task

SHORT = forms.Textarea({"rows": "2"})
RESULTS = [one for one in Visit.Result.choices if one[0] != Visit.Result.UNSTATED]


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


def hazard_fields() -> dict[str, forms.Field]:
    """Return the fields of a hazard, by name."""
    topics = [(one.key, one.label) for one in visit_form().topics]
    return {
        "hazard_words": forms.CharField(
            label="隐患情况", max_length=500, required=False, widget=SHORT
        ),
        "hazard_topic": forms.ChoiceField(
            label="事项", choices=topics, required=False, initial=topics[0][0]
        ),
        "hazard_level": forms.ChoiceField(
            label="程度",
            choices=Hazard.Level.choices,
            required=False,
            initial=Hazard.Level.GENERAL,
            widget=forms.RadioSelect,
        ),
        "hazard_advice": forms.CharField(
            label="现场建议", max_length=500, required=False
        ),
        "hazard_advice_result": forms.CharField(
            label="建议结果", max_length=500, required=False
        ),
        "hazard_follow_up_on": forms.DateField(
            label="复查日期", required=False, widget=DayInput
        ),
        "hazard_escalate": forms.BooleanField(
            label="立即上报（难以处理或重大的）", required=False
        ),
    }


class VisitForm(forms.Form):
    """One visit; only the result has to be said.

    `companions` are the people who may have gone along, `tasks` those that the visit
    may finish. Without a unit the form asks where it was.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    result = forms.ChoiceField(
        label="结果",
        choices=RESULTS,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择走访结果。"},
    )
    purpose = forms.ChoiceField(
        label="目的",
        choices=Visit.Purpose.choices,
        initial=Visit.Purpose.COLLECT,
        widget=forms.RadioSelect,
    )
    visited_at = forms.DateTimeField(
        label="走访时间",
        required=False,
        widget=MomentInput,
        help_text="留空为现在；补录的请填实际时间。",
    )
    note = forms.CharField(
        label="情况说明", max_length=1000, required=False, widget=SHORT
    )
    confirmed_by = forms.CharField(
        label="单位确认人",
        max_length=60,
        required=False,
        help_text="现场确认人的姓名。",
    )
    next_on = forms.DateField(label="下次走访日期", required=False, widget=DayInput)
    all_yes = forms.BooleanField(label="九项都看了，未发现问题", required=False)
    photos = PhotosField(
        label="照片",
        required=False,
        help_text="JPG、PNG，每张 20 MB 以内；拍摄地点等信息会自动去除。",
    )
    publicity_audience = forms.IntegerField(
        label="受众人数", min_value=1, max_value=100_000, required=False
    )
    publicity_material = forms.CharField(
        label="宣传内容、材料", max_length=300, required=False
    )
    feedback_kind = forms.ChoiceField(
        label="类别", choices=Feedback.Kind.choices, required=False
    )
    feedback_text = forms.CharField(
        label="工人反映的内容",
        max_length=2000,
        required=False,
        widget=SHORT,
        help_text="不记反映人姓名；投诉、举报请引导到受理窗口。",
    )
    feedback_route = forms.ChoiceField(
        label="转交",
        choices=Feedback.Route.choices,
        required=False,
        initial=Feedback.Route.SQUAD,
    )

    def __init__(self, *args, companions=(), tasks=None, unit=None, grids=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.unit, self.grids = unit, {str(grid.pk): grid for grid in grids}
        self.form = visit_form()
        self.fields |= hazard_fields()
        if unit is None:
            self._ask_where()
        for topic in self.form.topics:
            self.fields[f"topic_{topic.key}"] = forms.ChoiceField(
                label=topic.label,
                choices=list(ANSWERS.items()),
                required=False,
                initial=UNSEEN,
                widget=forms.RadioSelect,
                help_text=topic.question,
            )
            self.fields[f"topic_{topic.key}_note"] = forms.CharField(
                label=f"{topic.label}：情况", max_length=200, required=False
            )
        self.posts = {str(post.person_id): post.person for post in companions}
        if companions:
            self.fields["companions"] = forms.MultipleChoiceField(
                label="同行人",
                choices=[
                    (str(one.person_id), f"{one.person}（{one.get_role_display()}）")
                    for one in companions
                ],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        if tasks is not None and tasks.exists():
            self.fields["task"] = forms.ModelChoiceField(
                tasks, label="完成任务", required=False, empty_label="不涉及任务"
            )

    def _ask_where(self):
        self.fields["place_name"] = forms.CharField(
            label="招牌或门牌上的名称", max_length=200, required=False
        )
        self.fields["address"] = forms.CharField(
            label="地址", max_length=200, required=False
        )
        choices = [(key, grid.name) for key, grid in self.grids.items()]
        self.fields["grid"] = forms.ChoiceField(
            label="网格",
            choices=choices,
            initial=choices[0][0] if choices else None,
            error_messages={"required": "请选择网格。"},
        )

    # --- for the template -------------------------------------------------------------

    def topics(self):
        """Yield each topic with its answer and its note."""
        for topic in self.form.topics:
            name = f"topic_{topic.key}"
            yield topic, self[name], self[f"{name}_note"]

    def hazard(self):
        return [self[name] for name in hazard_fields()]

    def publicity(self):
        return [self["publicity_audience"], self["publicity_material"]]

    def feedback(self):
        return [self[f"feedback_{name}"] for name in ("kind", "text", "route")]

    def where(self):
        names = ("place_name", "address", "grid")
        return [self[name] for name in names if name in self.fields]

    def with_errors(self):
        """Return which folded parts hold an error, so that they stand open."""
        wrong = "".join(f" {name}" for name in self.errors)
        return {
            part: f" {part}_" in wrong
            for part in ("topic", "hazard", "publicity", "feedback")
        } | {"more": any(f" {name}" in wrong for name in ("photos", "companions"))}

    # --- what was said ----------------------------------------------------------------

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        about = ("advice", "advice_result", "follow_up_on", "escalate")
        told = any(cleaned.get(f"hazard_{name}") for name in about)
        if told and cleaned.get("hazard_words") == "":
            self.add_error("hazard_words", "请写明隐患情况。")
        if cleaned.get("publicity_material") and not cleaned.get("publicity_audience"):
            self.add_error("publicity_audience", "请填写受众人数。")
        if self.unit is None and not (
            cleaned.get("place_name") or cleaned.get("address")
        ):
            self.add_error("address", "请写明名称或地址。")
        return cleaned

    def facts(self, **more) -> VisitFacts:
        """Return what was said, as far as it is valid."""
        said = self.cleaned_data
        facts = {
            "unit": self.unit,
            "grid": self.unit.grid if self.unit else self._grid(),
            "client_id": said.get("key") or uuid4(),
            "visited_at": said.get("visited_at") or timezone.now(),
            "result": said.get("result", Visit.Result.UNSTATED),
            "purpose": said.get("purpose", Visit.Purpose.COLLECT),
            "place_name": said.get("place_name", ""),
            "address": said.get("address", ""),
            "checklist": self._checklist(),
            "note": said.get("note", ""),
            "next_on": said.get("next_on"),
            "confirmed_by": said.get("confirmed_by", ""),
            "companions": self._companions(),
            "photos": said.get("photos") or [],
            "task": said.get("task"),
            "hazard": self._hazard(),
            "publicity": self._publicity(),
            "feedback": self._feedback(),
            "form_version": self.form.version,
        }
        return VisitFacts(**facts | more)

    def _grid(self) -> Grid | None:
        return self.grids.get(str(self.cleaned_data.get("grid")))

    def _companions(self) -> list[Person]:
        chosen = self.cleaned_data.get("companions") or []
        return [self.posts[key] for key in chosen]

    def _checklist(self) -> dict[str, dict[str, str]]:
        said, answers = self.cleaned_data, {}
        for topic in self.form.topics:
            name = f"topic_{topic.key}"
            answer, note = said.get(name) or UNSEEN, said.get(f"{name}_note", "")
            if answer == UNSEEN and note:
                answer = "finding"
            elif answer == UNSEEN and said.get("all_yes"):
                answer = "yes"
            if answer != UNSEEN:
                answers[topic.key] = {"answer": answer, "note": note}
        return answers

    def _hazard(self) -> HazardFacts | None:
        return hazard_facts(self.cleaned_data, self.form.topics[-1].key)

    def _publicity(self) -> PublicityFacts | None:
        said = self.cleaned_data
        if not said.get("publicity_audience"):
            return None
        return PublicityFacts(
            audience=said["publicity_audience"],
            material=said.get("publicity_material", ""),
        )

    def _feedback(self) -> FeedbackFacts | None:
        said = self.cleaned_data
        if not said.get("feedback_text"):
            return None
        return FeedbackFacts(
            kind=said.get("feedback_kind") or Feedback.Kind.OPINION,
            text=said["feedback_text"],
            route=said.get("feedback_route") or Feedback.Route.SQUAD,
        )


def hazard_facts(said: dict, other: str) -> HazardFacts | None:
    """Return the hazard that valid fields tell of, None without words."""
    if not said.get("hazard_words"):
        return None
    return HazardFacts(
        topic=said.get("hazard_topic") or other,
        level=said.get("hazard_level") or Hazard.Level.GENERAL,
        words=said["hazard_words"],
        advice=said.get("hazard_advice", ""),
        advice_result=said.get("hazard_advice_result", ""),
        follow_up_on=said.get("hazard_follow_up_on"),
        escalate=bool(said.get("hazard_escalate")),
    )


def tasks_for(user: User, unit: Enterprise | None):
    """Return the open tasks of a person that a visit to this unit may finish."""
    tasks = Task.objects.of(user).open().order_by("due_on", "pk")
    if unit is None:
        return tasks.none()
    about = tasks.filter(about_type="enterprises.enterprise", about_id=unit.pk)
    return about | tasks.filter(about_type="", grid=unit.grid_id)
