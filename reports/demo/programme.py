"""How the programme goes on in three demonstration districts, by the services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile

from gridinspect.accounts.models import User
from gridinspect.documents import pdf
from grids.models import Grid
from grids.services.policies import policy_on
from reports.models import Assessment, Finding
from reports.programme import services
from reports.programme.boards import board_of, followed_by
from reports.programme.services import Asked

MET, PARTLY, NOT_MET = Finding.Result.MET, Finding.Result.PARTLY, Finding.Result.NOT_MET
KINDS = Assessment.Kind


@dataclass(frozen=True)
class Reporter:
    """Who says it, of which district, under its policy on the day of the demo."""

    district: Grid
    by: User
    today: date

    def below(self, *kinds: str) -> list[Grid]:
        """Return the grids of these kinds, in the order of codes."""
        rows = Grid.objects.within(self.district).filter(kind__in=kinds)
        return list(rows.select_related("parent", "city", "district").order_by("code"))

    def milestone(self, key: str, grids: Sequence[Grid], on: date, signer: str) -> None:
        policy = policy_on(self.district, self.today)
        milestone = policy.values.milestone(key) if policy else None
        if policy is None or milestone is None or not grids:
            return
        asked = Asked(policy.policy.slug, Finding.MILESTONES, key, milestone.name)
        self._report(asked, grids, MET, on, signer)

    def item(
        self,
        topic: str,
        key: str,
        grids: Sequence[Grid],
        result: str,
        on: date,
        signer: str,
        *,
        points: str = "",
        remark: str = "",
    ) -> None:
        policy = policy_on(self.district, self.today)
        for followed in followed_by(policy.values, self.today) if policy else ():
            for item in followed.items:
                if (item.checklist, item.key) != (topic, key):
                    continue
                asked = Asked(
                    followed.slug,
                    topic,
                    key,
                    item.name,
                    item.points,
                    followed.checklist.proportional,
                )
                self._report(
                    asked,
                    grids,
                    result,
                    on,
                    signer,
                    points=Decimal(points) if points else None,
                    remark=remark,
                )

    def _report(
        self,
        asked: Asked,
        grids: Sequence[Grid],
        result: str,
        on: date,
        signer: str,
        *,
        points: Decimal | None = None,
        remark: str = "",
    ) -> None:
        services.report_findings(
            grids=grids,
            asked=asked,
            result=result,
            points=points,
            on=on,
            signer=signer,
            remark=remark,
            upload=_paper(asked.name) if len(grids) == 1 else None,
            place=self.district,
            by=self.by,
        )


def build_programme(*, today: date) -> None:
    """Report and assess in 惠济, the 沈阳 district and 广陵."""
    _huiji(_reporter("410108", "hj_bureau", today))
    _sydemo(_reporter("SYDEMO", "sy_bureau", today))
    _guangling(_reporter("321002", "gl_bureau", today))


def _reporter(code: str, username: str, today: date) -> Reporter:
    district = Grid.objects.select_related("city", "district").get(code=code)
    return Reporter(district, _user(username), today)


def _user(username: str) -> User:
    return User.objects.select_related("person").get(username=username)


def _huiji(reporter: Reporter) -> None:
    """Most milestones in time, one late, one at which two streets still are."""
    own, streets = [reporter.district], reporter.below("street", "town")
    stations = reporter.below("community", "village")
    reporter.milestone("command_centre", own, date(2010, 8, 2), "周景行")
    reporter.milestone("squads", streets[:-1], date(2010, 8, 9), "周景行")
    reporter.milestone("squads", streets[-1:], date(2010, 8, 16), "周景行")
    reporter.milestone("network", streets[:-2], date(2010, 8, 15), "周景行")
    reporter.milestone(
        "stations", stations[: len(stations) * 4 // 5], date(2010, 8, 20), "周景行"
    )
    reporter.milestone("grids", own, date(2010, 8, 30), "周景行")
    reporter.milestone("data_entry", own, date(2010, 8, 30), "周景行")
    for key, result in (("bodies", MET), ("money", MET), ("premises", PARTLY)):
        reporter.item("organisation", key, own, result, date(2010, 8, 30), "周景行")
    for key in ("money", "premises"):
        reporter.item(
            "ready", key, [*own, *streets[:5]], MET, date(2026, 3, 12), "周景行"
        )
    street, other = streets[0], streets[1]
    _assess(
        reporter,
        street,
        KINDS.ACCEPTANCE,
        40,
        "资金、场地已到位，人员配备未达到方案要求。",
        remedy="补足专职监察员和协管员，到位后申请复验。",
        days=90,
    )
    _assess(  # its day has passed: it stands on the workbench
        reporter,
        other,
        KINDS.SUPERVISION,
        45,
        "村、社区服务站尚未全部成立。",
        remedy="一个月内补齐尚未成立的服务站，并上报成立文件。",
        days=30,
    )
    inspected = _assess(
        reporter,
        streets[2],
        KINDS.INSPECTION,
        60,
        "网格示意图未上墙。",
        remedy="补做示意图、人员分工和工作职责三块展板。",
        days=20,
    )
    services.note_remedy(
        assessment=inspected,
        on=inspected.on + timedelta(days=12),
        note="三块展板已上墙。",
        upload=None,
        by=reporter.by,
    )
    _letter(reporter, street)


def _sydemo(reporter: Reporter) -> None:
    """The last phases of the 沈阳 plan, and 八到位 of the district and its streets."""
    own, streets = [reporter.district], reporter.below("street")
    start = date(2025, 8, 1)
    reporter.milestone("street_plans", streets[:2], date(2025, 9, 26), "宋临川")
    reporter.milestone("street_plans", streets[2:], date(2025, 10, 13), "宋临川")
    reporter.milestone("division", streets, date(2025, 12, 12), "宋临川")
    for key in ("rules", "areas", "duties"):
        reporter.item("basic_work", key, [*own, *streets], MET, start, "宋临川")
    facts = [
        ("equipment", MET, "办公场地和设备已验收"),
        ("money", MET, "三个街道中队经费已列入预算"),
        ("rules", MET, ""),
        ("uniform", PARTLY, "专职监察员已配发，协管员未配发"),
    ]
    for key, result, remark in facts:
        day = reporter.today - timedelta(days=35)
        reporter.item("eight_in_place", key, own, result, day, "宋临川", remark=remark)
    for street in streets[:2]:
        for key in ("equipment", "money", "rules"):
            day = reporter.today - timedelta(days=50)
            reporter.item("eight_in_place", key, [street], MET, day, "宋临川")
    _assess(reporter, streets[0], KINDS.INSPECTION, 20, "档案和台账齐全。")
    _letter(reporter, streets[0])


def _guangling(reporter: Reporter) -> None:
    """The acceptance of 江苏: reported by the district, checked by the city."""
    own, streets = [reporter.district], reporter.below("street", "town")
    city = Reporter(reporter.district, _user("yz_city"), reporter.today)
    day = reporter.today - timedelta(days=70)
    for key in ("responsibility", "plan", "measures", "rules"):
        reporter.item("requirements", key, own, MET, day, "陶知远")
    topic = "acceptance_7_5"
    reporter.item(topic, "deployment", own, MET, day, "陶知远")
    reporter.item(topic, "money", own, MET, day, "陶知远")
    reporter.item(topic, "rules", own, MET, day, "陶知远")
    reporter.item(
        topic, "conditions", own, PARTLY, day, "陶知远", points="6", remark="自评"
    )
    checked = day + timedelta(days=30)
    city.item(
        topic,
        "conditions",
        own,
        PARTLY,
        checked,
        "顾清和",
        points="5",
        remark="两个街道的服务窗口还没有独立场地",
    )
    for street in streets[:3]:
        reporter.item(topic, "deployment", [street], MET, day, "陶知远")
        reporter.item(topic, "conditions", [street], MET, day, "陶知远")
    _assess(
        city,
        reporter.district,
        KINDS.APPRAISAL,
        15,
        "按年度考核办法考核，基础建设较好，数据维护须加强。",
    )
    _letter(city, reporter.district)


def _assess(
    reporter: Reporter,
    grid: Grid,
    kind: str,
    ago: int,
    findings: str,
    *,
    remedy: str = "",
    days: int = 0,
) -> Assessment:
    on = reporter.today - timedelta(days=ago)
    scored = kind in (KINDS.ACCEPTANCE, KINDS.APPRAISAL)
    return services.assess(
        grid=grid,
        kind=kind,
        on=on,
        assessor="检查组",
        result=Assessment.Result.TO_REMEDY if remedy else Assessment.Result.PASSED,
        findings=findings,
        remedy=remedy,
        remedy_due=on + timedelta(days=days) if remedy else None,
        score=_first_score(grid, on) if scored else None,
        upload=None,
        by=reporter.by,
    )


def _first_score(grid: Grid, on: date):
    board = board_of(grid, on)
    return board.acceptance[0] if board and board.acceptance else None


def _letter(reporter: Reporter, grid: Grid) -> None:
    board = board_of(grid, reporter.today)
    if board and board.phase:
        services.issue_letter(
            grid=grid,
            on=reporter.today,
            year=reporter.today.year,
            phase=board.phase.phase.number,
            by=reporter.by,
        )


def _paper(name: str) -> ContentFile:
    """Return a page that stands for a scanned paper."""
    words: Iterable[str] = ("演示用的依据文件。", f"项目：{name}")
    content = pdf.build([pdf.paragraph(text) for text in words], title=name)
    return ContentFile(content, name=f"{name}.pdf")
