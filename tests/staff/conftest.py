"""Staff of each role, and their browsers."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from tests.test_admin import PASSWORD, Browser

ROLES = ("support", "moderator", "analyst", "admin")


@pytest.fixture
def staff(db):
    """staff("support") -> the person; staff("nobody") works here and has no role."""

    def person(role):
        number = f"1415555020{(*ROLES, 'nobody').index(role)}"
        user = User.objects.create_user(number, PASSWORD, name=role, is_staff=True)
        if role in ROLES:
            user.groups.set([Group.objects.get(name=role)])
        return user

    return person


@pytest.fixture
def browser_of(staff):
    """browser_of("support") -> Browser, signed in; `user` is who it is."""

    def sign_in(role):
        browser = Browser()
        browser.user = staff(role)
        assert browser.sign_in(browser.user.phone_number).status_code == 302
        return browser

    return sign_in


@pytest.fixture
def boss(carol):
    """The browser of a superuser."""
    browser = Browser()
    browser.user = carol
    assert browser.sign_in(carol.phone_number).status_code == 302
    return browser
