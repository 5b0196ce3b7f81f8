from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0003_cluster'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
                ('counts', models.JSONField(default=dict)),
                ('rerung', models.BigIntegerField(default=0)),
                ('fenced', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='task',
            name='request_id',
            field=models.CharField(blank=True, db_default='', default='', help_text='Of the request that launched it, as the log has it.', max_length=64, verbose_name='request'),
        ),
    ]
