"""Reminders: what is due today, and once a week how the last one went.

accounts.reminders has who wants them and when, and the claim that keeps a day to one message;
`contents` what there is to tell, `letters` the words, `post` the way out, `sending` the act.
"""
