"""Forms over the rows of a policy: the annotations of a row are its fields."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date
from typing import Any, get_type_hints

from django import forms

from grids.forms import DayInput
from grids.models import Grid, PolicyClause
from grids.policy import (
    COLOURS,
    FACTS,
    INDICATORS,
    INSPECTION_KINDS,
    NUMBERS,
    PERSON_KINDS,
    TERMS,
    UNITS,
    PolicyValues,
)
from grids.policy.values import TABLES

# The sections of a plan, in the order of the page.
TITLES = {
    "head": "基本情况",
    "clause": "条款",
    "label": "名称",
    "level": "网格级别",
    "quota": "人员配备",
    "phase": "阶段",
    "target": "目标",
    "milestone": "节点",
    "number": "其他数值",
    "share": "分担",
    "expected": "应有数",
    "checklist": "清单",
    "item": "清单项目",
    "branch": "分档",
    "grade_scheme": "等级评价办法",
    "grade": "信用等级",
    "grade_criterion": "评价标准",
    "key_ground": "重点监管情形",
    "warning": "预警规则",
    "warning_sign": "预警指标",
    "inspection_cap": "检查频次上限",
    "inspection_exemption": "不计入频次的情形",
}
LABELS = {
    "id": "编号",
    "version": "版本号",
    "title": "名称",
    "province": "省份",
    "document_number": "文号",
    "issuer": "发文机关",
    "issued_on": "发文日期",
    "effective_from": "施行日期",
    "effective_is_certain": "施行日期已核实",
    "covers": "适用范围",
    "kind": "类别",
    "quote": "原文",
    "meaning": "含义",
    "by": "由谁承担",
    "term": "词语",
    "text": "本方案称为",
    "clause": "条款",
    "number": "序号",
    "name": "名称",
    "kinds": "网格类型",
    "organisation": "设立的机构",
    "assumed": "推定",
    "note": "说明",
    "role": "人员",
    "min": "最少人数",
    "max": "最多人数",
    "indexed": "按配置指数",
    "any_of": "可由这些人员互相替代",
    "on": "截止日期",
    "months": "月数",
    "days": "天数",
    "phase": "阶段",
    "indicator": "指标",
    "threshold": "目标值（0 至 1）",
    "person_kind": "人员（限配备率）",
    "key": "事项",
    "value": "数值",
    "unit": "单位",
    "source": "来源",
    "of": "分担事项",
    "party": "承担方",
    "percent": "百分比",
    "what": "数的是什么",
    "count": "应有数",
    "items": "内容（每行一项）",
    "outcome": "结果",
    "words": "原文用语",
    "counting": "计算方法",
    "at_least": "不少于",
    "at_most": "不多于",
    "use": "用途",
    "pass_points": "合格分",
    "proportional": "未达标的按比例给分",
    "since": "自此日起适用",
    "checklist": "清单",
    "points": "分值",
    "group": "分组",
    "ask": "查验内容（由指标计算的不填）",
    "scheme": "等级评价办法",
    "valid_months": "有效期（月）",
    "example": "仅作示例",
    "min_points": "最低分",
    "visits_max": "每年日常检查上限（次）",
    "interview": "约谈负责人",
    "is_key": "作为重点对象",
    "published": "可以公布",
    "consequence": "监管措施",
    "fact": "依据的事实",
    "grade": "等级",
    "each": "每次扣分",
    "most": "最多扣分",
    "secret": "依据涉及举报投诉，不公开",
    "counts": "计入的检查",
    "clears": "怎样解除",
    "task_from": "自此级起派核实任务",
    "task_days": "核实期限（天）",
    "together": "几项预警叠加",
    "colour": "叠加时的级别",
    "warning": "预警规则",
    "yellow": "黄色界限",
    "orange": "橙色界限",
    "red": "红色界限",
}
# What a form doesn't show stays as it is in the row.
KEPT = {
    "clause": {"measure", "page", "planned"},
    "item": {"measure"},
    "milestone": {"measure"},
}
HEAD_FIELDS = (
    "id",
    "version",
    "title",
    "province",
    "document_number",
    "issuer",
    "issued_on",
    "effective_from",
    "effective_is_certain",
    "covers",
    "note",
)
LONG = {"quote", "meaning", "note", "words", "ask", "clears"}
CHOICES: dict[tuple[str, str], Any] = {
    ("clause", "kind"): PolicyClause.Kind.choices,
    ("label", "term"): TERMS.items(),
    ("quota", "role"): PERSON_KINDS.items(),
    ("target", "person_kind"): PERSON_KINDS.items(),
    ("target", "indicator"): INDICATORS.items(),
    ("number", "key"): NUMBERS.items(),
    ("number", "unit"): UNITS.items(),
    ("branch", "unit"): UNITS.items(),
    ("checklist", "use"): [("steps", "工作组织步骤"), ("acceptance", "验收评分")],
    ("grade_criterion", "fact"): FACTS.items(),
    ("key_ground", "fact"): FACTS.items(),
    ("warning_sign", "fact"): FACTS.items(),
    ("warning", "task_from"): COLOURS.items(),
    ("warning", "colour"): COLOURS.items(),
    ("head", "covers"): [("district", "区县"), ("city", "全市")],
    ("branch", "counting"): [
        ("in_a_row", "连续"),
        ("in_a_year", "一年累计"),
        ("spot_checks", "抽查"),
        ("open", "未写明"),
    ],
}
SETS = {
    "kinds": Grid.Kind.choices,
    "any_of": PERSON_KINDS,
    "by": PERSON_KINDS,
    "counts": INSPECTION_KINDS,
}


class Lines(forms.CharField):
    """Several entries, each in a line of its own: an entry may contain any sign."""

    widget = forms.Textarea({"rows": 4})

    def to_python(self, value):
        text = super().to_python(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def has_changed(self, initial, data):
        return self.to_python(data) != list(initial or ())

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list | tuple) else value


class RowForm(forms.Form):
    """One row of a section. `kept` is what the form doesn't show."""

    at = forms.IntegerField(widget=forms.HiddenInput, required=False)
    defaults: Mapping[str, Any] = {}

    def as_row(self, old: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the row as its JSON, without what equals the default."""
        row = dict(old or {})
        for name, value in self.cleaned_data.items():
            if name in ("at", "DELETE"):
                continue
            plain = value.isoformat() if isinstance(value, date) else value
            if plain in (None, "", []) or plain == self.defaults.get(name, MISSING):
                row.pop(name, None)
            else:
                row[name] = plain
        return row


def head_form(values: PolicyValues) -> type[RowForm]:
    """Return the form of what stands before the tables."""
    return _form("head", PolicyValues, values, only=HEAD_FIELDS)


def formset(table: str, values: PolicyValues) -> type[forms.BaseFormSet]:
    """Return the forms of a section: its rows, and two more."""
    row_form = _form(table, TABLES[table][1], values)
    return forms.formset_factory(row_form, extra=2, can_delete=True, max_num=1000)


def initial_rows(document: Mapping[str, Any], table: str) -> list[dict[str, Any]]:
    """Return the rows of a section for its forms."""
    rows = document.get(table, [])
    return [{**row, "at": at} for at, row in enumerate(rows)]


def _form(
    table: str, row_type: type, values: PolicyValues, only: tuple[str, ...] = ()
) -> type[RowForm]:
    hints = get_type_hints(row_type)
    ordered = sorted(fields(row_type), key=lambda one: one.kw_only is True)
    chosen = [  # where a row stands comes last
        field
        for field in ordered
        if (not only or field.name in only) and field.name not in KEPT.get(table, ())
    ]
    made: dict[str, Any] = {
        field.name: _field(table, field, hints[field.name], values) for field in chosen
    }
    made["defaults"] = {
        field.name: field.default for field in chosen if field.default is not MISSING
    }
    return type("SectionForm", (RowForm,), made)


def _field(table: str, field: Field, hint: Any, values: PolicyValues) -> forms.Field:
    name = field.name
    made: forms.Field
    given: dict[str, Any] = {
        "label": LABELS.get(name, name),
        "required": field.default is MISSING and hint is not bool,
    }
    if choices := _choices(table, name, values):
        blank = [("", "—")]
        made = forms.TypedChoiceField(
            choices=blank + list(choices),
            coerce=int if hint is int else str,
            empty_value="",
            **given,
        )
    elif hint == tuple[str, ...]:
        made = _several(name, given)
    elif hint is bool:
        made = forms.BooleanField(**given | {"required": False})
    elif hint in (int, int | None):
        made = forms.IntegerField(min_value=0, **given)
    elif hint is float:
        made = forms.FloatField(min_value=0, max_value=1, **given)
    elif hint in (date, date | None):
        made = forms.DateField(widget=DayInput, **given)
    elif name in LONG:
        made = forms.CharField(widget=forms.Textarea({"rows": 2}), **given)
    else:
        made = forms.CharField(max_length=200, **given)
    return made


def _several(name: str, given: dict[str, Any]) -> forms.Field:
    if name not in SETS:
        return Lines(**given)
    known = SETS[name]
    choices: Any = list(known.items()) if isinstance(known, dict) else known
    return forms.MultipleChoiceField(
        choices=choices, widget=forms.CheckboxSelectMultiple, **given
    )


def _choices(table: str, name: str, values: PolicyValues) -> list[tuple[Any, str]]:
    if name == "clause":
        return [(one.id, f"{one.id} {one.meaning[:20]}") for one in values.clauses]
    if (table, name) == ("item", "checklist"):
        return [(one.key, one.name) for one in values.checklists if one.use]
    if name == "scheme":
        return [(one.key, one.name) for one in values.grade_schemes]
    if (table, name) == ("target", "phase"):
        return [(one.number, one.name) for one in values.phases]
    return list(CHOICES.get((table, name), ()))


class CloneForm(forms.Form):
    """What the new plan is called."""

    slug = forms.SlugField(
        label="政策编号",
        max_length=40,
        help_text="小写字母、数字和连字符。沿用原编号则成为下一版。",
    )
    title = forms.CharField(label="名称", max_length=200)


class UploadForm(forms.Form):
    """A TOML file of a plan."""

    file = forms.FileField(
        label="政策文件",
        widget=forms.ClearableFileInput({"accept": ".toml"}),
        help_text="写法与系统随附的方案文件相同，UTF-8 编码，最大 1 MB。"
        "上传后先成为草稿，核对后再发布。",
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > 1024 * 1024:
            raise forms.ValidationError("文件超过 1 MB，请核对是否选错了文件。")
        return file


class EndForm(forms.Form):
    """The first day on which the plan no longer holds."""

    until = forms.DateField(
        label="自此日起不再适用",
        widget=DayInput,
        help_text="这一天及以后没有施行的方案，除非另行采用。",
    )


class EditionForm(forms.Form):
    """The edition of a draft that somebody looked at."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
