def test_a_new_person_signs_in_with_the_code_sent(api, sms_box, database):
    sent = api.post("/api/v1/auth/otp/", {"phone_number": "+1 (415) 555-2671"})
    assert sent.status_code == 202, sent.content
    assert sent.json() == {"expires_in": 300, "resend_in": 60}
    (message,) = sms_box()
    assert message["to"] == "14155552671"

    body = {"phone_number": "14155552671", "code": message["code"]}
    answer = api.post("/api/v1/auth/otp/verify/", body)

    assert answer.status_code == 200, answer.content
    assert answer.json()["created"] is True
    assert answer.json()["user"]["phone_number"] == "14155552671"
    assert answer.json()["token"].startswith("doit_")
    document = database.users.find_one({"phone_number": "14155552671"})
    assert set(document) == {"_id", "id", "phone_number", "created_at"}
