// ---- the table: filtered, sorted, and only the rows in sight are in the document

const scroller = document.getElementById("scroller");
const head = document.getElementById("columns");
const list = document.getElementById("rows");
const PRINTED_ROWS = 200;
const COLUMN_GAP = 14;
const order = new Intl.Collator("en", { numeric: true });
const wanted = { words: [], variant: null, scorer: null, state: "" };
let rows = [];
let chosen = -1;
let sorting = { key: "", descending: false };
let printing = false;

const tableColumns = [
  { key: "case", title: "case", width: 120, grow: 1, value: (index) => columns.cases[columns.case[index]] },
  ...(severalVariants ? [{ key: "variant", title: "variant", width: 100, grow: 0.7, value: (index) => columns.variants[columns.variant[index]] }] : []),
  ...(repeated ? [{ key: "repeat", title: "repeat", width: 64, right: true, value: (index) => columns.repeat[index] + 1 }] : []),
  { key: "state", title: "outcome", width: 104, value: (index) => Object.keys(WORD_OF).indexOf(stateOf(index)), cell: stateCell },
  ...scorers.map((scorer) => ({
    key: `score ${scorer.name}`, title: scorer.name, width: severalVariants ? 124 : 90, grow: 0.4, right: true,
    value: (index) => scorer.values[index], cell: (index) => scoreCell(scorer, index),
  })),
  { key: "preview", title: "output", width: 220, grow: 3, value: (index) => columns.preview[index] },
  { key: "seconds", title: "time", width: 76, right: true, value: (index) => columns.seconds[index], cell: (index) => secondsText(columns.seconds[index]) },
  { key: "tokens", title: "tokens", width: 76, right: true, value: (index) => columns.tokens[index], cell: (index) => columns.tokens[index].toLocaleString("en") },
  { key: "cost", title: "cost", width: 80, right: true, value: (index) => columns.cost[index], cell: (index) => dollarsText(columns.cost[index]) },
];

function stateCell(index) {
  const state = stateOf(index);
  return element("span", { class: `pill ${state}` }, state === "error" ? "infra failed" : WORD_OF[state]);
}

function scoreCell(scorer, index) {
  const state = scorer.states[index];
  if (state === "?") return element("span", { class: "warn" }, "unscored");
  if (state === " ") return element("span", { class: "soft" }, "–");
  const moved = severalVariants ? movement(scorer, index) : 0;
  return element("span", { class: { "+": "good", "-": "bad" }[state] ?? "" },
    moved ? element("span", { class: `moved ${moved > 0 ? "good" : "bad"}`, title: "against the baseline" }, signed(changesBy(scorer)[index])) : null,
    number(scorer.values[index]), { "+": " ✓", "-": " ✗" }[state] ?? "");
}

function isWanted(index, texts) {
  if (wanted.variant !== null && columns.variant[index] !== wanted.variant) return false;
  if (texts && !wanted.words.every((word) => holds(texts[index], word))) return false;
  const only = wanted.scorer === null ? null : scorers[wanted.scorer];
  if (only && only.states[index] === " " && wanted.state !== "error") return false;
  const moves = () => (only ? [only] : scorers).map((scorer) => movement(scorer, index));
  switch (wanted.state) {
    case "": return true;
    case "moved": return moves().some(Boolean);
    case "better": return moves().includes(1);
    case "worse": return moves().includes(-1);
    default: return isIn(wanted.state, index, only);
  }
}

let asked = 0;
async function listRows() {
  asked += 1;
  const mine = asked;
  let texts = null;
  if (wanted.words.length) {
    document.getElementById("count").textContent = "searching…";
    texts = await textsToSearch();
    if (mine !== asked) return;
  }
  rows = [];
  for (let index = 0; index < sampleCount; index += 1) if (isWanted(index, texts)) rows.push(index);
  sortRows();
  const all = `${sampleCount.toLocaleString("en")} ${sampleCount === 1 ? "sample" : "samples"}`;
  document.getElementById("count").textContent = rows.length === sampleCount ? all : `${rows.length.toLocaleString("en")} of ${all}`;
  scroller.scrollTop = 0;
  drawRows();
}

