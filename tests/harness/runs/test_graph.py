from dataclasses import replace

from made_records import make_cell_job

from harness.results.plan import Plan
from harness.runs.graph import JobGraph

A, B, C = (make_cell_job("mine", trained_on="camera", seed=seed) for seed in range(3))
ALONE = make_cell_job("other", seed=9)
ANOTHER_OF_A = replace(make_cell_job("mine", "another", trained_on="camera"), fit=A.fit)


def emptied(graph: JobGraph) -> list[str]:
    """The jobs in the order in which they start, where each ends before the next starts."""
    titles = []
    while not graph.is_empty:
        job = graph.pop()
        titles.append(job.title)
        graph.ended(job)
    return titles


def test_a_fit_comes_right_before_its_first_cell_and_once():
    graph = JobGraph(Plan((ALONE, A, B, ANOTHER_OF_A)), lambda job: False)
    expected = (ALONE, A.fit, A, B.fit, B, ANOTHER_OF_A)
    assert emptied(graph) == [job.title for job in expected]


def test_a_cell_does_not_start_before_its_fit_has_ended():
    graph = JobGraph(Plan((A,)), lambda job: False)
    assert graph.pop() == A.fit
    assert graph.first is None
    assert not graph.is_empty
    graph.ended(A.fit)
    assert graph.first == A


def test_what_comes_last_gives_way_to_all_others_that_may_start():
    graph = JobGraph(Plan((ALONE, A, B, C)), lambda job: job in (ALONE, A))
    expected = (A.fit, B.fit, B, C.fit, C, ALONE, A)
    assert emptied(graph) == [job.title for job in expected]


def test_a_job_that_is_put_back_keeps_its_place_in_the_order():
    graph = JobGraph(Plan((A, B, C)), lambda job: False)
    first, second = graph.pop(), graph.pop()
    graph.put_back(second, last=True)
    graph.put_back(first, last=True)
    assert [graph.pop() for _ in range(3)] == [C.fit, first, second]
