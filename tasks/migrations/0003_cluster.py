from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0002_background'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cluster',
            fields=[
                ('id', models.CharField(help_text='As in the attempts of its workers.', max_length=32, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=200, verbose_name='host')),
                ('pid', models.PositiveIntegerField(help_text='Of its supervisor, to whom to say that it is to stop.', verbose_name='process')),
                ('workers', models.PositiveIntegerField(verbose_name='workers')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('seen_at', models.DateTimeField(verbose_name='last sign of life')),
                ('swept_at', models.DateTimeField(blank=True, null=True, verbose_name='last sweep')),
            ],
            options={
                'verbose_name': 'cluster',
                'verbose_name_plural': 'clusters',
            },
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at'], name='tasks_task_by_end'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at'], name='tasks_attempt_by_end'),
        ),
    ]
