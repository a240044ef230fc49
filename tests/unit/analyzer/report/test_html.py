import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import accumulate
from pathlib import Path

import pytest
from fakes.code_base import shop

from analyzer.coupling import index_tables
from analyzer.model.facts import Facts
from analyzer.model.plan import Analysis
from analyzer.pipeline import conclude, run
from analyzer.report import page
from analyzer.report.html.evidence import distinct, gather
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


@pytest.fixture(scope="module", params=[True, False], ids=["small", "large"])
def hostile(request: pytest.FixtureRequest) -> str:
    code = shop().model(f"orders.{EVIL}", cascade="accounts.User orders.Order")
    code.transaction(f"orders.services.{EVIL}", f"orders.{EVIL}", "billing.Invoice")
    code.route(EVIL, f"orders.views.{EVIL}", written="orders.Order")
    return page(conclude(code.facts(project=EVIL)), EVIL, eager=10**9 if request.param else 0)


def test_hostile_code_cannot_put_elements_into_the_page(text, hostile):
    honest, attacked = Reader(text), Reader(hostile)
    assert not attacked.all("img")
    kept_back = [script for script in attacked.all("script") if script.get("class") == "later"]
    assert len(attacked.all("script")) - len(kept_back) == len(honest.all("script")) == 3
    assert not re.search(r"<(img|script>alert)", attacked.text["script"])
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
    tabs = [
        "summary",
        "boundaries",
        "matrix",
        "map",
        "tables",
        "order",
        "whatif",
        "findings",
        "inventory",
        "method",
    ]
    assert [a["id"] for a in reader.all("section")] == tabs
    assert {(a["href"] or "")[1:].partition("!")[0] for a in reader.all("a")} <= set(ids)


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
    data = json.loads(block[1])
    merged: dict[str, set[int]] = {}
    for pair, kinds in data["tables"].items():
        if [data["of"][table] for table in pair.split("|")] == ["orders", "billing"]:
            for kind, steps in kinds.items():
                merged.setdefault(kind, set()).update(accumulate(steps))
    assert len(merged["cowrite"]) == 2
    everywhere = set().union(*merged.values())
    assert max(everywhere) < sum(len(lines) for _, *lines in data["files"])
    row = re.search(r'<th scope="row"><a href="[^"]*">orders</a></th>(.*?)</tr>', made, re.S)
    assert row
    assert f">{len(everywhere)}" in row[1]


SAMPLE = Path(__file__).parents[4] / "sample_monolith"


@pytest.fixture(scope="module")
def sample() -> Analysis:
    return run(SAMPLE).analysis()


def test_no_figure_of_the_summary_is_without_a_link(text):
    figures = re.search(r'<dl class="figures">(.*?)</dl>', text, re.S)
    assert figures
    assert len(re.findall(r"<dd><a href", figures[1])) == len(re.findall("<dd>", figures[1])) == 6
    summary = re.search(r'<section id="summary".*?</table>', text, re.S)
    assert summary
    numbers = re.findall(r'<td class="n">(.*?)</td>', summary[0])
    assert numbers
    assert all(number.startswith("<a href") for number in numbers)


def test_the_places_behind_a_figure_are_as_many_as_it_says(sample):
    found = gather(sample, index_tables(sample.facts))
    for b in sample.boundaries:
        assert distinct(found.used[b.name], b.name) == b.metrics.leaks_in
        assert distinct(found.using[b.name]) == b.metrics.leaks_out
        kinds = found.weights[b.name].values()
        inside, across = (sum(both[i] for both in kinds) for i in (0, 1))
        assert round(inside / (inside + across / 2), 3) == b.metrics.cohesion


def test_no_place_of_a_bill_or_a_finding_is_left_out(sample):
    made = page(sample)
    shown = set(re.findall(r"<code>([^<:]+):([\d, ]+)</code>", made))
    places = {(file, int(line)) for file, lines in shown for line in lines.split(", ")}
    wanted = {p for b in sample.boundaries for item in b.bill for p in item.locations}
    wanted |= {p for finding in sample.findings for p in finding.locations}
    assert {(p.file, p.line) for p in wanted if p.file} <= places
    assert "<code>:" not in made
    assert not re.search(r"and \d[\d,]* more in", made)


def test_every_module_model_and_url_pattern_is_in_the_inventory(sample):
    made = page(sample)
    listed = re.search(r'<section id="inventory".*?</section>', made, re.S)
    assert listed
    facts = sample.facts
    for part, number in (
        ("i-modules", len(facts.modules)),
        ("i-models", sum(not m.library and not m.abstract for m in facts.models)),
        ("i-routes", len(facts.routes)),
    ):
        rows = re.search(rf'<details id="{part}">.*?(?=<details id=|</section>)', listed[0], re.S)
        assert rows
        assert rows[0].count('<tr class="item">') == number


def test_a_large_page_keeps_back_the_same_lists(text):
    whole = conclude(shop().facts(orm_sites=40, orm_sites_resolved=39))
    large = page(whole, "src", eager=0)
    unfolded = re.sub(r'<script type="text/html" class="later">(.*?)</script>', r"\1", large, flags=re.S)
    assert len(re.findall('class="later"', large)) > 20
    without = re.sub(r"<noscript><p>Without JavaScript, the long lists.*?</noscript>", "", unfolded)
    assert without == text
    assert "<!--" not in text + large