function sortRows() {
  const by = tableColumns.find((column) => column.key === sorting.key);
  if (by) {
    const values = new Map(rows.map((index) => [index, by.value(index)]));
    const sign = sorting.descending ? -1 : 1;
    rows.sort((a, b) => {
      const [x, y] = [values.get(a), values.get(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return sign * (typeof x === "string" ? order.compare(x, y) : x - y) || a - b;
    });
  }
  for (const cell of head.children) {
    cell.setAttribute("aria-sort", cell.dataset.key !== sorting.key ? "none" : sorting.descending ? "descending" : "ascending");
  }
}

function sortBy(key) {
  sorting = { key, descending: sorting.key === key && !sorting.descending };
  sortRows();
  scroller.scrollTop = 0;
  drawRows();
}

function drawRows() {
  const height = rowHeight();
  const [first, last] = printing ? [0, Math.min(rows.length, PRINTED_ROWS)] : rowsInSight(scroller, list, rows.length);
  const drawn = rows.slice(first, last).map((index, place) => rowView(index, first + place));
  const below = printing ? [] : [spacer((rows.length - last) * height)];
  list.replaceChildren(spacer(first * height), ...drawn, ...below);
  scroller.setAttribute("aria-rowcount", rows.length + 1);
  if (document.getElementById(`sample-${chosen}`)) list.setAttribute("aria-activedescendant", `sample-${chosen}`);
  else list.removeAttribute("aria-activedescendant");
}

function rowView(index, place) {
  return element("div", {
    class: "row", role: "row", id: `sample-${index}`, "aria-rowindex": place + 2, "aria-selected": index === chosen,
    onclick: () => openSample(index),
  }, ...tableColumns.map((column) => {
    const content = column.cell ? column.cell(index) : String(column.value(index));
    const cell = element("div", { role: "gridcell", class: column.right ? "cell right" : "cell" }, content);
    if (!column.cell) cell.title = visible(String(column.value(index)));
    return cell;
  }));
}

function drawHead() {
  scroller.style.setProperty("--columns", tableColumns.map(({ width, grow = 0 }) => `minmax(${width}px, ${grow}fr)`).join(" "));
  scroller.style.setProperty("--printed", tableColumns.map(({ width }) => `minmax(0, ${width}fr)`).join(" "));
  scroller.style.setProperty("--width", `${tableColumns.reduce((sum, column) => sum + column.width + COLUMN_GAP, COLUMN_GAP)}px`);
  head.append(...tableColumns.map((column) => element("div", { role: "columnheader", "data-key": column.key, class: column.right ? "right" : "" },
    element("button", { type: "button", title: `Sort by ${column.title}`, onclick: () => sortBy(column.key) }, column.title))));
}

function choose(index) {
  chosen = index;
  const place = rows.indexOf(index);
  const height = rowHeight();
  const top = place * height;
  const room = scroller.clientHeight - head.offsetHeight - height;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
  drawRows();
}

function move(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !rows.length) return;
  const at = rows.indexOf(chosen);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 12, PageUp: at - 12 }[event.key];
  if (to !== undefined) choose(rows[Math.max(0, Math.min(rows.length - 1, to))]);
  else if ((event.key === "Enter" || event.key === " ") && at >= 0) openSample(chosen);
  else return;
  event.preventDefault();
}

function choices(id, options, onPick) {
  const select = document.getElementById(id);
  select.append(...options.map(([value, title]) => element("option", { value }, title)));
  select.addEventListener("change", () => { onPick(select.value); listRows(); });
  if (options.length < 2) select.closest("label").hidden = true;
}

function drawFilters() {
  const numbered = (names) => names.map((name, place) => [place, name]);
  const place = (value) => (value === "" ? null : Number(value));
  choices("of-variant", [["", "every variant"], ...(severalVariants ? numbered(columns.variants) : [])], (value) => { wanted.variant = place(value); });
  choices("of-scorer", [["", "any scorer"], ...(scorers.length > 1 ? numbered(scorers.map((scorer) => scorer.name)) : [])], (value) => { wanted.scorer = place(value); });
  const moves = severalVariants ? [["moved", "moved from the baseline"], ["better", "better than the baseline"], ["worse", "worse than the baseline"]] : [];
  choices("of-state", [["", "every outcome"], ...Object.entries(WORD_OF), ...moves], (value) => { wanted.state = value; });
  let typing = 0;
  document.getElementById("search").addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      wanted.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      listRows();
    }, 120);
  });
}
