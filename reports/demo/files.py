"""What the files of a district hold beside the basics: contacts, papers, changes."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from enterprises.models import Enterprise, Material, PaperPlace
from enterprises.services.files import change_enterprise
from gridinspect.accounts.models import User
from grids.models import Grid
from reports.demo.people import People

FILES = 160  # units whose file says more
PAPERS = 60  # of these with documents and a place of the paper
CHANGED = 12  # of these with a change in the file
_PAPERS = [
    ("licence", "营业执照（副本）复印件", "市场监督管理局", 1),
    ("survey", "用人单位调查登记表签字页", "", 4),
    ("contract", "劳动合同样本", "", 6),
    ("wages", "上月工资表和考勤表", "", 3),
    ("insurance", "社会保险缴费凭证", "社会保险经办机构", 2),
]


def build_files(district: Grid, *, today: date, by: User) -> int:
    """Fill in the files of some units; return how many documents they hold."""
    dice = random.Random(f"{district.code}files")
    people = People(dice.randrange(10**9))
    found = Enterprise.objects.filter(district=district).known()
    units = list(found.select_related("grid").order_by("pk")[:FILES])
    for number, unit in enumerate(units):
        manager, _ = people.make()
        unit.labour_manager = manager.name
        unit.labour_phone = f"1990002{dice.randrange(10**4):04}"
        unit.legal_phone = f"1990003{dice.randrange(10**4):04}"
        unit.registered_capital = dice.choice([10, 50, 100, 200, 500, 1000])
        unit.is_legal_person = unit.unit_kind == Enterprise.UnitKind.COMPANY
        unit.is_branch = False
        unit.insurance_number = f"4101{dice.randrange(10**8):08}"
        unit.contact_email = f"hr{number}@example.com"
    Enterprise.objects.bulk_update(
        units,
        [
            "labour_manager",
            "labour_phone",
            "legal_phone",
            "registered_capital",
            "is_legal_person",
            "is_branch",
            "insurance_number",
            "contact_email",
        ],
    )
    _places(units[:PAPERS], dice, today, by)
    for unit in units[:CHANGED]:
        change_enterprise(
            enterprise=unit,
            edition=unit.edition,
            by=by,
            registrar="二七区市场监督管理局",
            postcode="450052",
        )
    return _documents(units[:PAPERS], dice, today, by)


def _places(
    units: Sequence[Enterprise], dice: random.Random, today: date, by: User
) -> None:
    places = [
        PaperPlace(
            enterprise=unit,
            district_id=unit.district_id,
            cabinet=str(number // 20 + 1),
            box=str(number // 5 + 1),
            number=f"{number + 1:03}",
            moved_on=today - timedelta(days=dice.randrange(20, 300)),
            reason="建档入柜",
            moved_by=by,
        )
        for number, unit in enumerate(units)
    ]
    PaperPlace.objects.bulk_create(places)
    for unit, place in zip(units, places, strict=True):
        unit.paper_file_place = str(place)
    Enterprise.objects.bulk_update(units, ["paper_file_place"])


def _documents(
    units: Sequence[Enterprise], dice: random.Random, today: date, by: User
) -> int:
    documents = [
        Material(
            enterprise=unit,
            district_id=unit.district_id,
            number=number,
            kind=kind,
            title=title,
            author=author or unit.name[:100],
            dated_on=today - timedelta(days=dice.randrange(5, 200)),
            pages=pages,
            recorded_by=by,
        )
        for unit in units
        for number, (kind, title, author, pages) in enumerate(
            _PAPERS[: dice.randrange(2, len(_PAPERS) + 1)], 1
        )
    ]
    return len(Material.objects.bulk_create(documents))
