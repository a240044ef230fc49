"use strict";
(() => {
  const root = document.documentElement;
  const tabs = [...document.querySelectorAll(".tab")];
  const links = [...document.querySelectorAll("nav a")];
  const search = document.getElementById("search");
  const hits = document.getElementById("hits");
  let data = null, edited = null;

  // The hash holds the whole state: #place, #place?q=words, #matrix!row|column
  const state = () => {
    const [place, query = ""] = location.hash.slice(1).split("?q=");
    const [id, cell = ""] = place.split("!");
    const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
    return { id: decode(id) || "summary", cell: decode(cell), query: decode(query) };
  };
  const remember = (next) => {
    const s = { ...state(), ...next };
    const hash = "#" + encodeURIComponent(s.id) + (s.cell ? "!" + encodeURIComponent(s.cell) : "") +
      (s.query ? "?q=" + encodeURIComponent(s.query) : "");
    history.replaceState(null, "", hash);
  };

  // What a large page keeps back as data becomes part of it where somebody looks.
  const unfold = (element) => element.querySelectorAll("script.later").forEach((script) => {
    const template = document.createElement("template");
    template.innerHTML = script.textContent;
    script.replaceWith(template.content);
  });

  const show = () => {
    const { id, cell, query } = state();
    const target = document.getElementById(id) || tabs[0];
    const tab = target.closest(".tab") || tabs[0];
    tabs.forEach((t) => t.classList.toggle("here", t === tab));
    links.forEach((a) => {
      if (a.hash === "#" + tab.id) a.setAttribute("aria-current", "page");
      else a.removeAttribute("aria-current");
    });
    if (tab.id !== "boundaries" && query) unfold(tab);
    [...tab.querySelectorAll("script.later")].filter((s) => !s.closest("details")).forEach((s) => unfold(s.parentElement));
    if (tab.id === "whatif" && !edited) {
      edited = whatif();
      edited.draw();
    }
    search.value = query;
    filter(tab, query);
    tab.querySelectorAll(".grid:not(:has(td[tabindex]))").forEach((grid) => {
      const first = grid.querySelector("td[title]");
      if (first) first.tabIndex = 0;
    });
    tab.querySelectorAll(".scroll").forEach((box) => {  // what scrolls must be in reach of the keyboard
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    });
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) {
      unfold(box);
      box.open = true;
    }
    if (target === tab) window.scrollTo(0, 0);
    else target.scrollIntoView();
    if (cell) choose(find(cell));
  };

  const filter = (tab, query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (element) => words.every((word) => element.textContent.toLowerCase().includes(word));
    const items = [...tab.querySelectorAll(".item")].filter((item) => !item.parentElement.closest(".item"));
    let found = 0;
    items.forEach((item) => {
      const fit = fits(item);
      item.hidden = !fit;
      found += fit;
      item.querySelectorAll("details").forEach((d) => { if (words.length && fit) d.open = fits(d); });
      const around = item.parentElement.closest("details");
      if (words.length && fit && around) around.open = true;
    });
    tab.querySelectorAll(".grid th").forEach((th) => {
      const fit = words.length > 0 && fits(th);
      th.classList.toggle("found", fit);
      if (!items.length) found += fit;
    });
    hits.textContent = words.length ? (found === 1 ? "1 match" : found + " matches") : "";
  };

  // Matrix: one cell in the tab order, arrow keys move between the filled ones.
  const names = (td) => {
    const table = td.closest("table");
    const row = td.parentElement.cells[0].textContent;
    return [table.dataset.grid, row, table.tHead.rows[0].cells[td.cellIndex].textContent];
  };
  const find = (key) => {
    const [grid, row, column] = key.split("|");
    return [...document.querySelectorAll(`table[data-grid] td[title]`)].find((td) => {
      const [g, r, c] = names(td);
      return g === grid && r === row && c === column;
    });
  };
  const make = (tag, text) => {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
  };
  // The places of a cell by kind: each list of numbers says how much higher each is than the one before.
  const evidence = (grid, row, column) => {
    data = data || JSON.parse(document.getElementById("cells").textContent);
    const kinds = new Map();
    const add = (packed) => Object.entries(packed || {}).forEach(([kind, steps]) => {
      const found = kinds.get(kind) || kinds.set(kind, new Set()).get(kind);
      steps.reduce((number, step) => { found.add(number + step); return number + step; }, 0);
    });
    if (grid !== "boundaries") add(data[grid][row + "|" + column]);
    else Object.entries(data.tables).forEach(([pair, packed]) => {
      const [one, other] = pair.split("|");
      if (data.of[one] === row && data.of[other] === column) add(packed);
    });
    return new Map([...kinds].sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const byFile = (found) => {
    const files = [];
    let first = 0;
    data.files.forEach(([file, ...lines]) => {
      const own = lines.filter((_, i) => found.has(first + i));
      if (own.length) files.push([file, own]);
      first += lines.length;
    });
    return files;
  };
  const choose = (td) => {
    if (!td) return;
    document.querySelectorAll("td.chosen").forEach((other) => other.classList.remove("chosen"));
    td.classList.add("chosen");
    const [grid, row, column] = names(td);
    const tab = td.closest(".tab"), panel = tab.querySelector(".evidence");
    panel.replaceChildren(make("h4", row + " uses " + column));
    [...evidence(grid, row, column)].forEach(([kind, found]) => {
      const line = make("p", found.size + " " + kind + ": ");
      byFile(found).forEach(([file, lines], i) => {
        if (i) line.append("; ");
        line.append(make("code", file + ":" + lines.join(", ")));
      });
      panel.append(line);
    });
    remember({ id: tab.id, cell: [grid, row, column].join("|") });
  };
  const step = (td, rows, columns) => {
    let row = td.parentElement.rowIndex, column = td.cellIndex;
    const all = td.closest("table").rows;
    for (;;) {
      row += rows; column += columns;
      const next = all[row] && all[row].cells[column];
      if (!next || next.tagName !== "TD") return null;
      if (next.title) return next;
    }
  };
  const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  document.addEventListener("click", (event) => choose(event.target.closest(".grid td[title]")));
  document.addEventListener("keydown", (event) => {
    const td = event.target.closest(".grid td[title]");
    if (!td) return;
    if (event.key === "Enter" || event.key === " ") { choose(td); event.preventDefault(); }
    const move = arrows[event.key];
    const next = move && step(td, ...move);
    if (next) {
      td.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("toggle", (event) => { if (event.target.open) unfold(event.target); }, true);

  search.addEventListener("input", () => {
    remember({ query: search.value });
    const tab = document.querySelector(".tab.here");
    if (tab.id !== "boundaries") unfold(tab);
    filter(document.querySelector(".tab.here"), search.value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) { search.focus(); search.select(); event.preventDefault(); }
    if (event.key === "Escape" && document.activeElement === search) {
      search.value = "";
      search.dispatchEvent(new Event("input"));
      search.blur();
    }
  });
  window.addEventListener("beforeprint", () => {
    unfold(document);
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
  });
  window.addEventListener("hashchange", show);
  root.classList.add("js");
  show();
})();
