const trace = dataOf("trace");
const spans = trace.spans;
const byNumber = new Map(spans.map((span) => [span.number, span]));
const children = new Map();
spans.forEach((span, index) => {
  span.index = index;
  span.path ??= "";
  const key = span.parent ?? 0;
  if (!children.has(key)) children.set(key, []);
  children.get(key).push(span);
});
const FOLDED_BELOW = 2;
const MANY_SPANS = 300;
const whole = trace.run.seconds ?? spans.reduce((most, span) => Math.max(most, span.offset + (span.seconds ?? 0)), 0.001);

// ---- values

function payload(digest) {
  return digest === undefined || digest === null ? { value: null } : trace.payloads[digest] ?? { problem: "not in this file" };
}

function payloadView(digest) {
  const found = payload(digest);
  return found.problem ? element("p", { class: "soft" }, `(${found.problem})`) : valueView(found.value);
}

function filled(value) {
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === "$payload") {
    const found = payload(value.$payload);
    return found.problem ? `(${found.problem})` : found.value;
  }
  if (Array.isArray(value)) return value.map(filled);
  return Object.fromEntries(keys.map((key) => [key, filled(value[key])]));
}

// ---- state: what a scope began with, and the JSON Patches (RFC 6902) of what ended in it since

function applied(state, operation) {
  const keys = operation.path.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = keys.pop();
  const place = keys.reduce((at, key) => at?.[key], state);
  if (place === null || typeof place !== "object") return;
  if (Array.isArray(place)) {
    const at = last === "-" ? place.length : Number(last);
    place.splice(at, operation.op === "add" ? 0 : 1, ...(operation.op === "remove" ? [] : [filled(operation.value)]));
  } else if (operation.op === "remove") delete place[last];
  else Object.defineProperty(place, last, { value: filled(operation.value), enumerable: true, configurable: true, writable: true });
}

function beginning(scope) {
  const given = structuredClone(payload(scope.input).value ?? {});
  if (scope.number === 1) return { inputs: given, steps: {} };
  return scope.kind === "scope" && isDeep(given) ? { ...given, steps: {} } : {};
}

function stateAt(span) {
  const isScope = (other) => other.number === 1 || other.kind === "scope" || other.kind === "agent";
  let scope = span;
  if (span.number !== 1) do scope = byNumber.get(scope.parent); while (scope && !isScope(scope));
  if (!scope) return null;
  const after = Boolean(span.patch && span.ended);
  const moment = BigInt(after ? span.ended : span.started);
  const done = (children.get(scope.number) ?? [])
    .filter((other) => other.patch && other.ended && BigInt(other.ended) <= moment)
    .sort((a, b) => (BigInt(a.ended) < BigInt(b.ended) ? -1 : BigInt(a.ended) > BigInt(b.ended) ? 1 : a.number - b.number));
  const state = beginning(scope);
  for (const other of span.number === 1 && after ? [...done, span] : done) for (const operation of other.patch) applied(state, operation);
  return { scope, after, state };
}

// ---- the head

function showHead() {
  const run = trace.run;
  const started = new Date(run.started).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const head = document.getElementById("head");
  head.append(
    element("h1", {}, run.chain, element("span", { class: `pill ${run.status}` }, run.status)),
    element("p", { class: "summary" }, `${started} · ${run.summary}`),
    element("p", { class: "chips" }, chip("run", run.id), ...run.facts.map(([name, value]) => chip(name, value))),
  );
  const left = element("div", {}, ...leadViews("inputs", run.inputs));
  const right = run.error
    ? element("div", {}, element("h2", { class: "failed" }, "error"), failureView(run.error))
    : element("div", {}, ...(run.output ? leadViews("output", run.output) : [element("p", { class: "soft" }, `(${run.status})`)]));
  head.append(element("div", { class: "talk" }, left, right));
}

// The longest text of a mapping is what a reader wants first; the rest stands below it.
function leadViews(heading, digest) {
  const value = payload(digest).value;
  const texts = isDeep(value) && !Array.isArray(value) ? Object.entries(value).filter(([, item]) => typeof item === "string") : [];
  if (!texts.length) return [element("h2", {}, heading), payloadView(digest)];
  const [name, lead] = texts.reduce((longest, entry) => (entry[1].length > longest[1].length ? entry : longest));
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  return [element("h2", {}, name), valueView(lead), isDeep(rest) ? element("div", { class: "rest" }, valueView(rest)) : null];
}

// ---- the waterfall: only the rows in sight are in the document

const scroller = document.getElementById("scroller");
const list = document.getElementById("spans");
const folded = new Set();
let matching = null;
let rows = [];
let chosen = null;
let printing = false;

function isParent(span) {
  return children.has(span.number);
}

