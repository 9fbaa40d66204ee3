"""What waits for a bureau: pairs of files, hand-overs, proposals of status."""

import random
from datetime import date, timedelta

from enterprises.models import Enterprise
from enterprises.services.files import register_enterprise
from enterprises.services.handover import propose_handover
from enterprises.services.merging import merge_files
from enterprises.services.pairs import pairs_of
from enterprises.services.status import propose_status, set_status
from gridinspect.accounts.models import User
from gridinspect.ui.services import save_filter
from grids.models import Grid

GIVING, TAKING = "410103", "410108"  # 二七, 惠济
PROPOSED = (
    ("not_found", "原址为空铺，邻居称已搬走，去向不明"),
    ("suspended", "门口贴有停业通知，电话联系属实"),
    ("moved_away", "现场已清空，房东称迁往外地"),
    ("not_found", "登记地址无此门牌"),
)


def build_finding(*, today: date) -> None:
    """Make what the pages of finding, handing over and merging have to show."""
    dice = random.Random(GIVING)
    district = Grid.objects.get(code=GIVING)
    bureau = User.objects.get(username="eq_bureau")
    known = Enterprise.objects.within(district).known().order_by("pk")
    units = dice.sample(list(known.exclude(grid=district)[:400]), 14)
    _proposals(units[:4], today)
    _twins(units[4:9], bureau, today)
    first = pairs_of(district)[0]
    kept, merged = sorted((first.first, first.second), key=lambda unit: not unit.uscc)
    merge_files(
        kept=kept,
        merged=merged,
        take=set(),
        reason="现场核对营业执照，为同一单位",
        by=bureau,
    )
    propose_handover(
        unit=units[9],
        to_district=Grid.objects.get(code=TAKING),
        on=today - timedelta(days=6),
        reason="整体搬迁，已办理住所变更登记",
        address="惠济区英才街18号",
        by=bureau,
    )
    _comes(district, today)
    set_status(
        unit=units[10],
        status=Enterprise.Status.REVOKED,
        since=today - timedelta(days=20),
        reason="行政处罚决定书：吊销营业执照",
        by=bureau,
    )
    save_filter(
        list_name="enterprises",
        title="在册未采集",
        query="status=known&survey=never",
        shared_path=district.path,
        by=bureau,
    )


def _proposals(units: list[Enterprise], today: date) -> None:
    assistant = User.objects.get(username="eq_assistant")
    for days, (unit, (status, reason)) in enumerate(zip(units, PROPOSED, strict=True)):
        day = today - timedelta(days=days + 1)
        propose_status(
            unit=unit,
            status=status,
            on=day,
            reason=reason,
            origin=f"走访 {day}",
            by=assistant,
        )


def _twins(units: list[Enterprise], bureau: User, today: date) -> None:
    """Open a second file for some units, as two clerks did without looking."""
    for number, unit in enumerate(units):
        name = unit.name.replace("郑州", "郑州市") if number % 2 else unit.name
        register_enterprise(
            grid=unit.grid,
            known_since=today - timedelta(days=30 + number),
            by=bureau,
            name=name,
            unit_kind=unit.unit_kind,
            address=unit.address,
            legal_representative=unit.legal_representative if number < 4 else "",
            contact_phone=unit.contact_phone,
            source=Enterprise.Source.VISIT,
        )


def _comes(district: Grid, today: date) -> None:
    """Offer a unit of the neighbouring district."""
    theirs = Enterprise.objects.filter(district__code=TAKING).known().order_by("pk")
    unit = theirs.exclude(grid__code=TAKING)[3]
    propose_handover(
        unit=unit,
        to_district=district,
        on=today - timedelta(days=3),
        reason="租约到期，迁往二七区经营",
        address="二七区大学路66号",
        by=User.objects.get(username="hj_bureau"),
    )
