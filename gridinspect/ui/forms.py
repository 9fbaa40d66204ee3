from django import forms

from gridinspect.ui.tables import PAGE_SIZES


class ColumnsForm(forms.Form):
    """The choice of columns of one list; `columns` are the keys that it offers."""

    name = forms.RegexField(r"^[a-z0-9_.:-]{1,80}$")
    page_size = forms.TypedChoiceField(
        choices=[(size, size) for size in PAGE_SIZES],
        coerce=int,
        empty_value=None,
        required=False,
    )

    def __init__(self, data):
        super().__init__(data)
        # The list knows its columns, this page does not: what a list does not have
        # is ignored when it is drawn. Only the size of what is kept is limited here.
        asked = [key for key in data.getlist("columns") if len(key) <= 40][:60]
        choices = [(key, key) for key in asked]
        self.fields["columns"] = forms.MultipleChoiceField(
            choices=choices, required=False
        )
