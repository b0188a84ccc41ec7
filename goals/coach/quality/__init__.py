"""How good the offline coach's plans and questions are, in figures: `manage.py plan_quality`."""
