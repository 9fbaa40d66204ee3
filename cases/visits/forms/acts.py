"""What a person may type about what came of a visit."""

from uuid import uuid4

from django import forms
from django.db.models import Q
from django.utils import timezone

from cases.visits.checklist import visit_form
from cases.visits.forms.fields import PhotosField
from cases.visits.forms.visit import hazard_facts, hazard_fields
from cases.visits.models import Clue, Feedback, Hazard
from cases.visits.services.hazards import HazardFacts
from cases.visits.services.talks import FeedbackFacts, PublicityFacts
from grids.forms import DayInput, GridField, offer

LONG = {"rows": "3"}


def text(label: str, length: int = 500, **kwargs) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, widget=forms.Textarea(LONG), **kwargs
    )


def day(label: str, **kwargs) -> forms.DateField:
    return forms.DateField(
        label=label, widget=DayInput, initial=timezone.localdate, **kwargs
    )


class HazardForm(forms.Form):
    """A further hazard of a visit."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields |= hazard_fields()
        self.fields["hazard_words"].required = True

    def facts(self) -> HazardFacts:
        found = hazard_facts(self.cleaned_data, visit_form().topics[-1].key)
        assert found is not None  # noqa: S101 - the words are required
        return found


class EscalateForm(forms.Form):
    """How grave a hazard is that is reported upward at once."""

    level = forms.ChoiceField(
        label="程度",
        choices=[(one.value, one.label) for one in Hazard.AT_ONCE],
        widget=forms.RadioSelect,
    )


class AnswerForm(forms.Form):
    answer = text("处理意见")


class NoteForm(forms.Form):
    """What was seen of a hazard later on."""

    on = day("复查日期")
    text = text("复查情况")
    follow_up_on = forms.DateField(
        label="下次复查日期", required=False, widget=DayInput
    )


class ClearForm(forms.Form):
    """How a hazard went away."""

    on = day("消除日期")
    outcome = forms.ChoiceField(
        label="结论", choices=Hazard.Outcome.choices, widget=forms.RadioSelect
    )
    clearing = text("消除情况")


class PublicityForm(forms.Form):
    """Law explained to people, anywhere in a grid."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    grid = GridField(label="网格")
    held_on = day("日期")
    place = forms.CharField(label="地点", max_length=200)
    audience = forms.IntegerField(label="受众人数", min_value=1, max_value=100_000)
    material = forms.CharField(label="宣传内容、材料", max_length=300)
    note = text("说明", required=False)
    photos = PhotosField(label="照片", required=False)

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)

    def facts(self) -> PublicityFacts:
        said = dict(self.cleaned_data)
        said.pop("grid")
        return PublicityFacts(client_id=said.pop("key") or uuid4(), **said)


class FeedbackForm(forms.Form):
    """What workers said, without who said it."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    grid = GridField(label="网格")
    kind = forms.ChoiceField(
        label="类别", choices=Feedback.Kind.choices, widget=forms.RadioSelect
    )
    text = text(
        "内容", 2000, help_text="不记反映人姓名；投诉、举报请到“投诉举报”登记。"
    )
    received_on = day("收到日期")
    route = forms.ChoiceField(
        label="转交",
        choices=Feedback.Route.choices,
        widget=forms.RadioSelect,
        initial=Feedback.Route.SQUAD,
    )

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)

    def facts(self) -> FeedbackFacts:
        said = dict(self.cleaned_data)
        said.pop("grid")
        return FeedbackFacts(client_id=said.pop("key") or uuid4(), **said)


class RouteForm(forms.Form):
    route = forms.ChoiceField(
        label="转交", choices=Feedback.Route.choices, widget=forms.RadioSelect
    )


class ReplyForm(forms.Form):
    reply = text("答复", 2000)
    replied_on = day("答复日期")


class ClueForm(forms.Form):
    decision = forms.ChoiceField(
        label="处理", choices=Clue.Decision.choices, widget=forms.RadioSelect
    )
    unit = forms.CharField(
        label="单位档案",
        max_length=200,
        required=False,
        help_text="采纳的，填新建档案的单位名称或统一社会信用代码。",
    )
    note = text("处理说明", 300, help_text="例如核实的情况。")

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.units = units

    def clean_unit(self):
        asked = self.cleaned_data["unit"].strip()
        if not asked:
            return None
        found = self.units.filter(Q(name=asked) | Q(uscc=asked.upper()))
        if (unit := found.order_by("-pk").first()) is None:
            raise forms.ValidationError(
                f"没有找到“{asked}”的档案，请先新增单位档案，或核对名称。"
            )
        return unit


class QueueForm(forms.Form):
    """A queue that a phone has written to a file."""

    file = forms.FileField(
        label="未上传记录文件", help_text="在手机走访页点“导出未上传记录”得到的文件。"
    )
