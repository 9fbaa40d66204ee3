"""What a list of units can be searched by."""

from collections.abc import Collection, Sequence
from functools import cached_property, reduce
from operator import or_

import django_filters as filters
from django.db.models import Q
from django.utils import timezone

from enterprises import grams
from enterprises.freshness import districts_of, freshness_days
from enterprises.industries import SECTIONS
from enterprises.models import GIVEN_STATUSES, Enterprise, may_have
from enterprises.typed import Kind, Typed, understand
from gridinspect.accounts.roles import Permission
from gridinspect.imports.cleaning import plain
from gridinspect.secrets import blind_index
from gridinspect.ui.tables import EXACT_UP_TO, expected

WORDS: tuple[str, ...] = ("name", "former_name", "legal_representative", "address")
NAMES = ("name", "former_name")
LETTERS = ("name", "former_name", "pinyin")
CODES = ("uscc", "registration_number")

SURVEYED = (
    ("fresh", "已采集"),
    ("stale", "过期"),
    ("never", "未采集"),
    ("filed", "已建档（含过期）"),
    ("due", "待采集（未采集和过期）"),
)


class EnterpriseFilter(filters.FilterSet):
    """The search block of the list; built for the person who searches.

    `q` takes whatever was typed; `taken_for` says what for. The other fields are for
    who wants to be exact. `qs` compares the words themselves; `found` are the same
    units by the shorter way.
    """

    q = filters.CharFilter(label="查询", method="by_anything")
    name = filters.CharFilter(label="单位名称", method="by_name")
    uscc = filters.CharFilter(label="信用代码", method="by_code")
    legal = filters.CharFilter(label="法定代表人", method="by_legal")
    address = filters.CharFilter(label="地址", method="by_address")
    phone = filters.CharFilter(label="联系电话", method="by_phone")
    industry = filters.ChoiceFilter(
        label="行业门类",
        choices=[(letter, f"{letter} {name}") for letter, name in SECTIONS.items()],
        lookup_expr="startswith",
        empty_label="全部",
    )
    unit_kind = filters.ChoiceFilter(
        label="单位类型", choices=Enterprise.UnitKind.choices, empty_label="全部"
    )
    status = filters.ChoiceFilter(
        label="营业状态",
        choices=[("known", "在册（营业、筹建）"), *GIVEN_STATUSES],
        method="by_status",
        empty_label="全部",
    )
    survey = filters.ChoiceFilter(
        label="采集情况", choices=SURVEYED, method="by_survey", empty_label="全部"
    )

    always = ("q", "status", "survey")  # the others are folded away until one is set

    class Meta:
        model = Enterprise
        fields: list[str] = []

    def __init__(
        self, *args, user, districts: Collection[int], in_part: bool = False, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.user = user  # whose districts say how old a survey may be
        self.districts = districts
        self.in_part = in_part
        self._indexed = Q()
        hints = {
            "q": "名称、曾用名、信用代码、拼音首字母、法人、地址门牌或电话",
            "name": "任意部分或拼音首字母",
            "uscc": "任意连续 4 位以上",
            "phone": "完整号码",
            "address": "任意部分，如 人民路12号",
        }
        for name in ("q", "name", "uscc", "legal", "address", "phone"):
            attributes = self.form.fields[name].widget.attrs
            attributes["maxlength"] = 200
            attributes["placeholder"] = hints.get(name, "")

    @property
    def taken_for(self) -> str:
        """Return in words what the one search field was taken for; "" if empty."""
        return understand(plain(self.data.get("q", ""))[:200]).told

    @cached_property
    def about(self) -> int:
        """Return roughly how many units are found; 0 for few enough to find out."""
        if self.in_part:
            return 0
        every = expected(Enterprise.objects.all())
        return min(every, self.qs.about()) if every > EXACT_UP_TO else 0

    @property
    def found(self):
        """Return the units of `qs`, by the index of words where that is shorter.

        Where very many have the words, a page is full after a few of the newest; in a
        part of a district every unit is looked at sooner than those of the whole.
        """
        if self.in_part or self.about > EXACT_UP_TO:
            return self.qs
        return self.qs.filter(self._indexed)

    @property
    def more_is_open(self) -> bool:
        """Tell whether one of the folded fields is asked for."""
        return any(
            self.data.get(name) for name in self.filters if name not in self.always
        )

    def by_anything(self, queryset, _name, value):
        """Find what was typed, whatever it is."""
        typed = understand(plain(value))
        match typed.kind:
            case Kind.NOTHING:
                return queryset
            case Kind.ROAD:
                return self._on_road(queryset, typed)
            case Kind.WORDS:
                for word in typed.words:
                    fields = WORDS if len(word) > 1 else grams.NAMES
                    queryset = self._having(queryset, word, fields)
                return queryset
        phones = _phones(typed.text) if typed.takes_for(Kind.PHONE) else []
        fields = (CODES if typed.takes_for(Kind.CODE) else ()) + (
            LETTERS if typed.takes_for(Kind.LETTERS) else ()
        )
        return self._having(queryset, typed.text, fields, phones)

    def by_name(self, queryset, _name, value):
        """Find any part of the name or of a former one, or pinyin initials."""
        value = plain(value)
        is_letters = value.isascii() and value.isalnum()
        return self._having(queryset, value, LETTERS if is_letters else NAMES)

    def by_code(self, queryset, _name, value):
        """Find a credit code or an old number by any part of it."""
        value = plain(value).upper().replace(" ", "")
        return self._having(queryset, value, CODES)

    def by_legal(self, queryset, _name, value):
        return self._having(queryset, plain(value), ("legal_representative",))

    def by_address(self, queryset, _name, value):
        """Find any part of the address, or a road with a house number."""
        typed = understand(plain(value))
        if typed.kind == Kind.ROAD:
            return self._on_road(queryset, typed)
        return self._having(queryset, plain(value), ("address",))

    def by_phone(self, queryset, _name, value):
        """Find the whole telephone number, which nobody can read in the database."""
        return queryset.filter(contact_phone_index__in=_phones(plain(value)))

    def _having(
        self, queryset, words: str, fields: Sequence[str], phones: Sequence[str] = ()
    ):
        """Keep the units with these words in one of the fields, or with the phone."""
        by_phone = Q(contact_phone_index__in=phones)
        words_said = (_contains(field, words) for field in fields)
        is_kept = len(words) > 1 or set(fields) <= set(grams.NAMES)
        if fields and is_kept and (may := may_have(words, self.districts)):
            self._indexed &= by_phone | may
        return queryset.filter(reduce(or_, words_said, by_phone))

    def _on_road(self, queryset, typed: Typed):
        """Keep the units at this number of the road, not at one that begins like it."""
        road, number = typed.road, typed.number
        at = Q(address__contains=f"{road}{number}号")
        at |= Q(address__endswith=f"{road}{number}")
        at |= Q(road__endswith=road, house_number__in=[number, f"{number}号"])
        self._indexed &= may_have(f"{road}{number}", self.districts)
        return queryset.filter(at)

    def by_status(self, queryset, _name, value):
        return queryset.known() if value == "known" else queryset.filter(status=value)

    def by_survey(self, queryset, _name, value):
        today = timezone.localdate()
        days = freshness_days(
            districts_of(self.user, Permission.ENTERPRISE_VIEW), today
        )
        match value:
            case "fresh":
                return queryset.fresh(on=today, days=days)
            case "stale":
                return queryset.stale(on=today, days=days)
            case "never":
                return queryset.never_surveyed(on=today)
            case "filed":
                return queryset.surveyed(on=today)
        return queryset.not_fresh(on=today, days=days)


def _contains(field: str, words: str) -> Q:
    if field in CODES:
        return Q(**{f"{field}__contains": words.upper()})
    if field == "pinyin":
        return Q(pinyin__contains=words.lower())
    cased = words.upper() != words.lower()
    return Q(**{f"{field}__{'icontains' if cased else 'contains'}": words})


def _phones(number: str) -> list[str]:
    """Return the blind indexes of a number as it may have been written down."""
    bare = "".join(c for c in number if c.isdigit())
    written = {number, bare}
    if bare.startswith("0"):
        written |= {f"{bare[:end]}-{bare[end:]}" for end in (3, 4)}
    digests = (blind_index(one, purpose="enterprise.phone") for one in written)
    return sorted(digest for digest in digests if digest)
