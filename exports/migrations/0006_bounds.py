"""Moments at the ends of time broke the pages of exports: they are none in some time zones."""

from datetime import UTC, datetime

from django.db import migrations

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def bound(apps, schema_editor):
    exports = apps.get_model('exports', 'Export').objects
    for name in ('since', 'until'):
        exports.filter(**{f'{name}__lt': EARLIEST}).update(**{name: EARLIEST})
        exports.filter(**{f'{name}__gt': LATEST}).update(**{name: LATEST})


class Migration(migrations.Migration):

    dependencies = [
        ('exports', '0005_webhooks'),
    ]

    operations = [
        migrations.RunPython(bound, migrations.RunPython.noop, elidable=True),
    ]