function foldDeep() {
  folded.clear();
  for (const span of spans) if (span.depth >= FOLDED_BELOW && isParent(span)) folded.add(span.number);
}

function listRows() {
  rows = [];
  let hiddenBelow = Infinity;
  for (const span of spans) {
    if (span.depth > hiddenBelow) continue;
    hiddenBelow = Infinity;
    if (matching && !matching.shown.has(span.number)) continue;
    span.row = rows.length;
    rows.push(span);
    if (!matching && folded.has(span.number)) hiddenBelow = span.depth;
  }
  drawRows();
}

function drawRows() {
  const height = rowHeight();
  const [first, last] = printing ? [0, rows.length] : rowsInSight(scroller, list, rows.length);
  const drawn = rows.slice(first, last).map(rowView);
  list.replaceChildren(spacer(first * height), ...drawn, spacer((rows.length - last) * height));
  if (chosen && document.getElementById(`span-${chosen.number}`)) list.setAttribute("aria-activedescendant", `span-${chosen.number}`);
  else list.removeAttribute("aria-activedescendant");
}

function labelParts(span) {
  const [kind, ...rest] = span.label.split(" ");
  return [element("span", { class: "kind" }, kind), ` ${rest.join(" ")}`];
}

function rowView(span) {
  const open = isParent(span) && (matching ? true : !folded.has(span.number));
  const fold = element("button", {
    type: "button", tabindex: "-1", "aria-hidden": "true", class: `fold ${isParent(span) ? (open ? "open" : "") : "none"}`,
    onclick: (event) => { event.stopPropagation(); toggle(span); },
  }, "▶");
  const marks = [...(span.status === "ok" ? [] : [span.status]), ...(span.marks ?? [])];
  const name = element("div", { class: "name" }, fold,
    element("span", { class: "what", title: `${span.label}\n${span.path}` }, ...labelParts(span)),
    ...marks.map((mark) => element("span", { class: `mark ${mark === "error" ? "error" : ""}` }, mark)));
  name.style.setProperty("--depth", span.depth);
  const bar = element("div", { class: `bar ${span.status} ${isParent(span) ? "outer" : ""}` });
  const left = Math.min(100, (100 * span.offset) / whole);
  bar.style.left = `${left}%`;
  bar.style.width = `${span.seconds === undefined ? 100 - left : Math.min(100 - left, (100 * span.seconds) / whole)}%`;
  const attributes = {
    class: `row ${span.status}`, role: "treeitem", id: `span-${span.number}`, "data-kind": span.kind, "aria-level": span.depth + 1,
    "aria-selected": span === chosen, "aria-label": `${span.label}, ${marks.concat(span.time).join(", ")}`,
    onclick: () => choose(span, true),
  };
  if (isParent(span)) attributes["aria-expanded"] = open;
  return element("div", attributes, name, element("div", { class: "track" }, bar), element("div", { class: "took" }, span.time));
}

function toggle(span) {
  if (!isParent(span)) return;
  if (!folded.delete(span.number)) folded.add(span.number);
  listRows();
}

function reveal(span) {
  for (let above = byNumber.get(span.parent); above; above = byNumber.get(above.parent)) folded.delete(above.number);
}

function choose(span, show) {
  chosen = span;
  if (show) {
    document.body.classList.add("showing");
    try { history.replaceState(null, "", `#${encodeURIComponent(span.path)}`); } catch { /* not every place allows it */ }
  }
  showDetail(span);
  drawRows();
}

function scrollTo(span) {
  const height = rowHeight();
  const top = span.row * height;
  const inSight = Math.max(3 * height, Math.min(scroller.clientHeight, window.innerHeight - Math.max(0, scroller.getBoundingClientRect().top)));
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + 2 * height > scroller.scrollTop + inSight) scroller.scrollTop = top + 2 * height - inSight;
}

function move(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !rows.length) return;
  const at = chosen && rows[chosen.row] === chosen ? chosen.row : 0;
  const go = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 12, PageUp: at - 12 }[event.key];
  if (go !== undefined) {
    choose(rows[Math.max(0, Math.min(rows.length - 1, go))], false);
    scrollTo(chosen);
    drawRows();
  } else if (event.key === "ArrowRight" && chosen) {
    if (folded.has(chosen.number)) toggle(chosen);
    else if (isParent(chosen)) choose(children.get(chosen.number)[0], false);
  } else if (event.key === "ArrowLeft" && chosen) {
    if (isParent(chosen) && !folded.has(chosen.number) && !matching) toggle(chosen);
    else if (chosen.parent) choose(byNumber.get(chosen.parent), false);
  } else if ((event.key === "Enter" || event.key === " ") && chosen) choose(chosen, true);
  else return;
  event.preventDefault();
}

