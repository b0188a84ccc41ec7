"""Which curriculum and category a goal gets."""

import pytest

from goals.coach.interface import CATEGORIES, Classification, GoalBrief
from goals.coach.offline import OfflineCoach
from goals.coach.offline.classify import choose, rules
from goals.coach.offline.curricula import library
from tests.goals.coach.cases import FITTING_AND_NOT

FITTING = {
    "Run a marathon": "running",
    "Run 5 kilometres": "running",
    "Couch to 5K": "running",
    "I want to run more": "running",
    "Run a half-marathon in Berlin": "running",
    "learn the guitar": "guitar",
    "Play Wonderwall on guitar": "guitar",
    "Learn Spanish guitar": "guitar",
    "Learn Python in 30 days": "python",
    "PYTHON!!!": "python",
    "Write a snake game in Python": "python",
    "Learn to code": "python",
    "Build a Django web app": "python",
    "Sleep better and meditate": "meditation",
    "Meditate every day": "meditation",
    "pass my exam": "exam",
    "Prepare for my final exams": "exam",
    "Study for the SAT": "exam",
    "Get stronger": "strength",
    "Bench press 100 kg": "strength",
    "Do 10 pull-ups": "strength",
    "Build muscle": "strength",
    "Learn Spanish for my trip": "spanish",
    "Hablar español": "spanish",
    "Speak Spanish fluently": "spanish",
    "Learn data analysis with pandas": "data-analysis",
    "Master Excel": "data-analysis",
    "ＬＥＡＲＮ ＰＹＴＨＯＮ": "python",
    "Learn Python to get a job": "python",
    "Learn Spanish for my business": "spanish",
    "Lose weight to run a marathon": "weight-loss",
    "Learn to swim for a triathlon": "swimming",
    "Train for a marathon": "running",
    "Save money for a house": "personal-finance",
    "Save money to start a business": "personal-finance",
    "run a business": "starting-a-business",
}
UNFITTING = [
    "Build a birdhouse",
    "keep a pet python",
    "Keep a snake: a ball python",
    "Run my own company",
    "Run a bakery",
    "Learn to run a server",
    "In the long run be happier",
    "strength of character",
    "inner strength",
    "Build a guitar",
    "sell my guitar",
    "Get the baby to sleep",
    "Eye exam",
    "Follow the dress code",
    "Pythonesque humour",
    "Brunch with friends",
    "マラソン",
    "x",
    "",
]


@pytest.mark.parametrize(("title", "slug"), FITTING.items())
def test_a_goal_gets_its_curriculum(title, slug):
    assert choose(GoalBrief(title, "")).slug == slug


@pytest.mark.parametrize("title", UNFITTING)
def test_a_goal_that_no_curriculum_fits_gets_none(title):
    assert choose(GoalBrief(title, "")) is None


NEW = [(title, slug) for slug, (fits, _) in FITTING_AND_NOT.items() for title in fits]


@pytest.mark.parametrize(("title", "slug"), NEW)
def test_three_goals_of_each_newer_curriculum_get_it(title, slug):
    assert choose(GoalBrief(title, "")).slug == slug


@pytest.mark.parametrize(("slug", "pair"), FITTING_AND_NOT.items())
def test_its_words_with_another_meaning_do_not(slug, pair):
    chosen = choose(GoalBrief(pair[1], ""))
    assert chosen is None or chosen.slug != slug


def test_every_curriculum_has_goals_that_fit_it():
    assert set(library()) <= {*FITTING.values(), *FITTING_AND_NOT}


def test_the_title_weighs_more_than_the_description():
    goal = GoalBrief(
        "Learn Python", "so that I can practise Spanish and guitar chords and run a 5k"
    )
    assert choose(goal).slug == "python"


def test_one_word_in_the_description_is_not_enough_but_two_are():
    assert choose(GoalBrief("Something new", "maybe guitar")) is None
    assert (
        choose(GoalBrief("Something new", "strum my guitar and play guitar chords")).slug
        == "guitar"
    )


def test_a_category_that_the_person_fixed_counts_against_another_curriculum():
    assert choose(GoalBrief("Get a python", "", "home")) is None
    assert choose(GoalBrief("Learn Python", "", "programming")).slug == "python"
    assert choose(GoalBrief("Learn Python", "", "career")).slug == "python"


def test_a_subcategory_that_the_person_fixed_decides():
    assert choose(GoalBrief("Get better", "", None, "spanish")).slug == "spanish"
    assert choose(GoalBrief("Learn Python", "", None, "rust")) is None
    assert choose(GoalBrief("Learn Python", "", "programming", "django")).slug == "python"


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Build a birdhouse", "home"),
        ("Run my own company", "business"),
        ("strength of character", "mindfulness"),
        ("Learn Italian", "language"),
        ("Learn the violin", "music"),
        ("Write a poem a day", "writing"),
        ("Understand my tax return", "finance"),
        ("Eat less sugar", "nutrition"),
        ("Climb a mountain", "fitness"),
        ("Learn pottery", "art"),
        ("Design a logo", "design"),
        ("Ask for a higher salary", "career"),
        ("Pass chemistry", "academics"),
        ("Learn touch typing", "productivity"),
        ("Learn Rust", "programming"),
        ("Understand machine learning", "data"),
        ("qwertz", "other"),
        ("", "other"),
        ("マラソン", "other"),
    ],
)
def test_a_goal_without_curriculum_is_sorted_by_its_words(title, category):
    assert OfflineCoach().classify(GoalBrief(title, "")) == Classification(category, None)


def test_a_goal_with_a_curriculum_gets_its_category_and_subcategory():
    assert OfflineCoach().classify(GoalBrief("Run a marathon", "")) == Classification(
        "fitness", "running"
    )


def test_what_the_person_fixed_is_kept():
    fixed = GoalBrief("Learn Python", "", "career", "new-job")
    assert OfflineCoach().classify(fixed) == Classification("career", "new-job")


def test_the_word_table_covers_every_category_but_other():
    assert set(rules().categories) == set(CATEGORIES) - {"other"}
