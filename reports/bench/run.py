"""Which measures there are, and taking them one after the other."""

import os
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from reports.bench import figures, imports, pages, papers, trees
from reports.bench.ground import Ground, Sizes, scratch_ground
from reports.bench.measuring import Measured

MEASURES: dict[str, Callable[[Ground], Measured]] = {
    one.__name__: one
    for one in (
        imports.import_first,
        imports.import_again,
        imports.import_100k,
        imports.import_100k_again,
        imports.import_check,
        imports.import_apply,
        imports.import_stock,
        imports.import_million,
        papers.export_100k,
        trees.tree_build,
        trees.tree_writers,
        trees.tree_crowd,
        figures.coverage_full,
        figures.coverage_dirty,
        pages.dashboard_city,
        pages.dashboard_district,
        pages.tree_levels,
        pages.tree_wide,
        pages.tree_search,
        pages.tree_list,
        pages.list_search,
        pages.list_page,
        pages.list_district,
        pages.workbench,
        pages.workbench_city,
        pages.unit_file,
        papers.pdf_1000,
        pages.login,
        papers.deadline,
    )
}


def run(
    names: Iterable[str],
    *,
    sizes: Sizes,
    say: Callable[[str], None],
    keep: bool = False,
) -> dict[str, Any]:
    """Take the named measures in a scratch database; return the document (design 5).

    Raises NoGround.
    """
    with scratch_ground(sizes, keep=keep) as ground:
        measures = []
        for name in names:
            measures.append(MEASURES[name](ground).as_json())
            for line in _lines(measures[-1]):
                say(line)
        machine = _machine(ground)
    return {"machine": machine, "units": sizes.units, "measures": measures}


def _machine(ground: Ground) -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": [round(figure, 1) for figure in os.getloadavg()],
        "python": platform.python_version(),
        "postgresql": ground.clock.plain.server_version // 10_000,
        "system": platform.system(),
        "cpu_seconds_of": "client and server"
        if ground.clock.sees_server
        else "client only",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, platform.machine())


def _lines(measure: dict[str, Any]) -> Iterator[str]:
    ratio = f"{measure['ratio']} 倍" if measure["ratio"] else "—"
    yield (
        f"{measure['name']:<20} {measure['seconds']:>9.4f} 秒  "
        f"p95 {measure['p95_seconds']:>9.4f} 秒  "
        f"CPU {measure['cpu_seconds']:>9.4f} 秒  {measure['queries']:>4} 次查询  "
        f"{measure['peak_mib'] or '—':>5} MiB  底线之 {ratio}"
    )
    for kind, one in measure.get("kinds", {}).items():
        yield (
            f"  {kind:<36} {one['seconds']:>9.4f} 秒  "
            f"p95 {one['p95_seconds']:>9.4f} 秒  "
            f"CPU {one['cpu_seconds']:>9.4f} 秒"
        )
