"""What Celery's workers are sent; imported only where CELERY_BROKER_URL is set."""

from doit_site.celery import app
from goals import job_runner, jobs


@app.task(name="goals.work_on", ignore_result=True)
def work_on(job_id: str) -> None:
    """Do the job, unless somebody else has it or it has ended.

    The message is a hint, the lease in the database the truth. So it is acknowledged when it comes:
    the job of a worker that died is sent again by the web processes once its lease has lapsed,
    long before a broker would deliver an unacknowledged message again.
    """
    job = jobs.take(job_id)
    if job is not None:
        job_runner.work(job)
