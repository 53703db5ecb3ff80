from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0006_list_indexes")]

    operations = [
        migrations.AlterField(
            model_name="price",
            name="seen_at",
            field=models.DateTimeField(null=True, verbose_name="last seen"),
        ),
    ]
