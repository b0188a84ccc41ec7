"""A worker of Celery with the leases of brisk_jobs."""

import tests.faults.brisk_jobs  # noqa: F401
from doit_site.celery import app

__all__ = ["app"]
