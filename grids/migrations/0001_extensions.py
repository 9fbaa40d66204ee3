from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What the indexes and exclusions need; both are trusted extensions."""

    operations = [TrigramExtension(), BtreeGistExtension()]
