from django.db import migrations


def from_lists(apps, schema_editor):
    """Units that came with a list were placed by it, all others by hand."""
    placements = apps.get_model("enterprises", "Placement").objects
    placements.filter(enterprise__source="import").update(
        method="list", confidence="medium"
    )


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0002_allocation")]

    operations = [migrations.RunPython(from_lists, migrations.RunPython.noop)]
