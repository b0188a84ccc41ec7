"""What every error under /api/ looks like (api.md, "errors")."""

import json

MEMBERS = ["type", "title", "status", "detail", "code", "request_id"]


def assert_problem(response, status, code=None):
    """The body of a response that must be problem details of this status (and code)."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response["Content-Type"] == "application/problem+json", response["Content-Type"]
    body = json.loads(response.content)
    assert [name for name in body if name != "errors"] == MEMBERS
    assert body["status"] == status
    assert code in (None, body["code"]), body
    assert body["type"] == f"http://testserver/api/docs/errors/#{body['code']}"
    assert body["title"]
    assert body["detail"]
    if "idempotent-replayed" not in {name.lower() for name in response.headers}:
        assert body["request_id"] == response["X-Request-ID"]
    for row in body.get("errors", ()):
        assert sorted(row) == ["code", "detail", "pointer"]
        assert row["pointer"] == "" or row["pointer"].startswith("/")
    text = response.content.decode().lower()
    assert "traceback" not in text
    assert "<html" not in text
    return body
