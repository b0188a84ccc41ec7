"""The main job, end to end over the API: a person reaches a goal."""


def test_a_person_sets_a_goal_and_proves_its_first_day(alice_api, a_goal, database):
    goal = a_goal()
    url = f"/api/v1/goals/{goal['id']}/"
    made = alice_api.post(url + "roadmap/", {"minutes_per_day": 45})
    assert made.status_code == 201, made.content
    assert made.json()["total_days"] == 30

    talk = alice_api.post(url + "messages/", {"content": "What is on today?"})
    assert talk.status_code == 201, talk.content
    first_task = made.json()["days"][0]["tasks"][0]["task"]
    assert first_task[:40] in talk.json()["reply"]["content"]

    test = alice_api.post(url + "verifications/")
    assert test.status_code == 201, test.content
    stored = database.verification_tests.find_one({"id": test.json()["test_id"]})
    answers = {question["id"]: question["answer"] for question in stored["questions"]}
    result = alice_api.post(f"{url}verifications/{stored['id']}/answers/", {"answers": answers})
    assert result.status_code == 200, result.content
    assert result.json()["passed"] is True
    assert result.json()["streak"] == 1
    assert result.json()["progress"] == 3.33

    assert alice_api.get(url).json()["streak"] == 1
    assert alice_api.get("/api/v1/goals/").json()["results"][0]["progress"] == 3.33
    assert alice_api.get(url + "today/").json()["verification"]["state"] == "passed"
    assert alice_api.get(url + "stats/").json()["calendar"][0]["state"] == "passed"
    assert alice_api.get("/api/v1/me/stats/").json()["best_streak"] == 1
    kinds = [event["kind"] for event in alice_api.get("/api/v1/me/timeline/").json()["results"]]
    assert kinds == ["verification_passed", "goal_created"]
    assert len(alice_api.get(url + "messages/").json()["results"]) == 2
    assert len(alice_api.get(url + "verifications/").json()["results"]) == 1
    assert len(alice_api.get("/api/v1/me/export/").json()["goals"]) == 1
