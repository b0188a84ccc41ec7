"""A web process with the leases of brisk_jobs."""

import tests.faults.brisk_jobs  # noqa: F401
from doit_site.wsgi import application

__all__ = ["application"]
