"""Which part of a poster no longer says what holds today, in words. Pure."""

from collections.abc import Iterable, Iterator, Mapping

Part = Mapping[str, str]
NAMED = 5  # names in one sentence; the others are counted


def changes(old: Mapping[str, Part], new: Mapping[str, Part]) -> list[str]:
    """Return a sentence for each part that differs; none: the poster still holds."""
    none: Part = {}
    return [
        *_title(old.get("title", none), new.get("title", none)),
        *_grids(old.get("grids", none), new.get("grids", none)),
        *_boundaries(old, new),
        *_people(old.get("people", none), new.get("people", none)),
        *_of_persons("电话", "phones", old, new),
        *_of_persons("照片", "photos", old, new),
        *_duties(old.get("duties", none), new.get("duties", none)),
    ]


def _title(old: Part, new: Part) -> Iterator[str]:
    for key, word in (("name", "网格名称"), ("code", "网格编码"), ("above", "上级")):
        if old.get(key) != new.get(key):
            yield f"{word}由“{old.get(key, '')}”改为“{new.get(key, '')}”"


def _grids(old: Part, new: Part) -> Iterator[str]:
    yield from _said("新增下级网格", (new[key] for key in new if key not in old))
    yield from _said(
        "下级网格已停用或移走", (old[key] for key in old if key not in new)
    )
    both = [key for key in old if key in new and old[key] != new[key]]
    yield from _said("下级网格改名改码", (f"{old[key]} → {new[key]}" for key in both))


def _boundaries(before: Mapping[str, Part], after: Mapping[str, Part]) -> Iterator[str]:
    """Tell of boundaries drawn anew; grids that came or went are told of already."""
    old, new = before.get("boundaries", {}), after.get("boundaries", {})
    names = {**before.get("grids", {}), **after.get("grids", {})}
    kept = after.get("grids", {}).keys() & before.get("grids", {}).keys()
    changed = [
        names.get(key, "本网格")
        for key in sorted(old.keys() | new.keys(), key=int)
        if old.get(key) != new.get(key) and (key in kept or key not in names)
    ]
    yield from _said("边界有变动", changed)


def _people(old: Part, new: Part) -> Iterator[str]:
    yield from _said("离岗", (old[key] for key in old if key not in new))
    yield from _said("到岗", (new[key] for key in new if key not in old))
    both = [key for key in old if key in new and old[key] != new[key]]
    yield from _said("人员信息有变动", (f"{old[key]} → {new[key]}" for key in both))


def _of_persons(
    word: str, part: str, before: Mapping[str, Part], after: Mapping[str, Part]
) -> Iterator[str]:
    """Tell whose telephone or photograph is another; who came or left is told of."""
    old, new = before.get(part, {}), after.get(part, {})
    names = {key.split("-")[0]: name for key, name in after.get("people", {}).items()}
    changed = (names.get(key, key) for key in old if new.get(key, old[key]) != old[key])
    yield from _said(f"{word}有变动", changed)


def _duties(old: Part, new: Part) -> Iterator[str]:
    both = [role for role in old if role in new and old[role] != new[role]]
    yield from _said("职责有修改", both)
    yield from _said("新增岗位职责", (role for role in new if role not in old))
    yield from _said("不再有岗位职责", (role for role in old if role not in new))


def _said(word: str, names: Iterable[str]) -> Iterator[str]:
    found = list(names)
    if len(found) > NAMED:
        yield f"{word}：{'、'.join(found[:NAMED])}等 {len(found)} 个"
    elif found:
        yield f"{word}：{'、'.join(found)}"
