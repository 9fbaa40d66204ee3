"""The pages that find, change, hand over and merge units."""

from enterprises.services.bulk import start_act
from enterprises.services.handover import propose_handover
from enterprises.services.merging import merge_files
from enterprises.services.status import propose_status
from gridinspect.accounts.models import User
from gridinspect.ui.services import save_filter
from tests.factories import TODAY, make_city, make_district, make_enterprise
from tests.pages import Pages


def make(has):
    """Add one of each to a district: a proposal, a hand-over, a merger, a bulk act."""
    by = User.objects.system()
    has.status_proposal = propose_status(
        unit=has.unit,
        status="not_found",
        on=TODAY(),
        reason=f"{has.word}门口无人",
        by=by,
    )
    going = make_enterprise(f"{has.word}移交有限公司", grid=has.grid)
    has.handover = propose_handover(
        unit=going,
        to_district=make_district("远县", city=make_city("远市", code="419800")),
        on=TODAY(),
        reason=f"{has.word}搬迁",
        by=by,
    )
    twin = make_enterprise(f"{has.word}孪生店", grid=has.grid)
    double = make_enterprise(f"{has.word}孪生店二", grid=has.grid)
    has.merger = merge_files(
        kept=twin, merged=double, take=set(), reason=f"{has.word}核对证照", by=by
    )
    has.twins = [
        make_enterprise(f"{has.word}同名店", grid=has.grid, since=TODAY()).pk
        for _ in range(2)
    ]
    has.bulk_act = start_act(
        kind="status",
        district=has.district,
        units=[(has.twins[0], 1)],
        given={"status": "suspended", "since": str(TODAY()), "reason": "停业"},
        title=f"{has.word}停业",
        by=by,
    )
    has.saved_filter = save_filter(
        list_name="enterprises",
        title=f"{has.word}常用",
        query="status=known",
        shared_path="",
        by=by,
    )


PAGES = Pages(
    keyless={
        "enterprises:bulk-acts": [],
        "enterprises:bulk-grid": [],
        "enterprises:bulk-status": [],
        "enterprises:bulk-tasks": [],
        "enterprises:duplicates": [],
        "enterprises:handovers": [],
        "enterprises:mergers": [],
        "enterprises:proposals": [],
        "enterprises:proposals-decide": [],
    },
    variants=[
        ("enterprises:bulk-grid", [], "all=1"),
        ("enterprises:bulk-status", [], "all=1"),
        ("enterprises:bulk-tasks", [], "all=1"),
        ("enterprises:list", [], "q=人民路12号"),
        ("enterprises:proposals", [], "state=all"),
        ("enterprises:proposals-decide", [], "all=1"),
    ],
    searches=[
        ("enterprises:handovers", "name={w}"),
        ("enterprises:proposals", "name={w}"),
    ],
    by_place=["enterprises:proposals", "enterprises:proposals-decide"],
    scoped={
        "enterprises:apart": lambda has: has.twins,
        "enterprises:bulk-act": lambda has: [has.bulk_act.pk],
        "enterprises:bulk-undo": lambda has: [has.bulk_act.pk],
        "enterprises:handover": lambda has: [has.handover.pk],
        "enterprises:handover-accept": lambda has: [has.handover.pk],
        "enterprises:handover-add": lambda has: [has.unit.pk],
        "enterprises:handover-return": lambda has: [has.handover.pk],
        "enterprises:handover-withdraw": lambda has: [has.handover.pk],
        "enterprises:merge": lambda has: has.twins,
        "enterprises:merger": lambda has: [has.merger.pk],
        "enterprises:separate": lambda has: [has.merger.pk],
        "enterprises:status": lambda has: [has.unit.pk],
        "enterprises:status-undo": lambda has: [has.unit.pk],
    },
    owned={"ui:filter-forget": lambda has: [has.saved_filter.pk]},
    post_only={
        "ui:filter-forget",
        "enterprises:apart",
        "enterprises:bulk-undo",
        "enterprises:handover-withdraw",
        "enterprises:separate",
        "enterprises:status-undo",
    },
    make=make,
)
