"""What a person may type about offices, leading groups, duties and who leads."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils import timezone

from gridinspect.accounts.roles import Role
from grids.directory import PARTS, Part
from grids.forms import DayInput, GridField, offer
from grids.models import City, GroupMember, Office, OfficeAsset, Posting

AS_SPELLED = re.compile(r"^(.+)（(\S+) (\S+)）$")  # 余小满（410103001001 协管员）


# --- a person on post -----------------------------------------------------------------


def spelled(post: Posting) -> str:
    """Return how a person on post stands in a field: name, code of the place, role."""
    return f"{post.person}（{post.place.code} {post.get_role_display()}）"


class PostInput(forms.TextInput):
    """A text field that suggests persons on post; it also works without."""

    template_name = "grids/_grid_input.html"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["options_url"] = f"{reverse_lazy('grids:post-options')}?field={name}"
        return context


class PostField(forms.CharField):
    """A person on post among `queryset`, typed as a name or as `spelled` says."""

    widget = PostInput

    def __init__(self, *, queryset=None, **kwargs):
        kwargs.setdefault("max_length", 120)
        kwargs.setdefault("help_text", "输入姓名后从列表选择在岗人员。")
        super().__init__(**kwargs)
        self.queryset = Posting.objects.none() if queryset is None else queryset

    def prepare_value(self, value):
        return spelled(value) if isinstance(value, Posting) else value

    def clean(self, value):
        text = super().clean(value)
        return self._find(text) if text else None

    def _find(self, text: str) -> Posting:
        posts = self.queryset.select_related("person", "grid", "city")
        if found := AS_SPELLED.search(text):
            name, code, role = found.groups()
            role = next((one for one in Role if one.label == role), "")
            posts = posts.filter(person__name=name, role=role)
            posts = [post for post in posts if post.place.code == code]
        else:
            posts = posts.filter(person__name=text)
        persons = {post.person_id: post for post in posts}
        if len(persons) == 1:
            return next(iter(persons.values()))
        if persons:
            names = "、".join(spelled(post) for post in list(persons.values())[:3])
            raise ValidationError(f"“{text}”对应几个人：{names}。请从列表中选择。")
        raise ValidationError(f"您的辖区内没有在岗人员“{text}”，请从列表中选择。")


# --- where something is set up --------------------------------------------------------


class PlaceForm(forms.Form):
    """A grid, or a whole city for those who may set up something there."""

    grid = GridField(label="网格", required=False)
    city = forms.ModelChoiceField(
        City.objects.none(),
        label="地市",
        required=False,
        help_text="只在设于全市时选择，例如支队、市指挥中心；与网格二者取一。",
    )

    def __init__(self, *args, grids, cities, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)
        offer(self.fields["city"], cities)
        if not cities:
            del self.fields["city"]
            self.fields["grid"].required = True

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        grid, city = cleaned.pop("grid"), cleaned.pop("city", None)
        if bool(grid) == bool(city):
            raise ValidationError("请选择一个网格或者一个地市，二者取一。")
        cleaned["place"] = grid or city
        return cleaned


# --- offices --------------------------------------------------------------------------


def day_field(label: str, **kwargs) -> forms.DateField:
    kwargs.setdefault("initial", timezone.localdate)
    return forms.DateField(label=label, widget=DayInput, **kwargs)


class OfficeFacts(forms.Form):
    """What `services.offices.FIELDS` are."""

    name = forms.CharField(label="机构名称", max_length=80)
    address = forms.CharField(label="地址", max_length=200, required=False)
    phone = forms.CharField(label="办公电话", max_length=40, required=False)
    hours = forms.CharField(
        label="开放时间",
        max_length=100,
        required=False,
        help_text="投诉举报点写明何时受理，例如：工作日 9:00—17:00。",
    )
    square_metres = forms.DecimalField(
        label="用房面积（平方米）",
        max_digits=8,
        decimal_places=2,
        min_value=0,
        required=False,
    )
    premises = forms.CharField(
        label="用房说明",
        max_length=200,
        required=False,
        help_text="例如：街道办事处二楼，由街道提供。",
    )
    opened_on = day_field("成立日期")
    networked_on = day_field("联网日期", required=False, initial=None)


class OfficeForm(PlaceForm, OfficeFacts):
    """A new office on a grid or of a city."""

    kind = forms.ChoiceField(label="类型", choices=Office.Kind.choices)

    field_order = ["grid", "city", "kind"]


class ClosingForm(forms.Form):
    """From which day an office or a group is no more."""

    closed_on = day_field("撤销日期")


class EndForm(forms.Form):
    """From which day a leader, a member, a thing or a version is no more."""

    until = day_field("日期")

    def __init__(self, *args, label: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["until"].label = label


class SomebodyForm(forms.Form):
    """A person on post, or somebody else by name."""

    person = PostField(label="在岗人员", required=False)
    name = forms.CharField(
        label="其他人员姓名",
        max_length=60,
        required=False,
        help_text="不在岗位上的人员（例如街道科长）填写姓名。",
    )

    def __init__(self, *args, posts, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["person"], posts)

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        post = cleaned["person"]
        if bool(post) == bool(cleaned["name"]):
            raise ValidationError("请选择一名在岗人员，或者填写其他人员的姓名。")
        cleaned["person"] = post.person if post else None
        return cleaned


class LeaderForm(SomebodyForm):
    """Who leads an office, by whose appointment."""

    phone = forms.CharField(
        label="其他人员电话",
        max_length=40,
        required=False,
        help_text="显示时隐去中间四位。",
    )
    title = forms.CharField(label="职务", max_length=60)
    appointed_by = forms.CharField(label="任命单位", max_length=80)
    appointed_on = day_field("任命日期")
    document_number = forms.CharField(label="任命文号", max_length=60, required=False)
    since = day_field("任职日期", help_text="前任负责人到这一天离任。")


class AssetForm(forms.Form):
    """A piece of equipment or a vehicle."""

    kind = forms.ChoiceField(label="类别", choices=OfficeAsset.Kind.choices)
    name = forms.CharField(label="名称、型号", max_length=80)
    identifier = forms.CharField(label="编号、号牌", max_length=40, required=False)
    quantity = forms.IntegerField(label="数量", min_value=1, max_value=9999, initial=1)
    since = day_field("配备日期")


# --- leading groups -------------------------------------------------------------------


class GroupFacts(forms.Form):
    name = forms.CharField(label="名称", max_length=80)
    document_number = forms.CharField(label="成立文号", max_length=60, required=False)
    office_at = forms.CharField(
        label="办公室设在",
        max_length=80,
        required=False,
        help_text="例如：区人力资源和社会保障局。",
    )


class GroupForm(PlaceForm, GroupFacts):
    """A new leading group of a grid or of a city."""

    opened_on = day_field("成立日期")

    field_order = ["grid", "city", "name"]


class MemberForm(SomebodyForm):
    """Who sits in a leading group, and as what."""

    post = forms.CharField(
        label="单位和职务", max_length=100, help_text="例如：区财政局副局长。"
    )
    part = forms.TypedChoiceField(
        label="组内职务", choices=GroupMember.Part.choices, coerce=int
    )
    since = day_field("任职日期")


# --- duties ---------------------------------------------------------------------------


class DutyForm(forms.Form):
    """The words of a district for the duties of a role, from a day on."""

    text = forms.CharField(
        label="职责",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": "12"}),
        help_text="每条一行；上墙海报按这些条目排版。",
    )
    since = day_field("施行日期", help_text="上一版到这一天停止。")


# --- the directory --------------------------------------------------------------------


class DirectoryForm(forms.Form):
    """Which part of the directory, with which words."""

    of = forms.ChoiceField(
        label="内容", choices=[(part.key, part.label) for part in PARTS], required=False
    )
    q = forms.CharField(label="姓名、机构或网格", max_length=60, required=False)

    @property
    def part(self) -> Part:
        self.is_valid()
        asked = self.cleaned_data.get("of")
        return next((part for part in PARTS if part.key == asked), PARTS[0])

    @property
    def words(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("q", "")


class RevealNumbersForm(forms.Form):
    """Why somebody needs telephone numbers in full, and in which form."""

    reason = forms.CharField(label="事由", max_length=200)
    form = forms.ChoiceField(
        label="方式",
        choices=[("page", "网页（可打印）"), ("xlsx", "Excel 文件")],
        initial="page",
    )
