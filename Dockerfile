# One image for everything: web (the default), streams, backup, migrations; compose.yaml names each.
# The embedded mongod and the tests are not in it: requirements.txt only.

FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN ["python", "-m", "venv", "/opt/venv"]
COPY requirements.txt /tmp/requirements.txt
RUN ["/opt/venv/bin/pip", "install", "-r", "/tmp/requirements.txt"]
# It installs what it runs on, and is not needed to run.
RUN ["/opt/venv/bin/pip", "uninstall", "--yes", "pip", "setuptools"]

FROM python:3.11-slim-bookworm
# 10001: fixed, so that the owner of a volume stays the same; no shell, no home.
RUN ["groupadd", "--system", "--gid", "10001", "doit"]
RUN ["useradd", "--system", "--uid", "10001", "--gid", "doit", "--no-create-home", \
     "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", "doit"]
RUN ["install", "--directory", "--owner=doit", "--group=doit", "--mode=0700", "/backups"]
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py LICENSE ./
COPY accounts accounts
COPY doit_site doit_site
COPY goals goals
COPY groups groups
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000 \
    GRANIAN_WORKERS=2 \
    GRANIAN_LOG_LEVEL=warning \
    GRANIAN_WORKERS_KILL_TIMEOUT=10 \
    GRANIAN_RESPAWN_FAILED_WORKERS=true
# Bytecode is made here: the files belong to root, and the process may not write them.
RUN ["python", "-m", "compileall", "-q", "/app"]
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "doit_site.probe"]
# Measured with 3 to 8 threads: on one core more of them only pass the interpreter around. More
# workers do help: GRANIAN_WORKERS, one a core. Two of the six may wait for the coach (COACH_AT_ONCE).
CMD ["granian", "--interface", "wsgi", "--runtime-mode", "st", "--blocking-threads", "6", \
     "doit_site.wsgi:application"]
