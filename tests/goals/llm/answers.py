"""What a good model gives, for each act."""

from typing import Any


def well(call) -> dict[str, Any]:
    """What a good model gives."""
    return globals()[f"good_{call.act}"](call.data)


def good_chat(data):
    return {"reply": f"On day one: {len(data['history'])} messages before this."}


def good_summary(data):
    return {"summary": f"{len(data['messages'])} messages, after {data['earlier'] or 'none'}"}


def good_category(data):
    return {"category": "music", "subcategory": "banjo"}


def good_questions(data):
    return {"questions": [good_question(n) for n in range(data["count"])]}


def good_question(number):
    return {
        "prompt": f"What holds of string {number}?",
        "right": f"It is tuned to note {number}",
        "wrong": [f"It is made of {stuff} {number}" for stuff in ("wood", "glass", "stone")],
        "explanation": "That is how it is tuned.",
    }


def good_outline(data):
    parts = [{"theme": f"Theme {n}", "carries": [f"Thing {n}"]} for n in range(len(data["parts"]))]
    return {"summary": "From the first chord to the concert.", "parts": parts}


def good_part(data):
    name = data.get("part", {}).get("theme", "Theme")
    return {"days": [good_day(name, n) for n in range(data["days"])]}


def good_whole(data):
    return {"summary": "A short way to the first song.", **good_part(data)}


def good_day(name, number, **task):
    task = {"task": f"Play exercise {number} of {name}", "minutes": 20, "resources": []} | task
    return {"title": f"{name}, step {number}", "tasks": [task], "tips": "Slowly."}
