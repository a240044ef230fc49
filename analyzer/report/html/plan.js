// What follows from a partition of the tables, as analyzer.boundaries computes it: where code belongs (place), the figures
// (metrics), what each cut costs (bill), the verdict, value and risk (order). The same sums in the same order.
const plan = (data, of, boundaries) => {
  const DEFINES = 4, APP = 0.3, HOME = 0.5, ENOUGH = 0.5, GENERIC = 40, COHESIVE = 0.35, CHATTY = 1.5;
  const WRITES = 1, EXEMPT = 2, JOINS = 4;
  const COST = { transaction: 10, shared_write: 8, signal: 7, cascade: 6, join: 5, fk: 3, task: 3, read: 2, import: 0.5 };
  const BLOCKERS = ["transaction", "shared_write", "signal"];
  const library = (table) => data.tables[table].library;
  const shared = (b) => boundaries[b].shared;
  const name = (b) => (b < 0 ? "" : boundaries[b].name);
  const add = (map, key, amount) => map.set(key, (map.get(key) || 0) + amount);
  const sum = (values) => { let total = 0; for (const value of values) total += value; return total; };
  const into = (map, key, make) => { if (!map.has(key)) map.set(key, make()); return map.get(key); };
  const round = (value, digits) => {  // as Python rounds: halves that are exact go to the even digit
    const scaled = value * 10 ** digits;
    const tie = Math.abs(scaled % 1) === 0.5 && Number.isInteger(value * 2 ** 20);
    return tie ? 2 * Math.round(scaled / 2) / 10 ** digits : Number(value.toFixed(digits));
  };
  const best = (scores) => {
    let found = -1, most = -Infinity;
    for (const [b, score] of scores) {
      if (score > most || (score === most && name(b) < name(found))) { found = b; most = score; }
    }
    return found;
  };

  // place: everything that is not a table
  const choose = (scores, leaning, fallback, lean) => {
    const drawn = new Map([...scores].filter(([b]) => b === leaning || !shared(b)));
    const total = sum(drawn.values());
    if (!total) return fallback >= 0 ? fallback : best(scores);
    if (leaning >= 0) add(drawn, leaning, lean * total);
    const found = best(drawn);
    return found === leaning || drawn.get(found) >= ENOUGH * sum(drawn.values()) ? found : fallback;
  };
  const homesOfApps = () => {
    const byApp = new Map(), byBoundary = new Map();
    data.tables.forEach((table, t) => {
      if (table.library) return;
      add(into(byApp, table.app, () => new Map()), of[t], 1);
      add(into(byBoundary, of[t], () => new Map()), table.app, 1);
    });
    const main = (apps) => [...apps].reduce((x, y) => (y[1] > x[1] || (y[1] === x[1] && y[0] < x[0]) ? y : x))[0];
    const homes = new Map();
    for (const [app, counts] of byApp) {
      const b = best(counts);
      if (main(byBoundary.get(b)) === app) homes.set(app, b);
    }
    return homes;
  };
  const homes = homesOfApps();
  const homeOf = (app) => (homes.has(app) ? homes.get(app) : -1);
  const accesses = (() => {
    const owners = new Map();
    for (const [table, , place, flags] of data.accesses) {
      if (!(flags & EXEMPT)) into(owners, place, () => new Set()).add(of[table]);
    }
    return data.accesses.filter(([, , place, flags]) => flags & EXEMPT || owners.get(place).size < 3);
  })();
  const placeModules = () => {
    const scores = new Map(), users = new Map();
    const drawing = accesses.filter(([table]) => !library(table));
    for (const [table, module] of drawing) into(users, table, () => new Set()).add(module);
    for (const [table, module, , flags] of drawing) {
      add(into(scores, module, () => new Map()), of[table], (flags & WRITES ? 2 : 1) / Math.sqrt(users.get(table).size));
    }
    for (const [table, module] of data.defined) {
      if (!library(table)) add(into(scores, module, () => new Map()), of[table], DEFINES);
    }
    const placed = new Map(), votes = new Map(), places = new Map();
    const put = (m, found) => {
      const home = homeOf(data.modules[m].app);
      const b = choose(found, home, home, APP);
      if (b >= 0) placed.set(m, b);
    };
    data.modules.forEach((module, m) => { if (module.product && scores.has(m)) put(m, scores.get(m)); });
    placed.forEach((b, m) => places.set(m, b));
    for (const [source, target] of data.imports) {
      for (const [one, other] of [[source, target], [target, source]]) {
        if (!scores.has(one) && places.has(other)) add(into(votes, one, () => new Map()), places.get(other), 1);
      }
    }
    data.modules.forEach((module, m) => {
      if (module.product && !scores.has(m)) put(m, votes.get(m) || new Map());
    });
    return placed;
  };
  const modules = placeModules();
  const at = (module) => (modules.has(module) ? modules.get(module) : -1);
  const placeUsers = (users) => {
    const popular = new Map();
    for (const user of users) for (const table of new Set([...user.read, ...user.written])) add(popular, table, 1);
    return users.map((user) => {
      const scores = new Map();
      const touch = (tables, weight) => tables.forEach((t) => {
        if (!library(t)) add(scores, of[t], weight / Math.sqrt(popular.get(t)));
      });
      touch(user.read, 1);
      touch(user.written, 2);
      const home = at(user.module);
      const own = user.module >= 0 ? homeOf(data.modules[user.module].app) : homeOf("");
      return choose(scores, home, home >= 0 && home === own ? home : -1, HOME);
    });
  };
  const routes = placeUsers(data.routes);
  const tasks = placeUsers(data.tasks);

  // metrics
  const found = boundaries.map((b) => ({
    name: b.name, tables: 0, routes: 0, lines: 0, inside: 0, crossing: 0, leaksIn: new Set(), leaksOut: new Set(),
    distributed: 0, items: [], load: [0, 0, 0], commits: 0, purity: [0, 0],
  }));
  of.forEach((b) => { found[b].tables += 1; });
  routes.forEach((b, i) => {
    if (b < 0) return;
    found[b].routes += 1;
    (data.routes[i].load || []).forEach((value, k) => { found[b].load[k] += value; });
  });
  for (const [module, b] of modules) found[b].lines += data.modules[module].lines;
  for (const [one, other, weight] of data.weights) {
    if (of[one] === of[other]) found[of[one]].inside += weight;
    else { found[of[one]].crossing += weight; found[of[other]].crossing += weight; }
  }
  const used = new Map();
  for (const [table, module, place] of accesses) {
    const owner = of[table], user = at(module);
    if (owner !== user) {
      found[owner].leaksIn.add(place);
      if (user >= 0) found[user].leaksOut.add(place);
    }
    if (user >= 0) add(into(used, table, () => new Map()), user, 1);
  }
  const kinds = new Set(of).size;
  for (const [table, counts] of used) {
    const total = sum(counts.values());
    const shares = [...counts.values()].map((count) => count / total);
    const pure = kinds < 2 ? 1 : Math.max(0, 1 + sum(shares.map((p) => p * Math.log(p))) / Math.log(kinds));
    found[of[table]].purity[0] += pure * total;
    found[of[table]].purity[1] += total;
  }

  // bill
  const bill = (b, kind, sites, out = false) => found[b].items.push({ kind, sites, out });
  for (const [kind, one, other, sites] of data.cuts) {
    if (of[one] !== of[other]) {
      bill(of[one], kind, sites, kind !== "join");
      bill(of[other], kind, sites);
    }
  }
  const blocks = new Map();
  for (const span of data.spans) {
    const over = span.tables > GENERIC ? [] : new Set(span.written.map((t) => of[t]));
    if (over.size > 1) over.forEach((b) => into(blocks, span.block, () => [span.module, new Set()])[1].add(b));
  }
  for (const [module, over] of blocks.values()) {
    over.forEach((b) => {
      found[b].distributed += 1;
      bill(b, "transaction", 1, at(module) === b);
    });
  }
  const sites = new Map();
  for (const [table, module, place, flags] of accesses) {
    const owner = of[table], user = at(module), write = flags & WRITES;
    if (user >= 0 && owner !== user && !(flags & JOINS) && !library(table)) {
      into(sites, (2 * table + write) * boundaries.length + user, () => [owner, user, write, new Set()])[3].add(place);
    }
  }
  for (const [owner, user, write, places] of sites.values()) {
    bill(owner, write ? "shared_write" : "read", places.size);
    bill(user, write ? "shared_write" : "read", places.size, true);
  }
  for (const job of data.jobs) {
    const home = tasks[job.task];
    if (home >= 0 && job.tables.some((t) => of[t] !== home)) bill(home, "task", 1, true);
  }
  const imports = new Map();
  for (const [one, other, places] of data.imports) {
    const a = at(one), b = at(other);
    if (a >= 0 && b >= 0 && a !== b && !shared(b)) {
      const all = into(imports, [a, b].join(), () => [a, new Set()])[1];
      places.forEach((place) => all.add(place));
    }
  }
  for (const [a, places] of imports.values()) bill(a, "import", places.size, true);
  for (const touched of data.changes) {
    const over = new Set(touched.map(at).filter((b) => b >= 0));
    over.forEach((b) => { found[b].commits += 1; });
  }

  // verdicts, then value and risk
  const candidates = boundaries.filter((b) => !b.shared).length;
  const judged = found.map((f, i) => {
    const total = f.inside + f.crossing / 2;
    const cohesion = total ? round(f.inside / total, 3) : 1;
    const blocking = f.items.filter((item) => BLOCKERS.includes(item.kind));
    const outward = blocking.filter((item) => item.out).length;
    const stays = candidates < 2 || (!boundaries[i].sure) || (cohesion < COHESIVE && outward >= CHATTY * f.tables);
    const counts = {};
    f.items.forEach((item) => { counts[item.kind] = (counts[item.kind] || 0) + 1; });
    return {
      name: f.name, tables: f.tables, routes: f.routes, lines: f.lines, cohesion, counts, load: f.load, commits: f.commits,
      purity: f.purity[1] ? round(f.purity[0] / f.purity[1], 3) : 1,
      leaksIn: f.leaksIn.size, leaksOut: f.leaksOut.size, distributed: f.distributed, blockers: blocking.length,
      cost: round(sum(f.items.map((item) => COST[item.kind] * (1 + Math.log2(Math.max(1, item.sites)) / 4))), 2),
      verdict: boundaries[i].shared ? "shared reference data"
        : stays ? "keep in the monolith" : blocking.length ? "extract after" : "extract now",
    };
  });
  const open = judged.filter((f) => f.verdict === "extract now" || f.verdict === "extract after");
  const most = (pick) => Math.max(0, ...open.map(pick)) || 1;
  const top = {
    routes: most((f) => f.routes), lines: most((f) => f.lines), cost: most((f) => f.cost), commits: most((f) => f.commits),
    load: [0, 1, 2].map((k) => most((f) => f.load[k])),
  };
  open.forEach((f) => {
    const parts = [[1, 0.5 * f.routes / top.routes + 0.3 * f.lines / top.lines + 0.2 * f.cohesion]];
    if (data.observed) parts.push([1, sum([0.4, 0.4, 0.2].map((share, k) => share * f.load[k] / top.load[k]))]);
    if (data.changes.length) parts.push([0.5, f.commits / top.commits]);
    f.value = round(sum(parts.map(([weight, part]) => weight * part)) / sum(parts.map(([weight]) => weight)), 3);
    f.risk = round(f.cost / top.cost, 3);
  });
  return judged;
};
