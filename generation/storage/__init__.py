"""Where files are kept: a folder, a bucket of an S3-compatible store, or any other storage of Django's."""
