"""Says of old generations whose they are, and fills in the model names that clients are known to send."""

from django.db import migrations
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

ALIASES = {
    "jimeng": "jimeng-4.5",
    "gpt-image-1": "jimeng-4.5",
    "gpt-image-1-mini": "jimeng-4.5",
    "gpt-image-1.5": "jimeng-4.5",
    "gpt-image-2": "jimeng-4.5",
    "chatgpt-image-latest": "jimeng-4.5",
    "dall-e-2": "jimeng-4.5",
    "dall-e-3": "jimeng-4.5",
    "jimeng-video": "jimeng-video-3.0",
    "sora-2": "jimeng-video-3.0",
    "sora-2-pro": "jimeng-video-3.5-pro",
}


def fill(apps, schema_editor):
    owned = apps.get_model("generation", "Generation").objects.filter(api_key__isnull=False)
    owned.update(owner=Concat(Value("key:"), Cast(F("api_key_id"), CharField())))
    alias = apps.get_model("generation", "ModelAlias")
    alias.objects.bulk_create([alias(name=name, target=target) for name, target in ALIASES.items()])


class Migration(migrations.Migration):
    dependencies = [("generation", "0002_inputs_videos_aliases")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
