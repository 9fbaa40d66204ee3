import django_filters

from grids.models import Grid


class GridFilter(django_filters.FilterSet):
    """The search block of 网格管理."""

    STATES = [("closed", "已停用"), ("all", "全部")]

    q = django_filters.CharFilter(label="名称、编码或拼音首字母", method="search")
    kind = django_filters.ChoiceFilter(
        label="类型", choices=Grid.Kind.choices, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=STATES, empty_label="启用", method="leave"
    )

    class Meta:
        model = Grid
        fields = ["q", "kind", "state"]

    def search(self, grids, name, words):
        return grids.matching(words)

    def leave(self, grids, name, value):
        return grids

    def filter_queryset(self, grids):
        """Show what is open unless something else is asked for."""
        grids = super().filter_queryset(grids)
        state = self.form.cleaned_data.get("state")
        if state == "all":
            return grids
        return grids.filter(closed_on__isnull=state != "closed")
