import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from fakes.code_base import shop

from analyzer.model.facts import Facts
from analyzer.pipeline import conclude
from analyzer.report import page
from analyzer.report.html.map import HEIGHT, WIDTH, layout
from analyzer.report.html.markup import el

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(1)">\'"&'


class Reader(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data):
        self.text[self._open] = self.text.get(self._open, "") + data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def text() -> str:
    return page(conclude(shop().facts(orm_sites=40, orm_sites_resolved=39)), "src")


@pytest.fixture(scope="module")
def hostile() -> str:
    code = shop().model(f"orders.{EVIL}", cascade="accounts.User orders.Order")
    code.transaction(f"orders.services.{EVIL}", f"orders.{EVIL}", "billing.Invoice")
    code.route(EVIL, f"orders.views.{EVIL}", written="orders.Order")
    return page(conclude(code.facts(project=EVIL)), EVIL)


def test_hostile_code_cannot_put_elements_into_the_page(text, hostile):
    honest, attacked = Reader(text), Reader(hostile)
    assert not attacked.all("img")
    assert len(attacked.all("script")) == len(honest.all("script")) == 3
    assert not [a for _, a in attacked.tags if any(name.startswith("on") for name in a)]


def test_hostile_code_cannot_end_the_data_block(hostile):
    block = re.search(r'<script type="application/json" id="cells">(.*?)</script>', hostile, re.S)
    assert block
    assert "<" not in block[1]
    cells = json.loads(block[1])
    assert any("alert(1)" in key for key in cells["tables"])


def test_hostile_code_cannot_end_the_data_that_the_figures_are_made_of(hostile):
    block = re.search(r'<script id="plan" type="application/json">(.*?)</script>', hostile, re.S)
    assert block
    assert "<" not in block[1]
    assert any("alert(1)" in table["label"] for table in json.loads(block[1])["tables"])


def test_nothing_is_fetched_from_anywhere(text):
    reader = Reader(text)
    assert not [a for _, a in reader.tags if {"src", "action", "srcset"} & set(a)]
    assert not reader.all("link")
    assert all((a["href"] or "").startswith("#") for a in reader.all("a"))
    assert "@import" not in text
    assert "url(" not in text


def test_no_style_attributes_which_the_policy_would_block(text):
    assert not [a for _, a in Reader(text).tags if "style" in a]


def test_the_policy_allows_exactly_the_pages_own_style_and_script(text):
    reader = Reader(text)
    [policy] = [a["content"] for a in reader.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    script = re.search(r"<script>(.*?)</script>", text, re.S)
    assert style
    assert script
    for source in (style[1], script[1]):
        assert f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_every_tab_is_there_and_every_link_leads_somewhere(text):
    reader = Reader(text)
    ids = [a["id"] for _, a in reader.tags if "id" in a]
    assert len(ids) == len(set(ids))
    tabs = ["summary", "boundaries", "matrix", "map", "tables", "order", "whatif", "findings", "method"]
    assert [a["id"] for a in reader.all("section")] == tabs
    assert {(a["href"] or "")[1:] for a in reader.all("a")} <= set(ids)


def test_the_matrix_is_a_table_with_headers(text):
    reader = Reader(text)
    scopes = [a.get("scope") for a in reader.all("th")]
    assert "row" in scopes
    assert "col" in scopes
    assert len(reader.all("caption")) == 3


def test_an_empty_project_still_makes_a_page():
    assert "No model was found" in page(conclude(Facts("empty")))


def test_the_same_analysis_makes_the_same_page(text):
    assert page(conclude(shop().facts(orm_sites=40, orm_sites_resolved=39)), "src") == text


def test_text_is_escaped_and_elements_are_not():
    assert el("p", "a < b", el("b", '"'), title='"x"') == '<p title="&quot;x&quot;">a &lt; b<b>&quot;</b></p>'


@pytest.mark.parametrize("count", [1, 2, 7, 12])
def test_boxes_of_the_map_stay_inside_and_do_not_overlap(count):
    spots = list(layout([f"b{i}" for i in range(count)]).values())
    assert len(spots) == count
    assert all(84 <= s.x <= WIDTH - 84 and 23 <= s.y <= HEIGHT - 23 for s in spots)
    for i, one in enumerate(spots):
        for other in spots[i + 1 :]:
            assert abs(one.x - other.x) >= 168 or abs(one.y - other.y) >= 46


def test_a_cell_counts_each_place_once():
    """A transaction over four pairs of tables is one line to change, and one place."""
    code = shop()
    code.transaction(
        "billing.services.close", "billing.Invoice", "billing.Payment", "orders.Order", "orders.Line"
    )
    made = page(conclude(code.facts()))
    block = re.search(r'<script type="application/json" id="cells">(.*?)</script>', made, re.S)
    assert block
    cells = json.loads(block[1])["boundaries"]
    counted = {pair: {kind: count for kind, (count, *_) in kinds.items()} for pair, kinds in cells.items()}
    assert counted["orders|billing"]["cowrite"] == 2
    everywhere = {tuple(place) for _, *places in cells["orders|billing"].values() for place in places}
    row = re.search(r'<th scope="row"><a href="[^"]*">orders</a></th>(.*?)</tr>', made, re.S)
    assert row
    assert f">{len(everywhere)}" in row[1]
