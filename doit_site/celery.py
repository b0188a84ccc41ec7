"""Celery's application, for `celery --app doit_site worker`; imported only where CELERY_BROKER_URL is set."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doit_site.settings")

from django.conf import settings

from doit_site.environment import Missing

if not settings.CELERY_BROKER_URL:
    raise Missing("CELERY_BROKER_URL is not set; without it the web processes do the work.")

app = Celery("doit", broker=settings.CELERY_BROKER_URL)
app.conf.update(
    task_default_queue="doit",
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,  # our lines, which hold nothing of persons
    broker_connection_retry_on_startup=True,
    # A broker that is away or frozen is told to the sender soon; the job is sent again later.
    broker_transport_options={"max_retries": 1, "socket_connect_timeout": 2, "socket_timeout": 10},
)
app.autodiscover_tasks()
