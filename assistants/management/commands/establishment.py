from assistants.establishment import establishment_of
from grids.commands import PlaceCommand
from grids.policy import PERSON_KINDS


class Command(PlaceCommand):
    help = "人员配备：各级网格数，以及各类岗位的应配、已配、缺员人数。"

    def handle(self, **options):
        place, on = self.place_of(options), self.day_of(options)
        posts = establishment_of(place, on)
        if options["json"]:
            self.print_json(posts.to_json())
            return
        levels = "、".join(f"{level} 级 {n}" for level, n in posts.by_level.items())
        self.stdout.write(f"{place}（{on}）：网格 {len(posts.rows)} 个（{levels}）")
        for kind, total in posts.totals.items():
            required = "未定" if total.required is None else total.required
            missing = "未定" if total.missing is None else total.missing
            self.stdout.write(
                f"  {PERSON_KINDS[kind]}：应配 {required}，已配 {total.filled}，"
                f"缺 {missing}"
            )
