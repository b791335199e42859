import pytest

from harness.errors import UsageError
from harness.training.budget import Budget, Share, divide, parse_budget, parse_seconds


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("paper", Budget("paper")),
        ("quick", Budget("quick")),
        ("2000it", Budget("paper", iterations=2000)),
        ("90s", Budget("paper", seconds=90)),
        ("15m", Budget("paper", seconds=900)),
        ("1.5h", Budget("paper", seconds=5400)),
        ("quick:300it", Budget("quick", iterations=300)),
        ("quick:2m", Budget("quick", seconds=120)),
    ],
)
def test_a_budget_is_read(text, budget):
    assert parse_budget(text) == budget


@pytest.mark.parametrize("same", [("1m", "60s"), ("paper:5it", "5it"), ("quick:1h", "quick:60m")])
def test_equal_budgets_have_one_text_that_is_read_as_they_are(same):
    first, second = map(parse_budget, same)
    assert first.text == second.text
    assert parse_budget(first.text) == first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fast",
        "15",
        "it",
        "0it",
        "²it",
        "٣it",
        "9" * 5000 + "it",
        "-3it",
        "1.5it",
        "0m",
        "infm",
        "nanm",
        "quick:",
        "slow:3m",
        "quick:paper",
    ],
)
def test_what_is_no_budget_is_refused_with_examples(text):
    with pytest.raises(UsageError, match="write 'paper', 'quick', iterations as '2000it'"):
        parse_budget(text)


def test_a_time_that_cannot_be_read_is_none():
    assert parse_seconds("soon") is None


@pytest.mark.parametrize("total", [3, 7, 100, 12345])
@pytest.mark.parametrize("recipe", [(1,), (1, 1, 1), (10, 90), (400, 400, 1)])
def test_iterations_add_up_and_keep_the_proportion_of_the_recipe(recipe, total):
    shares = divide(Budget("paper", iterations=total), recipe)
    spent = [share.iterations for share in shares]
    assert all(count >= 1 for count in spent)
    assert sum(spent) == total or (min(spent) == 1 and sum(spent) <= total + len(recipe))
    for count, part in zip(spent, recipe, strict=True):
        assert abs(count - total * part / sum(recipe)) <= 1


def test_time_is_divided_in_the_proportion_of_the_recipe():
    shares = divide(Budget("paper", seconds=100.0), (10, 30))
    assert shares == [Share(None, 25.0), Share(None, 75.0)]


def test_without_a_limit_the_recipe_holds():
    assert divide(parse_budget("paper"), (10, 30)) == [Share(10, None), Share(30, None)]
