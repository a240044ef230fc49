import pytest

from strangler.telemetry.traces import Parent, begin, read_parent, threshold_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
BITS = 0x0123456789ABCDEF_FEDCBA9876543210_1111111111111111_2222222222222222


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"00",
        f"00-{TRACE}-{SPAN}-01-more".encode(),
        f"ff-{TRACE}-{SPAN}-01".encode(),
        f"00-{TRACE.upper()}-{SPAN}-01".encode(),
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"00-{TRACE}-{SPAN}-1".encode(),
        f"00-{TRACE}-{SPAN}-01\n".encode(),
        f" 00-{TRACE}-{SPAN}-01".encode(),
        f"01-{TRACE}-{SPAN}-01-{'x' * 600}".encode(),
    ],
)
def test_what_is_no_parent_is_none(value: bytes | None) -> None:
    assert read_parent(value) is None


def test_a_stranger_who_records_does_not_make_the_facade_record() -> None:
    parent = Parent(TRACE, SPAN, True)
    assert not begin(parent, 0, BITS).sampled
    assert begin(parent, 0, BITS, trusted=True).sampled


def test_a_parent_is_read_also_from_a_later_version() -> None:
    assert read_parent(f"00-{TRACE}-{SPAN}-00".encode()) == Parent(TRACE, SPAN, False)
    assert read_parent(f"cc-{TRACE}-{SPAN}-03-what-comes".encode()) == Parent(TRACE, SPAN, True)


def test_a_trace_goes_on_with_the_callers_id_and_spans_of_its_own() -> None:
    trace = begin(Parent(TRACE, SPAN, False), threshold_of(100), BITS)
    assert (trace.trace_id, trace.parent_id) == (TRACE, SPAN)
    assert trace.field == f"00-{TRACE}-2222222222222222-01".encode()


def test_a_new_trace_has_no_parent_and_no_id_of_zeros() -> None:
    trace = begin(None, 0, BITS)
    assert (trace.trace_id, trace.parent_id) == ("0123456789abcdeffedcba9876543210", "")
    assert trace.field.endswith(b"-00")
    assert read_parent(begin(None, 0, 0).field) is not None


def test_the_same_trace_is_sampled_everywhere_and_the_share_is_kept() -> None:
    threshold = threshold_of(25)
    numbers = [(number * 0x9E3779B97F4A7C15) % 2**64 for number in range(4000)]
    sampled = [begin(None, threshold, (1 << 192) | (number << 128) | 1).sampled for number in numbers]
    assert 900 < sum(sampled) < 1100
    assert [begin(None, threshold, (7 << 192) | (number << 128) | 9).sampled for number in numbers] == sampled
    assert all(begin(None, threshold_of(100), number << 128).sampled for number in numbers)
    assert not any(begin(None, threshold_of(0), number << 128).sampled for number in numbers)
