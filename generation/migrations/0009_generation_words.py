from django.db import migrations, models

CREATE = {
    # Only the index, not the words themselves. The module generation.words has cut them already: here everything
    # between two spaces is one. No sizes of documents, which only ranking needs.
    "sqlite": [
        "CREATE VIRTUAL TABLE generation_words USING fts5("
        "words, content='', columnsize=0, tokenize=\"ascii tokenchars ':'\")"
    ],
    # No reference to the generations: a reference would forbid to truncate them alone, as tests do.
    "postgresql": [
        "CREATE TABLE generation_words (generation_id bigint PRIMARY KEY, words tsvector NOT NULL)",
        # Without the list of pending words, which each search would read through.
        "CREATE INDEX generation_words_words ON generation_words USING gin (words) WITH (fastupdate = off)",
    ],
}


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    """The next migration forwards begins with an empty index: so must the note of how far it goes."""
    schema_editor.execute("DROP TABLE generation_words")
    apps.get_model("generation", "WordIndex").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0008_history'),
    ]

    operations = [
        migrations.RunPython(create, drop),
        migrations.AddIndex(
            model_name='media',
            index=models.Index(
                condition=models.Q(('deleted_at__isnull', False), ('removed_at__isnull', True)),
                fields=['-generation'],
                name='media_in_trash_of',
            ),
        ),
    ]
