"""A thousand tests over all curricula: nothing but knowledge finds the right choice."""

import pytest

from goals.coach.interface import Question
from goals.coach.offline.fairness import GUESSERS, guessed, shares
from goals.coach.quality.questions import Drawn, drawn, measured

CHANCE, MARGIN = 0.25, 0.05


@pytest.fixture(scope="module")
def rows():
    return measured(drawn())


def test_guessers_who_know_nothing_score_within_five_points_of_chance(rows):
    everything = rows[-1]
    assert everything.tests >= 1000
    assert set(everything.guessers) == set(GUESSERS)
    for name, share in everything.guessers.items():
        assert abs(share - CHANCE) <= MARGIN, (name, share)


def test_no_subject_gives_its_answers_away(rows):
    """Some 180 questions a subject: what is fair may still be 10 points off by chance; the linter
    holds each file's checks closer."""
    for row in rows:
        for name, share in row.guessers.items():
            assert abs(share - CHANCE) <= 3 * MARGIN, (row.subject, name, share)


def test_every_question_has_four_choices_and_an_explanation_and_no_retake_repeats_one(rows):
    assert [row.subject for row in rows if row.faulty or row.repeated] == []


def question(answer=0, choices=("mud", "a red brick", "sand", "a tile"), prompt="Why red clay?"):
    return Question(prompt, choices, answer, "Because.")


@pytest.mark.parametrize(
    ("name", "place"),
    [("longest", 1), ("shortest", 0), ("first", 0), ("most similar", None)],
)
def test_what_a_guesser_takes(name, place):
    scores = [guessed(name, "Why red?", question().choices, n) for n in range(4)]
    expected = [float(n == place) for n in range(4)] if place is not None else [0.25] * 4
    assert scores == expected


def test_words_shared_with_the_prompt_are_found():
    choices = ("two bricks", "made of clay", "sand", "clay clay pots")
    scores = [guessed("most similar", "What is clay?", choices, n) for n in range(4)]
    assert scores == [0, 0.5, 0, 0.5]


def test_a_tie_is_shared():
    assert guessed("longest", "?", ("ab", "cd", "e", "f"), 0) == 0.5
    assert guessed("longest", "?", ("ab", "cd", "e", "f"), 2) == 0


def test_the_measure_sees_a_giveaway_a_repeat_and_a_fault():
    """The twin: questions whose answer is longest and first, one of them asked twice."""
    telling = question(0, ("the long right answer", "wrong", "worse", "bad"))
    twice = question(0, ("the long right answer", "wrong", "Wrong ", "bad"), "Why not?")
    [row, everything] = measured([Drawn("clay", ((telling, twice), (telling,)))])
    assert row.guessers["longest"] == row.guessers["first"] == 1
    assert row.guessers["shortest"] == 0
    assert (row.tests, row.repeated, row.faulty) == (2, 1, 1)
    assert everything.guessers == row.guessers
    assert shares([]) == {}
