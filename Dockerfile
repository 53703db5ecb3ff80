FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    JIMENG_DATA_DIR=/data

RUN useradd --system --uid 10001 --home-dir /app gateway \
    && install --directory --owner=gateway --group=gateway --mode=700 /data

WORKDIR /app
COPY requirements.txt requirements-s3.txt ./
# For result files in a bucket: docker build --build-arg S3=yes
ARG S3=""
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt ${S3:+-r requirements-s3.txt}
COPY . .

USER gateway
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
# exec: gunicorn must be the process that gets SIGTERM.
CMD ["sh", "-c", "python manage.py prepare && exec gunicorn jimeng_site.asgi:application"]
