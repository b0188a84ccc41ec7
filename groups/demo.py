"""Demo data: what the demo people say to each other, made by the acts at earlier times."""

from datetime import timedelta

from accounts.models import User
from doit_site import clock
from goals.demo import PEOPLE
from groups import matching, messages, moderation
from groups.models import Group

# Who says what, in each kind of group; everybody who speaks is matched first.
CHATS = {
    ("programming", "python"): (
        ("Ada", "Day ten. Functions finally make sense to me."),
        ("Ben", "I skipped two days last week and got back on track with the review day."),
        ("Ada", "The review days are worth more than I thought."),
        ("Deniz", "Does anybody here write tests for their exercises?"),
        ("Chiara", "I do, since the lesson about assert. Start with one."),
        ("Deniz", "Buy my course at half price, only today!"),
        ("Ada", "Please not here."),
    ),
    ("fitness", "running"): (
        ("Ben", "Ran twelve minutes without walking for the first time."),
        ("Chiara", "Great! Slow is fine, the week after was easier for me."),
        ("Ben", "My shins hurt a little, so tomorrow is a rest day."),
    ),
    ("language", "spanish"): (
        ("Chiara", "Ordered a whole meal without a word of English today."),
        ("Deniz", "I can only ask for the bill so far."),
    ),
}
REPORTED = "Buy my course at half price, only today!"


def seed() -> None:
    phones = {person.name: person.phone for person in PEOPLE}
    people = {name: User.objects.get(phone_number=phone) for name, phone in phones.items()}
    for (category, subcategory), chat in CHATS.items():
        begun = clock.now() - timedelta(hours=20)
        for minutes, (name, text) in enumerate(chat):
            with clock.at(begun + timedelta(minutes=37 * minutes)):
                group_id, _ = matching.match(
                    user=people[name], category=category, subcategory=subcategory
                )
                messages.send(user=people[name], group_id=group_id, content=text)
    _report(people["Ada"])


def _report(user):
    group = Group.objects.collection.find_one(
        {"messages.content": REPORTED, "members": user.pk},
        {"_id": 0, "id": 1, "messages": {"$elemMatch": {"content": REPORTED}}},
    )
    moderation.report(
        user=user,
        group_id=group["id"],
        message_id=group["messages"][0]["id"],
        reason="Advertising in the group.",
    )
