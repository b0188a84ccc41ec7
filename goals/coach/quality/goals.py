"""The goals, lengths and budgets that plan quality is measured over."""

# (what a person writes, the curriculum that should plan it; None is the general plan)
GOALS: tuple[tuple[str, str | None], ...] = (
    ("Learn Python in my evenings", "python"),
    ("Learn data analysis with pandas", "data-analysis"),
    ("Build websites with HTML and CSS", "web-development"),
    ("Learn Spanish for my trip", "spanish"),
    ("Speak French with my neighbours", "french"),
    ("Pass the time in Berlin: learn German", "german"),
    ("Play songs on the guitar", "guitar"),
    ("Learn to play the piano", "piano"),
    ("Draw portraits", "drawing"),
    ("Take better photographs", "photography"),
    ("Write a novel", "fiction-writing"),
    ("Run a marathon", "running"),
    ("Get stronger with barbells", "strength"),
    ("Learn to swim", "swimming"),
    ("Lose weight and keep it off", "weight-loss"),
    ("Practise yoga at home", "yoga"),
    ("Cook dinner every day", "cooking"),
    ("Meditate every morning", "meditation"),
    ("Pass my final exam", "exam"),
    ("Understand algebra and calculus", "mathematics"),
    ("Speak in public without fear", "public-speaking"),
    ("Find a new job", "job-search"),
    ("Save money and pay off my debt", "personal-finance"),
    ("Start a business", "starting-a-business"),
    ("Stop procrastinating", "productivity"),
    ("Grow vegetables in my garden", "gardening"),
    ("Build a birdhouse", None),
    ("Learn to juggle", None),
    ("Trace my family tree", None),
    ("Become a patient father", None),
)
LENGTHS = (7, 30, 90, 365)
BUDGETS = (10, 45, 240)
