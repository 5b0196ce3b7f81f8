from django.db import migrations


def forget_snapshots(apps, schema_editor):
    """What was deleted since an export that is here already was not noted: so it is none since
    which changes can be taken out."""
    apps.get_model("exports", "Export").objects.update(snapshot_at=None)


class Migration(migrations.Migration):

    dependencies = [
        ('exports', '0003_lasting'),
        ('blog', '0005_deletions'),
    ]

    operations = [migrations.RunPython(forget_snapshots, migrations.RunPython.noop)]
