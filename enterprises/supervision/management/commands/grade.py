from dataclasses import asdict

from django.core.management.base import CommandError
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.supervision.services import grading, replaying
from enterprises.supervision.services.schemes import (
    every_scheme,
    scheme_at,
    scheme_named,
)
from grids.commands import PlainCommand, grid_by_code


class Command(PlainCommand):
    help = "等级试算和回放：按任一评价办法重算一个区县一个年度的等级，只输出，不保存。"

    def add_arguments(self, parser):
        parser.add_argument("--district", metavar="CODE", required=True)
        parser.add_argument("--year", metavar="Y", type=int, required=True)
        parser.add_argument(
            "--scheme", metavar="ID", help="评价办法，如 national-2017@2，默认适用办法"
        )
        parser.add_argument(
            "--anew", action="store_true", help="按现在的登记取数，不用保存的事实"
        )
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def handle(self, *, district, year, scheme, anew, json, **options):
        place = grid_by_code(district)
        if place.parent_id is not None:
            raise CommandError(f"{place} 不是区县，请写区县的编码。", returncode=2)
        if not grading.FIRST_YEAR <= year <= timezone.localdate().year:
            raise CommandError(
                f"年度 {year} 无法评定，请写已有数据的年度。", returncode=2
            )
        chosen = self.scheme(scheme, place)
        found = replaying.replay(place, year, chosen, anew=anew)
        if json:
            self.print_json(self.document(found))
            return
        counts = "，".join(f"{key}级 {count} 户" for key, count in found.counts.items())
        self.stdout.write(
            f"{place} {year} 年度，{chosen.name}：{counts}；"
            f"与已批准的等级不同 {len(found.different)} 户。"
        )

    def scheme(self, name, place):
        if name is None:
            found = scheme_at(place, timezone.localdate())
            if found is None:
                raise CommandError(
                    f"{place} 没有适用的评价办法，请先运行 load_policies。",
                    returncode=2,
                )
            return found
        found = scheme_named(name)
        if found is None:
            known = "、".join(one.id for one in every_scheme())
            raise CommandError(
                f"没有评价办法 {name}。已载入：{known or '无'}。", returncode=2
            )
        return found

    def document(self, found):
        names = Enterprise.objects.in_bulk(list(found.proposals))
        return {
            "district": found.district.code,
            "year": found.year,
            "scheme": found.scheme.id,
            "policy": found.scheme.policy.slug,
            "facts": "kept" if found.from_kept else "registers",
            "counts": found.counts,
            "different": len(found.different),
            "units": [
                {
                    "unit": pk,
                    "name": names[pk].name,
                    "grade": one.grade,
                    "points": one.points,
                    "standing": found.standing.get(pk),
                    "decided": [asdict(reason) for reason in one.decided],
                    "unknown": list(one.unknown),
                }
                for pk, one in sorted(found.proposals.items())
            ],
        }
