"""Which figures have to be counted again."""

from django.db import models

from grids.models.tree import Grid


class DirtyMark(models.Model):
    """The figures of a grid must be counted again, from a day on."""

    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="+")
    since = models.DateField()

    def __str__(self):
        return f"{self.grid} {self.since}"
