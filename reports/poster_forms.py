"""What a person may type about posters."""

from django import forms
from django.utils import timezone

from gridinspect.documents.forms import EvidenceField
from grids.forms import DayInput, offer
from reports.models import Poster, Wall
from reports.posters.standing import STATES


class PosterFilter(forms.Form):
    """The search block of 上墙登记: which posters, in which state."""

    kind = forms.ChoiceField(
        label="图表", choices=[("", "全部"), *Wall.choices], required=False
    )
    state = forms.ChoiceField(
        label="状态", choices=[("", "全部"), *STATES.items()], required=False
    )

    @property
    def form(self):
        """Return itself: what the search block of a page asks for."""
        return self


class MakeForm(forms.Form):
    """Which posters to print, and how large."""

    kinds = forms.MultipleChoiceField(
        label="图表",
        choices=Wall.choices,
        initial=[kind.value for kind in Wall],
        widget=forms.CheckboxSelectMultiple,
    )
    form = forms.ChoiceField(
        label="幅面",
        choices=[("pdf", "A3"), ("a1", "A1")],
        help_text="两种幅面内容相同，A1 的图和字是 A3 的两倍大。",
    )


class HangForm(forms.Form):
    """Which version hangs, since when, where, and a photograph of it."""

    poster = forms.ModelChoiceField(
        Poster.objects.none(),
        label="上墙的版次",
        empty_label=None,
        help_text="版次和日期印在图表左下角。",
    )
    since = forms.DateField(
        label="上墙日期", widget=DayInput, initial=timezone.localdate
    )
    spot = forms.CharField(
        label="张贴位置",
        max_length=100,
        required=False,
        help_text="如：社区服务大厅东墙。",
    )
    photo = EvidenceField(
        label="上墙照片", images_only=True, help_text="JPG 或 PNG，看得清图表和位置。"
    )

    def __init__(self, *args, posters, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["poster"], posters)


class TakeDownForm(forms.Form):
    """When a poster was taken down."""

    until = forms.DateField(
        label="撤下日期", widget=DayInput, initial=timezone.localdate
    )
