"""Values that the coach's tests share: goals, requests, and a small curriculum of our own."""

from datetime import date, timedelta

from goals.coach.interface import GoalBrief, PlannedDay, PlannedTask, PlanRequest

FIRST = date(2026, 2, 7)
PYTHON = GoalBrief("Learn Python in 30 days", "")
BIRDHOUSE = GoalBrief("Build a birdhouse", "")

# For each of these curricula three goals that fit it, and one with its words that does not.
FITTING_AND_NOT = {
    "web-development": (
        ("Learn web development", "Build a website with HTML and CSS", "Become a web developer"),
        "React better to criticism",
    ),
    "fiction-writing": (
        ("Write a novel", "Finish my first short story", "Learn creative writing"),
        "Read ten novels",
    ),
    "drawing": (
        ("Learn to draw", "Draw portraits of my family", "Fill a sketchbook"),
        "Draw up a will",
    ),
    "cooking": (
        ("Learn to cook", "Cook dinner every day", "Learn to cook Spanish food"),
        "Cook the books",
    ),
    "mathematics": (
        ("Get better at maths", "Learn algebra", "Understand calculus at last"),
        "Listen to math rock",
    ),
    "public-speaking": (
        ("Get over my fear of public speaking", "Give a talk", "Write a wedding speech"),
        "Make French toast",
    ),
    "personal-finance": (
        ("Save money", "Pay off my debt", "Stick to a household budget"),
        "Pay down technical debt",
    ),
    "job-search": (
        ("Find a new job", "Prepare for a job interview", "Rewrite my CV"),
        "Quit my job",
    ),
    "swimming": (
        ("Learn to swim", "Swim a mile", "Swim front crawl without stopping"),
        "Build a swimming pool",
    ),
    "weight-loss": (
        ("Lose weight", "Lose 10 kg", "Start a diet"),
        "Put my dog on a diet",
    ),
    "french": (
        ("Learn French", "Speak French on holiday", "Pass the DELF"),
        "Braid my hair: a French braid",
    ),
    "german": (
        ("Learn German", "Understand my German neighbours", "Deutsch lernen"),
        "Train my German shepherd",
    ),
    "piano": (
        ("Learn piano", "Play the piano", "Play Für Elise"),
        "Restore an old piano",
    ),
    "productivity": (
        ("Stop procrastinating", "Build a habit", "Get better at time management"),
        "Run a focus group",
    ),
    "yoga": (
        ("Practise yoga every morning", "Touch my toes", "Become more flexible"),
        "Negotiate flexible working hours",
    ),
    "photography": (
        ("Take better photos", "Learn photography", "Understand my camera"),
        "Install a security camera",
    ),
    "gardening": (
        ("Start a vegetable garden", "Learn gardening", "Grow tomatoes on my balcony"),
        "Visit a nuclear power plant",
    ),
    "starting-a-business": (
        ("Start a business", "Open a shop", "Become self-employed"),
        "Fly business class",
    ),
}

STEP = """
[[steps]]
slug = "step-{n}"
title = "Part {n} of juggling"
essential = {essential}
tip = "Throw number {n} lower than you want to."
  [[steps.tasks]]
  task = "Read rule {n}"
  minutes = 20
  resources = ["https://en.wikipedia.org/wiki/Juggling"]
  [[steps.tasks]]
  task = "Throw pattern {n} ten times"
  minutes = 25
  [[steps.tasks]]
  task = "Film pattern {n} once"
  minutes = 15
"""
PRACTICE = """
  [[steps.practice]]
  task = "{verb} pattern {n} in {{context}}"
  minutes = 20
"""
CHECK = """
  [[steps.checks]]
  question = "Question {m} on part {n}?"
  answer = "Right {n} {m} d"
  wrong = ["Wrong {n} {m} a", "Wrong {n} {m} b", "Wrong {n} {m} c"]
  why = "Because of rule {n} {m}."
"""
TERM = """
  [[steps.terms]]
  term = "word {n} {m}"
  meaning = "what is called {n} {m}"
"""


def curriculum_text(steps: int = 16) -> str:
    """A whole curriculum file that keeps every rule."""
    contexts = ", ".join(f'"room {number}"' for number in range(16))
    head = (
        'title = "Juggling"\ncategory = "art"\nsubcategory = "juggling"\nkeywords = ["juggling"]\n'
        f'summary = "Three balls in the air."\ncontexts = [{contexts}]\n'
    )
    return head + "".join(step_text(number) for number in range(1, steps + 1))


def step_text(number: int) -> str:
    return (
        STEP.format(n=number, essential="true" if number % 2 else "false")
        + "".join(PRACTICE.format(n=number, verb=verb) for verb in ("Try", "Vary", "Show"))
        + "".join(CHECK.format(n=number, m=m) for m in range(1, 7))
        + "".join(TERM.format(n=number, m=m) for m in range(1, 5))
    )


def plan_request(
    goal: GoalBrief = PYTHON, days: int = 30, minutes: int = 60, **more
) -> PlanRequest:
    return PlanRequest(
        **{
            "goal": goal,
            "first_day": 1,
            "first_date": FIRST,
            "total_days": days,
            "minutes_per_day": minutes,
            **more,
        }
    )


def foreign_days(*texts: tuple[str, ...]) -> tuple[PlannedDay, ...]:
    """A roadmap written by another program: no topics, titles and tasks as they come."""
    return tuple(
        PlannedDay(
            day=number,
            date=FIRST + timedelta(days=number - 1),
            title=f"Chapter {number}",
            tasks=tuple(PlannedTask(text, 20) for text in day),
            tips="",
        )
        for number, day in enumerate(texts, 1)
    )
