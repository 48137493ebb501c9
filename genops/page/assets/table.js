// ---- a long table: filtered, sorted, and only the rows in sight are in the document; and what opens from a row
//
// A page that shows one has elements with the ids `scroller`, `columns`, `rows`, `count`, `search` and `detail`, and says
// what its rows are: `tableColumns`, `listRows()`, which fills `rows` and draws, and `openRow(row)`.

const scroller = document.getElementById("scroller");
const head = document.getElementById("columns");
const list = document.getElementById("rows");
const dialog = document.getElementById("detail");
const PRINTED_ROWS = 200;
const COLUMN_GAP = 14;
const order = new Intl.Collator("en", { numeric: true });
let rows = [];
let chosen = -1;
let sorting = { key: "", descending: false };
let printing = false;

function showCount(all, noun) {
  const total = counted(all, noun);
  document.getElementById("count").textContent = rows.length === all ? total : `${rows.length.toLocaleString("en")} of ${total}`;
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
  if (document.getElementById(`row-${chosen}`)) list.setAttribute("aria-activedescendant", `row-${chosen}`);
  else list.removeAttribute("aria-activedescendant");
}

function rowView(index, place) {
  return element("div", {
    class: "row", role: "row", id: `row-${index}`, "aria-rowindex": place + 2, "aria-selected": index === chosen,
    onclick: () => openRow(index),
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
  else if ((event.key === "Enter" || event.key === " ") && at >= 0) openRow(chosen);
  else return;
  event.preventDefault();
}

// A choice of what rows to list; hidden where there is nothing to choose.
function choices(id, options, onPick) {
  const select = document.getElementById(id);
  select.append(...options.map(([value, title]) => element("option", { value }, title)));
  select.addEventListener("change", () => { onPick(select.value); listRows(); });
  if (options.length < 2) select.closest("label").hidden = true;
}

// Chooses as a person would, and goes to the table.
function showOnly(id, value) {
  const select = document.getElementById(id);
  select.value = value;
  select.dispatchEvent(new Event("change"));
  scroller.closest("section").scrollIntoView();
  list.focus({ preventScroll: true });
}

function onWords(listWith) {
  let typing = 0;
  document.getElementById("search").addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      listWith(event.target.value.toLowerCase().split(/\s+/).filter(Boolean));
      listRows();
    }, 120);
  });
}

// ---- what opens from a row

function dialogHead(title, index, noun) {
  const at = rows.indexOf(index);
  const step = (direction, to, mark) => {
    const name = `${direction} ${noun}`;
    const button = element("button", { type: "button", "aria-label": name, title: name, onclick: () => openRow(rows[to]) }, mark);
    button.disabled = at < 0 || to < 0 || to >= rows.length;
    return button;
  };
  return element("header", { class: "bar" },
    element("h2", {}, title),
    element("span", { class: "soft" }, at < 0 ? "" : `${(at + 1).toLocaleString("en")} of ${rows.length.toLocaleString("en")}`),
    step("Previous", at - 1, "←"), step("Next", at + 1, "→"),
    element("button", { type: "button", onclick: () => dialog.close() }, "Close"));
}

// Shows the dialog with a link to it; a page that is opened at such a link opens the row.
function showDialog(noun, index) {
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  try { history.replaceState(null, "", `#${noun}=${index}`); } catch { /* not every place allows it */ }
}

function startTable(noun, count) {
  const draw = onceAFrame(drawRows);
  list.addEventListener("keydown", move);
  document.addEventListener("scroll", draw, { capture: true, passive: true });
  window.addEventListener("resize", draw);
  window.addEventListener("beforeprint", () => {
    printing = true;
    for (const note of document.querySelectorAll(".printed")) note.hidden = rows.length <= PRINTED_ROWS;
    drawRows();
  });
  window.addEventListener("afterprint", () => { printing = false; drawRows(); });
  dialog.addEventListener("close", () => { drawRows(); list.focus({ preventScroll: true }); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.matches("select, input") || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = rows[rows.indexOf(chosen) + ({ ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? NaN)];
    if (to !== undefined) { event.preventDefault(); openRow(to); }
  });
  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("search");
    if (event.key === "/" && !dialog.open && !event.target.matches("input, select")) { event.preventDefault(); box.focus(); }
  });
  const [, linked] = new RegExp(`^#${noun}=(\\d+)$`).exec(location.hash) ?? [];
  if (linked !== undefined && Number(linked) < count) openRow(Number(linked));
}
