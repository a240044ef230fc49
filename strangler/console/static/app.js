// The dashboard: what /api/stream says, as a table and a page for each group. The token stays in this tab.
import { html, render, useEffect, useRef, useState } from "./vendor/htm-preact.js";

const TOKEN = "strangler-token";
const STALE = 5;          // seconds after which figures are greyed
const REASON = "from the dashboard";

let token = sessionStorage.getItem(TOKEN) || "";

class Failed extends Error {
  constructor(status, answer) {
    super([answer.error, answer.remedy].filter(Boolean).join(". "));
    this.status = status;
  }
}

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const told = await answer.json().catch(() => ({ error: `the admin API answered ${answer.status}` }));
  if (!answer.ok) throw new Failed(answer.status, told);
  return told;
}

const change = (verb, reason = REASON) => ask("POST", "/api/changes", { change: verb, reason });

// Server-sent events over fetch, which, other than EventSource, can send a token. Falls back to asking every 2 s.
async function follow(heard, signal) {
  while (!signal.aborted) {
    try {
      const answer = await fetch("/api/stream", { headers: { Authorization: `Bearer ${token}` }, signal });
      if (!answer.ok || !answer.body) throw new Failed(answer.status, await answer.json().catch(() => ({})));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; ;) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
        const events = text.split("\n\n");
        text = events.pop();
        for (const event of events) if (event.startsWith("data: ")) heard(JSON.parse(event.slice(6)));
      }
    } catch (error) {
      if (error.status === 401) return heard({ denied: true });
      try { heard(await ask("GET", "/api/board")); } catch (again) { if (again.status === 401) return heard({ denied: true }); }
    }
    await new Promise((ready) => setTimeout(ready, 2000));
  }
}

