from django.db import migrations

from blog import search


def create(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table in (search.POSTS, search.PEOPLE):
            search.database().create(cursor, table)


def fill(apps, schema_editor):
    search.rebuild(apps.get_model("blog", "Post"), apps.get_model("accounts", "User"))


def drop(apps, schema_editor):
    for table in (search.POSTS, search.PEOPLE):
        schema_editor.execute(f"DROP TABLE {table}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_profile"), ("blog", "0002_talk")]

    operations = [
        migrations.RunPython(create, drop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