// ---- search

function haystack(span) {
  if (span.haystack === undefined) {
    const parts = [span.label, span.path, span.status, ...(span.marks ?? []), JSON.stringify([span.error, span.attempts, span.attributes])];
    for (const digest of [span.input, span.output]) if (digest) parts.push(searchable(digest));
    span.haystack = parts.join("\n").toLowerCase();
  }
  return span.haystack;
}

const texts = new Map();
function searchable(digest) {
  if (!texts.has(digest)) {
    const found = [];
    const walk = (value) => {
      if (value !== null && typeof value === "object") for (const [key, item] of Object.entries(value)) { found.push(key); walk(item); }
      else found.push(String(value));
    };
    walk(payload(digest).value);
    texts.set(digest, found.join("\n"));
  }
  return texts.get(digest);
}

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  matching = null;
  if (words.length) {
    matching = { shown: new Set(), count: 0 };
    for (const span of spans) {
      if (!words.every((word) => haystack(span).includes(word))) continue;
      matching.count += 1;
      for (let above = span; above && !matching.shown.has(above.number); above = byNumber.get(above.parent)) matching.shown.add(above.number);
    }
  }
  showCount();
  listRows();
}

function showCount() {
  const all = `${spans.length.toLocaleString("en")} ${spans.length === 1 ? "span" : "spans"}`;
  const failed = spans.filter((span) => span.status === "error").length;
  document.getElementById("count").textContent = matching
    ? `${matching.count.toLocaleString("en")} of ${all} match`
    : all + (failed ? `, ${failed.toLocaleString("en")} with an error` : "");
}

// ---- the detail of one span

const detail = document.getElementById("detail");

