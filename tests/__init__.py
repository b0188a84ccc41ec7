import pytest

# Its assertions explain themselves as those in tests do.
pytest.register_assert_rewrite("tests.problem_details")
