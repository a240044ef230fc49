// The tab What if: edits of the partition, and the figures that follow.
const whatif = () => {
  const data = JSON.parse(document.getElementById("plan").textContent);
  const draft = { boundaries: data.boundaries, of: data.of };
  let state = draft;
  const ties = data.tables.map((_, t) => [t]);
  data.tied.forEach(([a, b]) => {
    if (ties[a] === ties[b]) return;
    const all = [...ties[a], ...ties[b]];
    all.forEach((t) => { ties[t] = all; });
  });
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text !== "") element.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  };

  // Edits give a new state: boundaries without tables go, and whatever was edited is sure.
  const tidy = (boundaries, of) => {
    const kept = boundaries.map((_, b) => b).filter((b) => of.includes(b));
    const number = new Map(kept.map((b, i) => [b, i]));
    return { boundaries: kept.map((b) => ({ ...boundaries[b], sure: true })), of: of.map((b) => number.get(b)) };
  };
  const named = (name) => state.boundaries.findIndex((b) => b.name === name);
  const open = (name, like) => {
    const at = named(name);
    if (at >= 0) return [state.boundaries, at];
    return [[...state.boundaries, { name, shared: like, library: false, sure: true }], state.boundaries.length];
  };
  const move = (tables, name) => {
    const [boundaries, at] = open(name, false);
    const of = [...state.of];
    tables.forEach((t) => ties[t].forEach((tied) => { of[tied] = at; }));
    state = tidy(boundaries, of);
  };
  const rename = (from, to) => {
    if (named(to) >= 0) { move(members(named(from)), to); return; }
    state = tidy(state.boundaries.map((b) => (b.name === from ? { ...b, name: to } : b)), state.of);
  };
  const share = (name, shared) => {
    state = tidy(state.boundaries.map((b) => (b.name === name ? { ...b, shared } : b)), state.of);
  };
  const members = (b) => state.of.flatMap((at, t) => (at === b ? [t] : []));
  const toml = () => {
    const text = state.boundaries.flatMap((b, i) => {
      if (b.library) return [];
      const models = members(i).filter((t) => !data.tables[t].through).map((t) => data.tables[t].label).sort();
      const was = draft.boundaries.find((other) => other.name === b.name);
      const shared = b.shared || (was && was.shared) ? [`shared = ${b.shared}`] : [];
      return [`[boundaries.${b.name}]`, "models = [", ...models.map((label) => `    ${JSON.stringify(label)},`), "]", ...shared, ""];
    });
    return text.join("\n");
  };

  const columns = [
    ["tables", (f) => f.tables], ["routes", (f) => f.routes], ["cohesion", (f) => f.cohesion.toFixed(2)],
    ["leaks in", (f) => f.leaksIn], ["leaks out", (f) => f.leaksOut], ["purity", (f) => f.purity.toFixed(2)],
    ["distributed writes", (f) => f.distributed], ["blockers", (f) => f.blockers], ["cost", (f) => f.cost.toFixed(0)],
    ["value", (f) => (f.value === undefined ? "" : f.value.toFixed(2))],
    ["risk", (f) => (f.risk === undefined ? "" : f.risk.toFixed(2))],
  ];
  const tone = {
    "extract now": "go", "extract after": "wait", "keep in the monolith": "stay", "shared reference data": "share",
  };
  const before = new Map(plan(data, draft.of, draft.boundaries).map((f) => [f.name, f]));

  const figures = () => {
    const table = make("table", "");
    const head = make("tr", "");
    ["boundary", "verdict", ...columns.map(([title]) => title)].forEach((title, i) =>
      head.append(make("th", title, { scope: "col", ...(i > 1 ? { class: "n" } : {}) })));
    table.append(make("thead", ""));
    table.tHead.append(head);
    const body = make("tbody", "");
    plan(data, state.of, state.boundaries).forEach((f) => {
      const old = before.get(f.name);
      const row = make("tr", "", { class: "item" });
      row.append(make("th", f.name, { scope: "row" }));
      const verdict = make("td", "");
      verdict.append(make("span", f.verdict, { class: "badge " + tone[f.verdict] }));
      row.append(verdict);
      columns.forEach(([, show]) => {
        const now = show(f), then = old === undefined ? "" : show(old);
        const cell = make("td", now, { class: now === then ? "n" : "n moved" });
        if (now !== then) cell.title = old === undefined ? "new" : "was " + (then === "" ? "none" : then);
        row.append(cell);
      });
      body.append(row);
    });
    table.append(body);
    document.getElementById("whatif-plan").replaceChildren(table);
  };

  // A list of all boundaries for each of many models is filled when it is first entered.
  const choice = (selected, label, extra = [], later = false) => {
    const select = make("select", "", { "aria-label": label });
    const fill = () => {
      const names = state.boundaries.filter((b) => !b.library).map((b) => b.name).sort().concat(extra);
      select.replaceChildren(...names.map((name) => make("option", name, { value: name })));
      if (selected) select.value = selected;
    };
    if (later) {
      select.append(make("option", selected, { value: selected }));
      const enter = () => { if (select.options.length === 1) fill(); };
      ["focus", "pointerdown"].forEach((event) => select.addEventListener(event, enter));
    } else fill();
    return select;
  };
  const field = (label, value = "") => {
    const input = make("input", "", { type: "text", "aria-label": label, size: 14, spellcheck: "false", autocomplete: "off" });
    input.value = value;
    return input;
  };
  const valid = (name) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name) && !(named(name) >= 0 && state.boundaries[named(name)].library);
  const button = (text, act) => {
    const element = make("button", text, { type: "button" });
    element.addEventListener("click", () => { act(); draw(); });
    return element;
  };
  const tools = () => {
    const from = choice("", "boundary to rename, merge or share"), to = field("new name, or a boundary to merge into");
    const saved = make("a", "Save strangler.toml", { download: "strangler.toml", class: "button" });
    saved.href = "data:text/plain;charset=utf-8," + encodeURIComponent(toml());
    document.getElementById("whatif-tools").replaceChildren(
      make("label", "Boundary "), from,
      button("Rename or merge into", () => { if (valid(to.value)) rename(from.value, to.value); }), to,
      button("Share or extract", () => share(from.value, !state.boundaries[named(from.value)].shared)),
      button("Undo everything", () => { state = draft; }), saved);
  };
  const NEW = "new boundary …";
  const models = () => {
    const table = make("table", "", { class: "narrow" });
    const head = make("tr", "");
    ["model", "boundary"].forEach((title) => head.append(make("th", title, { scope: "col" })));
    table.append(make("thead", ""));
    table.tHead.append(head);
    const body = make("tbody", "");
    const rows = data.tables.map((table, t) => [table, t]).filter(([table]) => !table.library && !table.through);
    rows.sort(([a], [b]) => (a.label < b.label ? -1 : 1));
    rows.forEach(([table, t]) => {
      const now = state.boundaries[state.of[t]].name, then = draft.boundaries[draft.of[t]].name;
      const row = make("tr", "", { class: "item" });
      const label = make("th", "", { scope: "row" });
      label.append(make("code", table.label));
      const cell = make("td", "", now === then ? {} : { class: "moved", title: "was " + then });
      const select = choice(now, "boundary of " + table.label, [NEW], true);
      select.addEventListener("change", () => {
        let name = select.value;
        if (name === NEW) {
          const stem = table.label.split(".").pop().toLowerCase();
          name = stem;
          for (let i = 2; named(name) >= 0; i += 1) name = stem + "-" + i;
        }
        move([t], name);
        draw(table.label);
      });
      cell.append(select);
      row.append(label, cell);
      body.append(row);
    });
    table.append(body);
    document.getElementById("whatif-models").replaceChildren(table);
  };
  const draw = (focus = "") => {
    figures();
    tools();
    models();
    if (focus) document.querySelector(`[aria-label="boundary of ${CSS.escape(focus)}"]`)?.focus();
  };
  return { draw };
};
