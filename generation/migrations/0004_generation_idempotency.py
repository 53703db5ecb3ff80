from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0003_owners_and_aliases")]
    operations = [
        migrations.AddConstraint(
            model_name='generation',
            constraint=models.UniqueConstraint(condition=models.Q(('idempotency_key__isnull', False)), fields=('owner', 'idempotency_key'), name='generation_idempotency'),
        ),
    ]