function showDetail(span) {
  const facts = element("dl", { class: "facts" },
    ...span.facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  detail.dataset.kind = span.kind;
  detail.replaceChildren(...[
    element("button", { type: "button", class: "close", onclick: close }, "Close"),
    element("h2", {}, ...labelParts(span), " ", element("span", { class: `pill ${span.status}` }, span.status)),
    element("p", { class: "at" }, element("code", {}, span.path || "(the whole run)"), ...(span.marks ?? []).map((mark) => ` · ${mark}`)),
    facts,
    span.error ? block("Error", failureView(span.error)) : null,
    span.attempts ? block("Failed attempts", ...span.attempts.map(failureView)) : null,
    ...contentViews(span),
    span.patch ? block("State change", patchView(span)) : null,
    stateBlock(span),
    span.attributes ? folding("Attributes", () => element("div", { class: "value-box" }, valueView(span.attributes))) : null,
  ].filter(Boolean));
  detail.scrollTop = 0;
}

function close() {
  document.body.classList.remove("showing");
  list.focus();
}

function contentViews(span) {
  const request = payload(span.input);
  if (span.kind === "model" && Array.isArray(request.value?.messages)) return conversationViews(span, request.value);
  const views = [];
  if (span.input) views.push(block(span.kind === "scope" || span.number === 1 ? "Given" : "Inputs, resolved", boxed(payloadView(span.input))));
  const asked = span.kind === "prompt" ? (children.get(span.number) ?? []).findLast((child) => child.kind === "model") : null;
  const conversation = asked && payload(asked.input).value;
  if (Array.isArray(conversation?.messages)) views.push(conversationViews(asked, conversation)[0]);
  if (!span.output) return views;
  const output = payload(span.output);
  const hits = Array.isArray(output.value) && output.value.length > 0 && output.value.every((hit) => hit && typeof hit.text === "string" && "uri" in hit);
  views.push(hits ? block("Passages", ...output.value.map(passageView)) : block("Output", boxed(payloadView(span.output))));
  return views;
}

function passageView(hit, index) {
  const meter = element("span", { class: "meter", "aria-hidden": "true" }, element("i"));
  meter.firstChild.style.width = `${Math.max(0, Math.min(1, Number(hit.score) || 0)) * 100}%`;
  return element("article", { class: "passage" },
    element("header", {},
      element("b", {}, `[${hit.rank ?? index + 1}] ${hit.uri}`),
      element("span", {}, `characters ${hit.start}–${hit.end}`),
      element("span", {}, meter, `score ${typeof hit.score === "number" ? hit.score.toFixed(3) : hit.score}`),
      hit.heading ? element("span", {}, hit.heading) : null),
    textView(hit.text));
}

function conversationViews(span, request) {
  const messages = request.messages.map((message) => messageView(message));
  const response = payload(span.output).value;
  if (response && typeof response === "object") {
    messages.push(messageView({ role: "assistant", content: response.text, tool_calls: response.tool_calls }, "answer"));
  } else if (payload(span.output).problem) messages.push(payloadView(span.output));
  const rest = Object.fromEntries(Object.entries(request).filter(([name]) => name !== "messages"));
  const views = [block("Conversation", ...messages), folding("Request", () => boxed(valueView(rest)))];
  if (response && typeof response === "object") views.push(folding("Response", () => boxed(valueView(response))));
  return views;
}

function messageView(message, note) {
  const role = typeof message?.role === "string" ? message.role : "?";
  const known = ["system", "user", "assistant", "tool"].includes(role) ? role : "other";
  const box = element("div", { class: `message ${known}` }, element("div", { class: "role" }, note ? `${role} · ${note}` : role));
  const parts = Array.isArray(message.content) ? message.content : message.content ? [{ type: "text", text: message.content }] : [];
  for (const part of parts) box.append(part?.type === "text" && typeof part.text === "string" ? textView(part.text) : valueView(part));
  for (const call of message.tool_calls ?? []) {
    box.append(element("div", { class: "call" }, element("b", {}, `calls ${call?.function?.name ?? "?"}`), argumentsView(call?.function?.arguments)));
  }
  if (box.childElementCount === 1) box.append(element("span", { class: "soft" }, "(no text)"));
  return box;
}

function argumentsView(text) {
  try {
    return valueView(JSON.parse(text));
  } catch {
    return valueView(text ?? null);
  }
}

function patchView(span) {
  const table = element("table", { class: "patch" });
  for (const { op, path, value } of span.patch) {
    table.append(element("tr", {}, element("td", {}, op), element("td", {}, path), element("td", {}, value === undefined ? null : patchedView(value, span))));
  }
  return table;
}

function patchedView(value, span) {
  const isOutput = (item) => item?.$payload !== undefined && item.$payload === span.output;
  if (isOutput(value)) return element("span", { class: "soft" }, "the output");
  if (!isDeep(value) || Array.isArray(value) || value.$payload !== undefined) return valueView(filled(value));
  return element("div", { class: "tree" }, ...Object.entries(value).map(([key, item]) =>
    element("div", { class: "pair" }, element("div", { class: "key" }, key), patchedView(item, span))));
}

function stateBlock(span) {
  const found = stateAt(span);
  if (!found) return null;
  const where = found.scope.path ? element("code", {}, found.scope.path) : "the run";
  return folding(["State of ", where, found.after ? " after it" : " when it began"], () => boxed(valueView(found.state)));
}

// ---- start

function showScale() {
  const unit = whole >= 1 ? [1, "s"] : whole >= 0.001 ? [1000, "ms"] : [1e6, "µs"];
  const scale = document.getElementById("scale");
  for (let quarter = 0; quarter <= 4; quarter += 1) {
    const value = (whole * unit[0] * quarter) / 4;
    const mark = element("span", {}, quarter === 0 ? "0" : `${value >= 100 ? value.toFixed(0) : value.toPrecision(2)} ${unit[1]}`);
    mark.style.left = `${quarter * 25}%`;
    scale.append(mark);
  }
}

function firstToShow() {
  const wanted = location.hash.length > 1 ? decodeURIComponent(location.hash.slice(1)) : null;
  const linked = wanted === null ? null : spans.find((span) => span.path === wanted);
  const failed = (span) => span.status === "error" && (span.number === 1 || trace.run.status === "error");
  return linked ? [linked, true] : [spans.findLast((span) => failed(span) && !(children.get(span.number) ?? []).some(failed)) ?? spans[0], false];
}

const drawSoon = onceAFrame(drawRows);

showHead();
showScale();
showCount();
if (spans.length > MANY_SPANS) foldDeep();
if (spans.length) {
  const [first, linked] = firstToShow();
  reveal(first);
  listRows();
  choose(first, linked);
  scrollTo(first);
  drawRows();
}
list.addEventListener("keydown", move);
document.addEventListener("scroll", drawSoon, { capture: true, passive: true });
window.addEventListener("resize", drawSoon);
window.addEventListener("beforeprint", () => { printing = true; drawRows(); });
window.addEventListener("afterprint", () => { printing = false; drawRows(); });
document.getElementById("search").addEventListener("input", (event) => search(event.target.value));
document.getElementById("expand").addEventListener("click", () => { folded.clear(); listRows(); });
document.getElementById("collapse").addEventListener("click", () => { foldDeep(); listRows(); });
document.addEventListener("keydown", (event) => {
  const box = document.getElementById("search");
  if (event.key === "/" && document.activeElement !== box) { event.preventDefault(); box.focus(); }
  else if (event.key === "Escape") { if (document.body.classList.contains("showing")) close(); else if (box.value) { box.value = ""; search(""); } }
});
