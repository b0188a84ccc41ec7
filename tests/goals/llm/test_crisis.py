"""Signals of self-harm or danger, in both directions, and the help lines of where somebody is."""

import time

import pytest

from goals.coach import crisis

SIGNALS = [
    "I want to die",
    "I just want to die.",
    "i wanna die",
    "I want to kill myself",
    "I'm going to kill myself tonight",
    "I think I should just end my life",
    "Lately I have been thinking about suicide",
    "I keep thinking of ending it all",
    "I feel suicidal",
    "I wish I was dead",
    "I don’t want to live anymore.",
    "everyone would be better off without me",
    "There is no reason to live.",
    "I feel the urge to cut myself",
    "I started cutting myself again",
    "I want to hurt myself",
    "I took too many pills",
    "My husband beats me",
    "my boyfriend threatens to kill me",
    "I am not safe at home",
    "Somebody is trying to kill me",
    "Quiero morirme",
    "Me quiero matar",
    "pienso en suicidarme",
    "Je veux mourir.",
    "j'ai envie de me faire du mal",
    "Ich will nicht mehr leben.",
    "Ich möchte mich umbringen",
    "não quero mais viver",
    "Quero me matar",
    "voglio morire",
    "Ik wil niet meer leven",
    "Я не хочу жить",
    "хочу умереть",
    "死にたい",
    "我不想活了",
]
NO_SIGNALS = [
    "This exam is killing me",
    "How do I kill the process on port 8000?",
    "kill -9 does not work",
    "I'm dying to start the next chapter",
    "I nearly died laughing",
    "I want to die less in Dark Souls",
    "I don't want to die in the second round of the game",
    "I am not going to kill myself over this essay",
    "I don't want to hurt myself while lifting",
    "I hurt myself running yesterday",
    "I cut myself while chopping onions",
    "My brother beat me at chess, how do I get better?",
    "my dad beats me in tennis every week",
    "my wife hits me up for lessons",
    "Write an essay on suicide prevention",
    "Learn a piece from Suicide Squad",
    "suicide sprints, 5 rounds",
    "I don't want to live in this city anymore",
    "I want to end my day earlier",
    "What is the deadline?",
    "I am dead tired today",
    "There is no point in learning this",
    "I could murder a pizza",
    "He is going to kill me in chess",
    "self-harm awareness training for teachers",
    "Me muero de risa",
    "me quiero morir de vergüenza",
    "no quiero vivir más en Madrid",
    "je suis mort de rire",
    "je veux mourir de rire",
    "Das bringt mich um",
    "voglio morire dal ridere",
    "死にたくない",
    "我想死你了",
    "",
]


@pytest.mark.parametrize("text", SIGNALS)
def test_a_signal_is_seen(text):
    assert crisis.signalled(text)
    assert crisis.signalled(f"Hello.\n\n  {text.upper()}  \nWhat is on today?")


@pytest.mark.parametrize("text", NO_SIGNALS)
def test_what_is_only_said_so_is_left_alone(text):
    assert crisis.signalled(text) is None


def test_a_twin_that_looks_for_words_would_answer_the_process():
    """The broken twin: why the patterns are whole phrases."""
    words = ("kill", "die", "suicide", "hurt myself")
    assert sum(any(word in text.lower() for word in words) for text in NO_SIGNALS) >= 8


@pytest.mark.parametrize(
    ("phone", "zone", "country", "line"),
    [
        ("14155550101", "UTC", "US", "988"),
        ("16135550101", "Europe/Berlin", "US", "988"),
        ("18765550101", "UTC", None, "findahelpline.com"),  # Jamaica shares +1, not 988
        ("447700900123", "UTC", "GB", "116 123"),
        ("353851234567", "UTC", "IE", "116 123"),
        ("4915112345678", "UTC", "DE", "0800 111 0 111"),
        ("61412345678", "UTC", "AU", "13 11 14"),
        ("972501234567", "UTC", "IL", "1201"),
        ("8801712345678", "Europe/London", "GB", "116 123"),
        ("8801712345678", "Asia/Dhaka", None, "befrienders.org"),
    ],
)
def test_lines_are_those_of_the_country(phone, zone, country, line):
    found = crisis.help_for(phone, zone)
    assert found.country == country
    assert any(line in text for text in found.lines)
    reply = crisis.reply_to("I want to die", phone_number=phone, time_zone=zone)
    assert line in reply
    assert found.emergency in reply


def test_the_reply_is_in_the_language_of_the_signal():
    reply = crisis.reply_to("Ich will nicht mehr leben", phone_number="4915112345678", time_zone="")
    assert "Danke, dass du es mir gesagt hast" in reply
    assert "{" not in reply
    for language in crisis._languages():
        assert language.reply.count("{lines}") == language.reply.count("{emergency}") == 1


def test_a_long_message_is_looked_through_fast():
    began = time.perf_counter()
    for text in ("i am i am " * 1000, "i " * 5000, "my husband " * 900, "ich will " * 1100):
        assert crisis.signalled(text[:10_000]) is None
    assert time.perf_counter() - began < 1