const number = (value, digits = 1) => value == null ? "–" : value.toLocaleString("en", { maximumFractionDigits: digits });
const percent = (value) => value == null ? "–" : `${number(value * 100, 2)} %`;
const milliseconds = (value) => value == null ? "–" : value < 1 ? `${number(value * 1000, value < 0.01 ? 1 : 0)} ms` : `${number(value, 2)} s`;
const ago = (seconds) => seconds < 90 ? `${Math.max(0, Math.round(seconds))} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : seconds < 129600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
const clock = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) + "Z";
const both = (group, pick, show) => html`<span class="old">${show(pick(group.monolith))}</span> <span class="quiet">|</span> <span class="new">${show(pick(group.service))}</span>`;
const verdictClass = { pass: "good", fail: "bad", inconclusive: "warn" };

function App() {
  const [board, setBoard] = useState(null);
  const [me, setMe] = useState(null);
  const [hash, setHash] = useState(location.hash);
  const [notice, setNotice] = useState(null);
  const [now, setNow] = useState(Date.now());
  const [entered, setEntered] = useState(0);

  useEffect(() => {
    const turned = () => setHash(location.hash);
    addEventListener("hashchange", turned);
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => { removeEventListener("hashchange", turned); clearInterval(timer); };
  }, []);
  useEffect(() => {
    if (!token) return setMe(null);
    const stop = new AbortController();
    ask("GET", "/api/me").then(setMe, (error) => setNotice({ error: true, text: error.message }));
    follow((told) => {
      if (told.denied) { token = ""; sessionStorage.removeItem(TOKEN); setMe(null); setBoard(null); setEntered((n) => n + 1); }
      else setBoard({ ...told, heard: Date.now() });
    }, stop.signal);
    return () => stop.abort();
  }, [entered]);

  const enter = (secret) => { token = secret; sessionStorage.setItem(TOKEN, secret); setNotice(null); setEntered((n) => n + 1); };
  const act = (what) => what.then(
    (told) => setNotice({ text: told.summary || told.told || "done", alarms: told.alarms }),
    (error) => setNotice({ error: true, text: error.message }));
  if (!me) return html`<${Login} enter=${enter} notice=${notice} />`;

  const age = board ? (now - board.heard) / 1000 : 0;
  const stale = board && age > STALE;
  const name = hash.startsWith("#/group/") ? decodeURIComponent(hash.slice(8)) : null;
  const group = board && name ? board.groups.find((one) => one.name === name) : null;
  const operator = me.role === "operator";
  return html`
    <div class=${stale ? "stale" : ""}>
      <header class="top">
        <h1><a href="#/">strangler</a></h1>
        ${board && html`<span>table version ${board.version}</span>`}
        ${board && html`<span>${number(board.requests)} requests/s, ${percent(board.moved)} answered by services</span>`}
        <span class="right">${me.name} (${me.role}) <button onClick=${() => enter("")}>Leave</button></span>
      </header>
      ${stale && html`<div class="banner" role="alert">These figures are ${ago(age)} old: the facade does not answer.</div>`}
      ${board && board.trouble && html`<div class="banner" role="alert">${board.trouble}</div>`}
      <main>
        <div aria-live="polite">${notice && html`<div class=${`notice ${notice.error ? "error" : ""}`} id="notice">
          ${notice.text} ${(notice.alarms || []).map((alarm) => html`<div class="bad">${alarm}</div>`)}
          <button onClick=${() => setNotice(null)} aria-label="Close this message">×</button></div>`}</div>
        ${board && (board.pending || []).map((one) => html`<${Waiting} key=${one.id} one=${one} me=${me} act=${act} />`)}
        ${!board ? html`<p>Waiting for the facade …</p>`
          : name ? (group ? html`<${Group} key=${name} group=${group} board=${board} operator=${operator} act=${act} />` : html`<p>There is no group ${name}. <a href="#/">All groups</a></p>`)
          : html`<${Groups} board=${board} operator=${operator} act=${act} now=${now} />`}
      </main>
    </div>`;
}

function Login({ enter, notice }) {
  const field = useRef();
  return html`<main><form class="login card" onSubmit=${(event) => { event.preventDefault(); enter(field.current.value.trim()); }}>
    <h1>strangler</h1>
    ${notice && notice.error && html`<div class="notice error" role="alert">${notice.text}</div>`}
    <label for="token">Token</label>
    <input id="token" type="password" autocomplete="off" required ref=${field} />
    <button class="primary" type="submit">Enter</button>
    <p class="quiet">Make one with <code>strangler tokens add NAME --role operator</code>. It stays in this tab.</p>
  </form></main>`;
}

// A change that two people have to want.
function Waiting({ one, me, act }) {
  const able = me.role === "operator" && me.name !== one.actor;
  const why = me.role !== "operator" ? "Your token may read only" : able ? "" : "It is your own change";
  const answer = (approve) => act(ask("POST", "/api/approvals", { id: one.id, approve }));
  return html`<div class="notice row" data-pending=${one.id}><span>${one.actor} asks: ${one.summary}${one.reason && ` (${one.reason})`}</span>
    <button disabled=${!able} title=${why} aria-label=${`Approve ${one.summary}`} onClick=${() => answer(true)}>Approve</button>
    <button disabled=${me.role !== "operator"} aria-label=${`Reject ${one.summary}`} onClick=${() => answer(false)}>Reject</button></div>`;
}

function Rollback({ group, operator, act }) {
  const nothing = group.share === 0 && !group.exceptions;
  const why = !operator ? "Your token may read only" : nothing ? "All of it is on the monolith" : "Back to the monolith, at once";
  return html`<button class="danger" disabled=${!operator || nothing} title=${why} aria-label=${`Roll back ${group.name}`}
    onClick=${() => act(change({ verb: "rollback", name: group.name }))}>Roll back</button>`;
}

function Groups({ board, operator, act, now }) {
  if (!board.groups.length) return html`<p>No route leaves the monolith yet. Begin with <code>strangler routes add</code> or <code>strangler routes import</code>.</p>`;
  return html`<div class="scroll"><table id="groups">
    <caption class="quiet">What each group does: <span class="old">monolith</span> | <span class="new">service</span>, over the last minute.</caption>
    <thead><tr><th scope="col">Group</th><th scope="col">Share of the service</th><th scope="col" class="number">Requests/s</th><th scope="col" class="number">Errors</th><th scope="col" class="number">p95</th><th scope="col" class="number">Differ</th><th scope="col">Guard</th><th scope="col">Writer</th><th scope="col">Last change</th><th scope="col"><span class="quiet">Way back</span></th></tr></thead>
    <tbody>${board.groups.map((group) => html`<tr key=${group.name} data-group=${group.name}>
      <th scope="row"><a href=${`#/group/${encodeURIComponent(group.name)}`}>${group.name}</a><div class="quiet">${group.patterns.slice(0, 2).map((p) => html`<div><code>${p}</code></div>`)}${group.routes > 2 && html`<div>and ${group.routes - 2} more</div>`}</div></th>
      <td><${Share} group=${group} /></td>
      <td class="number">${both(group, (side) => side.requests, number)}</td>
      <td class="number">${both(group, (side) => side.errors, percent)}</td>
      <td class="number">${both(group, (side) => side.p95, milliseconds)}</td>
      <td class="number">${group.compared ? percent(group.differing / group.compared) : "–"}</td>
      <td>${group.rollout ? html`<span class=${verdictClass[group.rollout.verdict]} title=${group.rollout.reason}>${group.rollout.phase}: ${group.rollout.verdict}</span>` : html`<span class="quiet">–</span>`}</td>
      <td>${group.writer}</td>
      <td>${group.last && html`<span title=${group.last.summary}>${ago(now / 1000 - group.last.time)} ago, ${group.last.actor}</span>`}</td>
      <td><${Rollback} group=${group} operator=${operator} act=${act} /></td>
    </tr>`)}</tbody></table></div>`;
}

function Share({ group }) {
  return html`<div class="share"><progress max="100" value=${group.share} aria-label=${`${group.share} % of ${group.name}`}></progress><span data-share>${number(group.share, 2)} %</span></div>
    ${group.shadow > 0 && html`<div class="quiet">shadow ${number(group.shadow, 2)} %</div>`}
    ${group.exceptions > 0 && html`<div class="quiet">${group.exceptions} by name</div>`}`;
}

function Group({ group, board, operator, act }) {
  const [series, setSeries] = useState(null);
  const [differences, setDifferences] = useState([]);
  const [history, setHistory] = useState([]);
  const path = encodeURIComponent(group.name);
  useEffect(() => {
    let open = true;
    const load = () => {
      ask("GET", `/api/groups/${path}/series`).then((told) => open && setSeries(told), () => {});
      ask("GET", `/api/differences?group=${path}`).then((told) => open && setDifferences(told.differences), () => {});
    };
    load();
    const timer = setInterval(load, 5000);
    return () => { open = false; clearInterval(timer); };
  }, [group.name]);
  useEffect(() => { ask("GET", "/api/history?limit=200").then((told) => setHistory(told.history.filter((one) => one.entry.subject === group.name || one.entry.subject === "")), () => {}); }, [board.version]);
  return html`
    <p><a href="#/">All groups</a></p>
    <div class="row"><h2 id="title">${group.name}</h2><${Share} group=${group} /><${Rollback} group=${group} operator=${operator} act=${act} /></div>
    ${(group.alarms || []).map((alarm) => html`<div class="notice error">${alarm}</div>`)}
    <p class="quiet">${group.routes} ${group.routes === 1 ? "route" : "routes"} to <code>${group.upstream}</code>; writer ${group.writer}, way back ${group.way_back}.</p>
    <${Raise} group=${group} operator=${operator} act=${act} />
    <${Rollout} group=${group} operator=${operator} act=${act} />
    <h2>The last quarter of an hour</h2>
    ${series ? html`<div class="charts">
      <${Chart} title="Requests a second" series=${series} pick="requests" show=${number} />
      <${Chart} title="Errors" series=${series} pick="errors" show=${percent} />
      <${Chart} title="p95" series=${series} pick="p95" show=${milliseconds} /></div>` : html`<p class="quiet">…</p>`}
    <h2>Where answers differ</h2>
    ${differences.length ? html`<div class="scroll"><table id="differences"><thead><tr><th scope="col">Path</th><th scope="col" class="number">Times</th><th scope="col">Last</th><th scope="col">Request</th><th scope="col">Monolith</th><th scope="col">Service</th><th></th></tr></thead>
      <tbody>${differences.slice(0, 50).map((one) => { const example = one.examples[one.examples.length - 1] || {}; return html`<tr key=${one.path}><th scope="row"><code>${one.path}</code></th><td class="number">${number(one.count)}</td><td>${clock(one.last)}</td><td><code>${example.request}</code></td><td class="old"><code>${example.old}</code></td><td class="new"><code>${example.new}</code></td>
        <td><button disabled=${!operator} title=${operator ? "Leave it out of the comparison" : "Your token may read only"} aria-label=${`Ignore ${one.path}`} onClick=${() => act(change({ verb: "ignore", name: group.name, path: one.path }))}>Ignore</button></td></tr>`; })}</tbody></table></div>`
      : html`<p class="quiet">None is kept${group.shadow > 0 ? "" : "; nothing is mirrored"}.</p>`}
    <h2>What was changed</h2>
    <div class="scroll"><table><thead><tr><th scope="col">Version</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">How</th><th scope="col">What</th><th scope="col">Why</th></tr></thead>
      <tbody>${history.slice(0, 30).map((one) => html`<tr key=${one.version}><td>${one.version}</td><td>${clock(one.entry.time)}</td><td>${one.entry.actor}</td><td>${one.entry.via}</td><td>${one.entry.summary}${one.entry.forced ? " (forced)" : ""}${one.entry.alarms.map((alarm) => html`<div class="bad">${alarm}</div>`)}</td><td>${one.entry.reason}</td></tr>`)}</tbody></table></div>`;
}

function Raise({ group, operator, act }) {
  const [wanted, setWanted] = useState("");
  const [forecast, setForecast] = useState(null);
  const dialog = useRef();
  const share = Number(wanted);
  const valid = wanted !== "" && share >= 0 && share <= 100;
  const look = async (event) => {
    event.preventDefault();
    setForecast(null);
    dialog.current.showModal();
    try { setForecast(await ask("GET", `/api/groups/${encodeURIComponent(group.name)}/forecast?share=${share}`)); }
    catch (error) { setForecast({ refusal: error.message }); }
  };
  const go = () => { dialog.current.close(); act(change({ verb: "canary", name: group.name, percent: share })); setWanted(""); };
  return html`<form class="row card" onSubmit=${look}>
      <label for="wanted">Share of the service, in percent</label>
      <input class="share" id="wanted" type="number" min="0" max="100" step="0.01" value=${wanted} onInput=${(event) => setWanted(event.target.value)} disabled=${!operator} />
      <button type="submit" disabled=${!operator || !valid} title=${operator ? "See what the guard says first" : "Your token may read only"}>Set …</button>
    </form>
    <dialog ref=${dialog} aria-labelledby="raise-title"><h2 id="raise-title">${group.name}: ${number(group.share, 2)} % → ${number(share, 2)} %</h2>
      ${!forecast ? html`<p>…</p>` : forecast.refusal ? html`<p class="bad">${forecast.refusal}</p>`
        : html`<p>Guard: <strong class=${verdictClass[forecast.verdict]}>${forecast.verdict}</strong>. ${forecast.reason}</p><p>It moves about ${number(Math.abs(forecast.moves))} requests/s ${forecast.moves < 0 ? "back to the monolith" : "to the service"}.</p>`}
      <div class="row"><button class="primary" disabled=${!forecast || forecast.refusal} onClick=${go} id="confirm">Set it</button><button onClick=${() => dialog.current.close()}>Leave it</button></div></dialog>`;
}

function Rollout({ group, operator, act }) {
  const rollout = group.rollout;
  const send = (action) => act(ask("POST", "/api/rollouts", { group: group.name, action, reason: REASON })
    .then((told) => ({ summary: `rollout of ${told.group}: ${told.phase}` })));
  const button = (action, label, able) => html`<button disabled=${!operator || !able} title=${operator ? "" : "Your token may read only"} onClick=${() => send(action)}>${label}</button>`;
  const running = rollout && rollout.phase === "running", paused = rollout && rollout.phase === "paused", under = running || paused;
  return html`<h2>Rollout</h2>
    ${rollout && html`<ol class="steps" aria-label="Steps">${rollout.steps.map((step, i) => html`<li class=${rollout.phase === "promoted" || (under && i < rollout.step) ? "done" : under && i === rollout.step ? "now" : ""} aria-current=${under && i === rollout.step ? "step" : null}>${number(step, 2)} %</li>`)}</ol>
      <p>${rollout.phase}; guard: <span class=${verdictClass[rollout.verdict]}>${rollout.verdict}</span> <span class="quiet">${rollout.reason}</span></p>`}
    <div class="row">${button("start", "Start", !under)} ${button("pause", "Pause", running)} ${button("resume", "Resume", paused)} ${button("promote", "Promote", under)} ${button("abort", "Abort", under)}
      <span class="quiet">Start takes the usual steps and limits; others: <code>strangler rollout start ${group.name} --steps …</code></span></div>`;
}

function Chart({ title, series, pick, show }) {
  const place = useRef(), chart = useRef();
  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const value = (_, raw) => raw == null ? "–" : show(raw);
    chart.current = new uPlot({
      width: place.current.clientWidth, height: 170, cursor: { y: false }, scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toTimeString().slice(0, 5)) }, { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => show(tick)) }],
      series: [{}, { label: "monolith", stroke: colour("--old"), width: 2, value }, { label: "service", stroke: colour("--new"), width: 2, value }],
      hooks: { draw: [(plot) => {
        const { ctx, bbox } = plot;
        ctx.save(); ctx.strokeStyle = colour("--quiet"); ctx.setLineDash([4, 4]);
        for (const mark of plot.marks || []) {
          const x = plot.valToPos(mark.time, "x", true);
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
        }
        ctx.restore();
      }] },
    }, [[], [], []], place.current);
    const fit = () => chart.current.setSize({ width: place.current.clientWidth, height: 170 });
    addEventListener("resize", fit);
    return () => { removeEventListener("resize", fit); chart.current.destroy(); };
  }, []);
  useEffect(() => {
    chart.current.marks = series.marks;
    chart.current.setData([series.times, series.monolith[pick], series.service[pick]]);
  }, [series]);
  const last = (side) => { const values = series[side][pick].filter((one) => one != null); return values.length ? show(values[values.length - 1]) : "–"; };
  return html`<figure class="card"><figcaption>${title}. Last: <span class="old">monolith ${last("monolith")}</span>, <span class="new">service ${last("service")}</span>. ${series.marks.length ? `Dashed: ${series.marks.length} ${series.marks.length === 1 ? "change" : "changes"}.` : ""}</figcaption><div ref=${place} role="img" aria-label=${`${title}, monolith and service`}></div></figure>`;
}

render(html`<${App} />`, document.getElementById("app"));
