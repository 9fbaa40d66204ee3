"""Made-up things for the style page, so that every building block can be looked at."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from gridinspect.ui.pages import (
    Action,
    Tab,
    TreeNode,
    add_action,
    export_action,
    form_sections,
    import_action,
    open_tab,
    stated,
)
from gridinspect.ui.registry import TimelineEntry, Todo
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html

DAY = date(2026, 3, 2)
KINDS = (("plain", "普通"), ("info", "办理中"), ("ok", "已完成"))
LEVELS = (
    ("info", "蓝色预警"),
    ("notice", "黄色预警"),
    ("warning", "橙色预警"),
    ("danger", "红色预警"),
)


class SpecimenSearch(forms.Form):
    name = forms.CharField(label="单位名称", required=False)
    kind = forms.ChoiceField(
        label="单位类型",
        choices=[("", "全部"), ("firm", "企业"), ("household", "个体工商户")],
        required=False,
    )
    since = forms.DateField(
        label="登记日期自",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class SpecimenForm(forms.Form):
    name = forms.CharField(label="单位名称", help_text="与营业执照一致。")
    code = forms.CharField(label="统一社会信用代码", max_length=18)
    kind = forms.ChoiceField(
        label="单位类型", choices=[("firm", "企业"), ("household", "个体工商户")]
    )
    founded_on = forms.DateField(
        label="成立日期",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    topics = forms.MultipleChoiceField(
        label="检查事项",
        choices=[("contract", "劳动合同"), ("wages", "工资支付"), ("hours", "工时")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    method = forms.ChoiceField(
        label="采集方式",
        choices=[("visit", "上门"), ("phone", "电话")],
        widget=forms.RadioSelect,
    )
    confirmed = forms.BooleanField(label="已核对证照", required=False)
    remark = forms.CharField(label="备注", required=False, widget=forms.Textarea)


COLUMNS = (
    Column("name", "单位名称", link=lambda row: "#table", sort="name"),
    Column("grid", "所属网格"),
    Column("headcount", "职工人数", sort="headcount", numeric=True),
    Column(
        "state", "状态", value=lambda row: badge_html(row["state"], row["state_kind"])
    ),
    Column("known_since", "登记日期", sort="known_since"),
    Column("remark", "备注", hidden=True),
)


def specimens(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the style page."""
    empty = build_table(request, [], COLUMNS, name="style.empty")
    tabs = [
        Tab("survey", "用工调查", [("调查日期", DAY), ("职工人数", 128)], count=1),
        Tab("rosters", "名册", _table(request)),
    ]
    asked = request.GET.get("tab")
    form = SpecimenForm({"code": "914101", "kind": "firm"})
    return {
        "title": "样式示例",
        "crumbs": [("系统管理", ""), ("样式示例", "")],
        "toolbar": _toolbar(),
        "row_action": Action(
            "注销", "#", "x-lg", confirm="注销后不能恢复。", danger=True
        ),
        "kinds": KINDS,
        "levels": LEVELS,
        "search": SpecimenSearch(),
        "table": _table(request),
        "empty_table": empty,
        "empty": "还没有登记用人单位。请新增，或者下载模板填好后导入。",
        "form": form,
        "sections": form_sections(
            form,
            [
                ("基本信息", ["name", "code", "kind", "founded_on"]),
                ("采集情况", ["topics", "method", "confirmed", "remark"]),
            ],
        ),
        "facts": stated(
            [
                ("单位名称", "示例市晨光机械有限公司"),
                ("统一社会信用代码", "91410103MA0AAAA1X9"),
                ("职工人数", 128),
                ("成立日期", date(2010, 7, 26)),
                ("联系电话", "138****1234"),
                ("备注", None),
            ]
        ),
        "tabs": tabs,
        "open_tab": open_tab(next((tab for tab in tabs if tab.key == asked), tabs[0])),
        "timeline": _timeline(),
        "nodes": _tree(),
        "todos": [
            Todo(
                "投诉待受理", 3, "#todos", urgent=True, note="最早一件还剩 1 个工作日"
            ),
            Todo("信息采集到期", 1280, "#todos"),
            Todo("待确认的导入", 0, "#todos"),
        ],
        "today": DAY,
    }


def _toolbar() -> list[Action]:
    return [add_action("#"), import_action("#"), export_action("#")]


def _table(request: HttpRequest):
    states = [("正常", "ok"), ("停业", "plain"), ("逾期未采集", "warning")]
    rows = [
        {
            "name": f"示例市晨光机械配件制造有限公司第{number:02}分公司",
            "grid": f"第{number % 7 + 1}社区",
            "headcount": (number * 389) % 4000 or None,
            "state": states[number % 3][0],
            "state_kind": states[number % 3][1],
            "known_since": DAY - timedelta(days=number * 17),
            "remark": "",
        }
        for number in range(1, 48)
    ]
    return build_table(
        request,
        rows,
        COLUMNS,
        name="style",
        default_sort="-known_since",
        row_actions=lambda row: [Action("修改", "#table"), Action("核实", "#table")],
    )


def _timeline() -> list[TimelineEntry]:
    noon = timezone.make_aware(datetime.combine(DAY, time(12)))
    return [
        TimelineEntry(noon, "登记用工调查", by="张晓", url="#timeline"),
        TimelineEntry(DAY - timedelta(days=40), "由第2社区划入第3社区", by="系统"),
        TimelineEntry(DAY - timedelta(days=90), "建档", by="李明", note="来源：导入"),
    ]


def _tree() -> list[TreeNode]:
    streets = [
        TreeNode(
            "淮河路街道", "#tree", has_children=True, expand_url="#tree", note="7"
        ),
        TreeNode(
            "解放路街道",
            "#tree",
            has_children=True,
            children=[
                TreeNode("第1社区", "#tree", selected=True),
                TreeNode("第2社区", "#tree"),
            ],
        ),
    ]
    return [TreeNode("示例区", "#tree", has_children=True, children=streets)]
