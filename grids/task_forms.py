"""What a person may type about work plans and tasks."""

from django import forms
from django.utils import timezone

from gridinspect.accounts.roles import POSTED_STAFF, Permission, roles_with
from gridinspect.documents.forms import EvidenceField
from grids.forms import DayInput, GridField, offer
from grids.models import Grid, WorkPlan
from grids.office_forms import PostField

LONG = {"rows": "4"}


def due_field(**kwargs) -> forms.DateField:
    return forms.DateField(
        label="完成期限",
        widget=DayInput,
        help_text="这一天之内完成都算按期。",
        **kwargs,
    )


class PlanFacts(forms.Form):
    """Title, period and content of a work plan."""

    title = forms.CharField(label="计划名称", max_length=100)
    begins_on = forms.DateField(
        label="开始日期", widget=DayInput, initial=timezone.localdate
    )
    ends_on = forms.DateField(
        label="结束日期", widget=DayInput, help_text="计划期的最后一天。"
    )
    content = forms.CharField(
        label="工作内容", max_length=5000, widget=forms.Textarea(attrs={"rows": "8"})
    )


class PlanForm(PlanFacts):
    """A new plan of a grid."""

    grid = GridField(label="网格")

    field_order = ["grid", "title"]

    def __init__(self, *args, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)


class TaskFacts(forms.Form):
    """What is to be done, by whom and by when."""

    title = forms.CharField(label="任务", max_length=100)
    detail = forms.CharField(
        label="要求",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs=LONG),
    )
    assignee = PostField(
        label="承办人",
        required=False,
        help_text="输入姓名后从列表选择；留空时由该网格在岗的人办理。",
    )
    due_on = due_field()

    def __init__(self, *args, posts, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["assignee"], posts)

    def clean_assignee(self):
        post = self.cleaned_data["assignee"]
        return post.person if post else None


class TaskForm(TaskFacts):
    """A new task in a grid, by itself or of a plan."""

    grid = GridField(label="网格")
    plan = forms.ModelChoiceField(
        WorkPlan.objects.none(),
        label="所属计划",
        required=False,
        empty_label="不属于计划",
    )

    field_order = ["grid", "plan", "title", "detail", "assignee", "due_on"]

    def __init__(self, *args, grids, plans, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)
        offer(self.fields["plan"], plans)


class ManyTasksForm(forms.Form):
    """The same task for everybody on post in a place, or for each of its grids."""

    PEOPLE, GRIDS = "people", "grids"

    grid = GridField(label="范围", help_text="包括这个网格和它的全部下级网格。")
    to = forms.ChoiceField(
        label="安排给",
        choices=[
            (PEOPLE, "在岗的每一个人"),
            (GRIDS, "每一个网格，由在岗的人办理"),
        ],
        widget=forms.RadioSelect,
        initial=PEOPLE,
    )
    roles = forms.MultipleChoiceField(
        label="岗位",
        choices=[(role.value, role.label) for role in POSTED_STAFF],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="不选为全部岗位。",
    )
    kinds = forms.MultipleChoiceField(
        label="网格类型",
        choices=Grid.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="不选为全部类型。",
    )
    plan = forms.ModelChoiceField(
        WorkPlan.objects.none(),
        label="所属计划",
        required=False,
        empty_label="不属于计划",
    )
    title = forms.CharField(label="任务", max_length=100)
    detail = forms.CharField(
        label="要求",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs=LONG),
    )
    due_on = due_field()

    def __init__(self, *args, grids, plans, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self.fields["grid"], grids)
        offer(self.fields["plan"], plans)


class FinishForm(forms.Form):
    """How a task went."""

    result = forms.CharField(
        label="完成情况", max_length=2000, widget=forms.Textarea(attrs=LONG)
    )
    evidence = EvidenceField(
        label="照片或扫描件",
        required=False,
        help_text="JPG、PNG 或 PDF，20 MB 以内，没有可不传。",
    )


class ReturnForm(forms.Form):
    """Why a result is sent back, and by when it is to be done again."""

    reason = forms.CharField(label="退回理由", max_length=200)
    due_on = due_field()


class CancelForm(forms.Form):
    """Why a task need not be done any more."""

    reason = forms.CharField(label="取消理由", max_length=200)


def workers(posts):
    """Keep the posts of persons who can be given tasks."""
    return posts.filter(role__in=roles_with(Permission.TASK_DO))
