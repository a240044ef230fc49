from strangler.telemetry.exposition import Family, Histogram, exposition, merged


def test_a_family_without_series_is_not_told() -> None:
    assert exposition([Family("x", "gauge", "Help.", ())]) == ""


def test_labels_cannot_break_out_of_their_quotes() -> None:
    text = exposition([Family("x", "gauge", "Help.", (({"a": 'a"b\\c\nd'}, 1.5),))])
    assert text == '# HELP x Help.\n# TYPE x gauge\nx{a="a\\"b\\\\c\\nd"} 1.5\n'


def test_a_histogram_is_cumulative() -> None:
    text = exposition([Family("x", "histogram", "Help.", (({}, Histogram((0.5, 1.0), (1, 2, 3), 9.5)),))])
    assert text.splitlines()[2:] == [
        'x_bucket{le="0.5"} 1',
        'x_bucket{le="1"} 3',
        'x_bucket{le="+Inf"} 6',
        "x_sum 9.500000",
        "x_count 6",
    ]


def test_what_several_workers_tell_is_added_up_by_labels() -> None:
    one = [Family("c", "counter", "C.", (({"a": "1"}, 2.0), ({"a": "2"}, 3.0)))]
    two = [
        Family("c", "counter", "C.", (({"a": "2"}, 4.0),)),
        Family("h", "histogram", "H.", (({}, Histogram((1.0,), (1, 1), 2.0)),)),
    ]
    total = merged([*one, *two, *two])
    assert [family.name for family in total] == ["c", "h"]
    assert total[0].series == (({"a": "1"}, 2.0), ({"a": "2"}, 11.0))
    assert total[1].series == (({}, Histogram((1.0,), (2, 2), 4.0)),)
