from analyzer.boundaries.consensus import agree
from analyzer.boundaries.graph import Adjacency, damped
from analyzer.boundaries.louvain import level_of, louvain
from analyzer.boundaries.prng import SplitMix64


def cliques(count: int, size: int, bridge: float = 0.5) -> Adjacency:
    """Cliques in a ring, neighbours tied by one weak edge."""
    rows: Adjacency = [{} for _ in range(count * size)]
    for c in range(count):
        nodes = range(c * size, (c + 1) * size)
        for i in nodes:
            rows[i] |= {j: 1.0 for j in nodes if j != i}
        one, other = c * size, ((c + 1) % count) * size + 1
        rows[one][other] = rows[other][one] = bridge
    return rows


def test_nothing_is_no_community():
    assert louvain(level_of([]), 1.0, SplitMix64(0)) == []
    assert agree([], 0).community == ()


def test_nodes_without_edges_stay_alone():
    assert louvain(level_of([{}, {}, {}]), 1.0, SplitMix64(0)) == [0, 1, 2]
    assert agree([{}, {}, {}], 0).community == (0, 1, 2)


def test_cliques_are_found():
    expected = tuple(i // 6 for i in range(30))
    assert tuple(louvain(level_of(cliques(5, 6)), 1.0, SplitMix64(3))) == expected
    assert agree(cliques(5, 6), 0).community == expected


def test_the_generator_is_the_published_one():
    random = SplitMix64(1234567)
    assert [random.next() for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_a_shuffle_loses_nothing():
    items = list(range(100))
    shuffled = SplitMix64(7).shuffled(items)
    assert sorted(shuffled) == items
    assert shuffled != items


def test_a_busy_node_says_less_when_damped():
    star: Adjacency = [{1: 1.0, 2: 1.0, 3: 1.0}, {0: 1.0}, {0: 1.0, 3: 1.0}, {0: 1.0, 2: 1.0}]
    weights = damped(star)
    assert weights[2][3] > weights[2][0]
    assert weights[0][2] == weights[2][0]


def test_the_same_seed_gives_the_same_answer():
    graph = cliques(4, 5, bridge=3.0)
    assert agree(graph, 5) == agree(graph, 5)


def test_confidence_is_high_inside_a_clique_and_bounded():
    consensus = agree(cliques(5, 6), 0)
    values = [consensus.confidence(node) for node in range(30)]
    assert all(0.9 <= value <= 1.0 for value in values)
