from fakes.code_base import CodeBase

from analyzer.boundaries import Calls, find_chains, find_chatty
from analyzer.model.facts import Access, Call, EntryPoint

HOME = {f"{app}.services": app for app in "abcde"}


def code(*calls: str) -> CodeBase:
    """``a.f>b.g``: a function of ``a.services`` calls one of ``b.services``."""
    base = CodeBase()
    for call in calls:
        source, target = (
            f"{end.partition('.')[0]}.services.{end.partition('.')[2]}" for end in call.split(">")
        )
        base.place(target.partition(".")[0], "services")
        base.add("calls", Call(source, target, base.place(source.partition(".")[0], "services")))
    return base


def chains(base: CodeBase) -> list[tuple[str, str, str]]:
    return [chain.boundaries for chain in find_chains(Calls(base.facts(), HOME))]


def test_two_boundaries_are_no_chain():
    assert chains(code("a.f>b.g", "b.g>b.h", "b.h>a.k")) == []


def test_another_function_of_the_second_does_not_go_on():
    assert chains(code("a.f>b.g", "b.other>c.h")) == []


def test_what_a_task_does_is_not_waited_for():
    base = code("a.f>b.g", "b.g>c.h")
    base.add("entry_points", EntryPoint("task", "b.services.g", base.place("b", "services")))
    assert chains(base) == []


def test_what_three_boundaries_call_is_a_library():
    assert chains(code("a.f>b.g", "c.f>b.g", "d.f>b.g", "b.g>e.h")) == []


def test_code_that_belongs_nowhere_is_in_no_chain():
    assert chains(code("a.f>x.g", "x.g>c.h")) == []


def test_a_chain_is_found_through_functions_of_the_second():
    base = code("a.f>b.g", "b.g>b.inner", "b.inner>b.g", "b.inner>c.h")
    [chain] = find_chains(Calls(base.facts(), HOME))
    assert chain.boundaries == ("a", "b", "c")
    assert [site.file for site in chain.sites] == ["a/services.py", "b/services.py"]


def chatty(places: int, kind: str = "query") -> list[str]:
    base = code("a.f>b.g")
    for _ in range(places - 1):
        where = base.place("a", "services")
        base.add("accesses", Access(where, "a.services", "f", "b_thing", "read", kind))
    facts = base.facts()
    found = find_chatty(Calls(facts, HOME), facts.accesses, {"b_thing": "b", "a_own": "a"})
    return [each.function for each in found]


def test_a_few_places_are_not_chatty():
    assert chatty(4) == []


def test_joins_are_no_requests_of_their_own():
    assert chatty(9, "join") == []


def test_many_places_are():
    assert chatty(5) == ["a.services.f"]
