"""What units handed in for the yearly written review (书面审查), as a list."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from enterprises.models import Survey
from enterprises.reviews import rules
from enterprises.reviews.models import Review, ReviewRound
from enterprises.reviews.rules import Material
from enterprises.unit_sheets import UnitSheet
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import Rejected, Setting
from gridinspect.imports.fields import SheetField
from gridinspect.imports.registry import register
from gridinspect.imports.resource import (
    CHANGED,
    SAME,
    Row,
    Written,
    says_the_same,
)
from gridinspect.imports.traces import differing, put_back
from gridinspect.scope import within_paths

LAW = "劳动保障监察条例 第十四条"
OPEN = (Review.State.PENDING, Review.State.DRAFT, Review.State.RETURNED)
WRITTEN = (
    "state", "materials", "lacking", "survey_id", "method", "submitted_on",
    "submitted_by_id", "is_late",
)  # fmt: skip
_SEPARATOR = re.compile(r"[、，,；;\n]+")


def year(raw: Any, setting: Setting) -> int | None:
    """Return the reviewed year: 2025, 2025年, 2025年度."""
    said = cleaning.text(20)(raw, setting)
    if said is None:
        return None
    found = re.fullmatch(r"(\d{4})(?:\.0)?(?:年度?)?", said)
    if not found:
        raise Rejected("year_invalid", "审查年度应为四位年份，如“2025”。")
    return int(found[1])


@register("reviews")
class ReviewList(UnitSheet):
    """书面审查报送: a row says that a unit handed in, when, and what was missing.

    The unit's newest survey form goes with it. What was checked already stays.
    """

    title = "书面审查报送"
    permission = Permission.REVIEW_HANDLE
    identifying = ("name", "uscc", "year")
    derived = {"state": "状态"}

    year = SheetField(
        "审查年度",
        year,
        synonyms=("年度", "书面审查年度", "所属年度", "审查年份"),
        help="只有一个年度在报送时可不填",
        sample="2025",
    )
    submitted_on = SheetField(
        "报送日期",
        cleaning.past_day,
        synonyms=("提交日期", "报送时间", "交表日期", "收件日期", "上报日期"),
        clause=LAW,
        help="还没有报送的不填",
        sample="2026-03-02",
    )
    missing = SheetField(
        "未交材料",
        cleaning.text(1_000),
        synonyms=("缺少材料", "欠缺材料", "缺件", "未报送材料"),
        help="几种之间用顿号分开；不填为全部已交",
    )
    why = SheetField(
        "未交原因", cleaning.text(200), synonyms=("缺件原因", "原因", "未交说明")
    )
    not_needed = SheetField(
        "不适用材料", cleaning.text(1_000), synonyms=("不需要的材料", "不适用")
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        reviews = Review.objects.filter(
            within_paths(request.user.scope_paths(cls.permission), "grid__path"),
            round__state=ReviewRound.State.ANNOUNCED,
        )
        if (asked := request.GET.get("round", "")).isdigit():
            reviews = reviews.filter(round=int(asked))
        for one in reviews.for_list().order_by("enterprise__name", "pk"):
            yield {
                "name": one.enterprise.name,
                "uscc": one.enterprise.uscc,
                "year": one.round.year,
                "submitted_on": one.submitted_on,
                **_said_of(one.materials),
            }

    def check(self, rows: list[Row]) -> None:
        found = self.find_units([row for row in rows if not row.is_rejected])
        units = {row.target.pk for row in found}
        reviews: dict[int, list[Review]] = {}
        for review in Review.objects.filter(
            enterprise__in=units, round__state=ReviewRound.State.ANNOUNCED
        ).select_related("round", "survey"):
            reviews.setdefault(review.enterprise_id, []).append(review)
        surveys = {
            one.enterprise_id: one
            for one in Survey.objects.final()
            .filter(enterprise__in=units)
            .order_by("surveyed_on", "pk")
        }
        for row in found:
            asked = row.values.get("year")
            meant = [
                one
                for one in reviews.get(row.target.pk, [])
                if asked in (None, one.round.year)
            ]
            if len(meant) == 1:
                self._compare(row, meant[0], surveys.get(row.target.pk))
            else:
                self._not_one(row, len(meant))

    def _not_one(self, row: Row, count: int) -> None:
        if count:
            words = f"该单位有{count}个年度的书面审查，请填写审查年度。"
            row.reject("review_ambiguous", words, at="year")
        else:
            words = "该单位不在已公告的书面审查名单中（或年度不符），请核对。"
            row.reject("review_unknown", words, at="year")

    def _compare(self, row: Row, review: Review, survey: Survey | None) -> None:
        values, round = row.values, review.round
        row.record, values["year"] = review.pk, round.year
        if values.get("submitted_on") is None and "submitted_on" in row.columns:
            row.action = SAME
            if not review.is_filed:
                words = "没有填写报送日期，按还没有报送处理。"
                row.warn("not_handed_in", words, at="submitted_on")
            return
        on = values["submitted_on"] = values.get("submitted_on") or self.today
        if review.is_filed and review.submitted_on == on and _unchanged(row, review):
            row.action = SAME
            return
        given = self._materials(row, round)
        if row.is_rejected:
            return
        if review.is_filed and review.state not in OPEN:
            words = f"该单位{review.get_state_display()}，不能再改报送内容。"
            row.reject("review_closed", words, at="submitted_on")
            return
        self._hand_in(row, review, given, survey)

    def _hand_in(
        self, row: Row, review: Review, given: dict[str, Material], survey: Any
    ) -> None:
        round, on = review.round, row.values["submitted_on"]
        if on < round.opens_on:
            words = f"报送从{round.opens_on}开始，报送日期过早。"
            row.reject("review_early", words, at="submitted_on")
            return
        try:
            rules.check_filed(
                round.materials,
                given,
                surveyed_on=survey.surveyed_on if survey else None,
                year=round.year,
            )
        except rules.Refused as fault:
            row.reject("review_incomplete", str(fault), at="missing")
            return
        late = rules.is_late(on, round.closes_on)
        if late:
            words = f"晚于报送截止日期{round.closes_on}，按逾期报送登记。"
            row.warn("review_late", words, at="submitted_on")
        row.action = CHANGED
        row.changes = {
            "state": [review.get_state_display(), Review.State.SUBMITTED.label],
            "submitted_on": [review.submitted_on, on],
        }
        row.before = {name: getattr(review, name) for name in WRITTEN}
        row.made = {
            "state": Review.State.SUBMITTED.value,
            "materials": {name: asdict(one) for name, one in given.items()},
            "lacking": sum(one.said == "missing" for one in given.values()),
            "survey_id": survey.pk,
            "method": Review.Method.DESK.value,
            "submitted_on": on,
            "submitted_by_id": self.by.pk,
            "is_late": late,
        }

    def _materials(self, row: Row, round: ReviewRound) -> dict[str, Material]:
        """Return what is said of each material of the round: given, unless named."""
        given = {name: Material("given") for name in round.materials}
        why = row.values.get("why") or ""
        for field, word in (("missing", "missing"), ("not_needed", "not_needed")):
            for said in filter(None, _SEPARATOR.split(row.values.get(field) or "")):
                alike = [name for name in given if said == name] or [
                    name for name in given if said in name or name in said
                ]
                if len(alike) == 1:
                    given[alike[0]] = Material(word, why if word == "missing" else "")
                else:
                    row.reject(
                        "material_unknown",
                        f"报送材料中没有“{said[:20]}”，应为："
                        f"{'、'.join(round.materials)}。",
                        at=field,
                    )
        return given

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        put_back(Review, {row.record: row.made for row in rows if row.record})
        for row in rows:
            row.before["now"] = row.made
            yield [row.record, row.action, row.number]

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        return differing(Review, {one.record: one.before["now"] for one in written})

    def take_back(self, written: list[Written]) -> None:
        put_back(
            Review,
            {
                one.record: {name: one.before[name] for name in WRITTEN}
                for one in written
            },
        )


def _unchanged(row: Row, review: Review) -> bool:
    """Tell whether a row says of the materials what is noted of them."""
    said = _said_of(review.materials)
    read = {name: row.values.get(name) or "" for name in said}
    return all(read[n] == said[n] or says_the_same(said[n], read[n]) for n in said)


def _said_of(materials: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return what was noted of the materials, as the columns have it."""
    named = {
        word: [name for name, one in materials.items() if one["said"] == word]
        for word in ("missing", "not_needed")
    }
    why = {one["note"] for one in materials.values() if one["said"] == "missing"}
    return {
        "missing": "、".join(named["missing"]),
        "why": "；".join(sorted(why)),
        "not_needed": "、".join(named["not_needed"]),
    }
