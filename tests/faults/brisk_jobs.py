"""The product with short leases, so that tests need not wait for them; how it is served is in the two beside."""

from datetime import timedelta

import django

django.setup()

from goals import jobs  # noqa: E402

jobs.LEASE = timedelta(seconds=2)
jobs.RENEW_SECONDS = jobs.LOOK_SECONDS = 0.4
jobs.RESEND = timedelta(seconds=2)
