"use strict";

// What every page is made with. Whatever comes out of its data goes in by textContent: it is data, whatever it looks like.
const LONG_TEXT = 4000;
const LONG_LIST = 40;

function dataOf(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

function element(tag, properties, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...content.filter((part) => part !== null && part !== undefined).map((part) => (typeof part === "string" ? visible(part) : part)));
  return made;
}

// Control characters and marks of direction are spelled out: text must not show as other than it is.
function visible(text) {
  return text.replace(/\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}|[\u{e0000}-\u{e007f}]/gu,
    (character) => `\\u${character.codePointAt(0).toString(16).padStart(4, "0")}`);
}

// ---- values

function textView(text) {
  const box = element("div", { class: "text", dir: "auto" }, text.length > LONG_TEXT ? text.slice(0, LONG_TEXT) : text);
  if (text.length <= LONG_TEXT) return box;
  const more = element("button", { type: "button", class: "more", onclick: () => { box.textContent = visible(text); more.remove(); } },
    `Show all ${text.length.toLocaleString("en")} characters`);
  return element("div", {}, box, more);
}

function isDeep(value) {
  return value !== null && typeof value === "object" && Object.keys(value).length > 0;
}

function leafView(value) {
  if (typeof value === "string" && value !== "") return textView(value);
  return element("span", { class: value === "" ? "scalar soft" : "scalar" }, value === "" ? "(empty text)" : JSON.stringify(value));
}

// A value as a tree; `leaf` makes what stands for a text, a number or nothing, and is told the path to it.
function valueView(value, leaf = leafView, path = "") {
  if (!isDeep(value)) return leaf(value, path);
  const list = Array.isArray(value);
  if (list && value.every((item) => typeof item === "number")) return element("span", { class: "scalar" }, shortened(value));
  if (list && isTable(value)) return tableView(value, leaf, path);
  const entries = list ? value.map((item, index) => [`[${index}]`, item]) : Object.entries(value);
  const tree = element("div", { class: "tree" });
  const show = (from, to) => entries.slice(from, to).forEach(([key, item]) => tree.append(
    element("div", { class: isDeep(item) ? "pair deep" : "pair" }, element("div", { class: "key" }, key), valueView(item, leaf, `${path}/${key}`))));
  show(0, LONG_LIST);
  if (entries.length > LONG_LIST) {
    const more = element("button", { type: "button", class: "more", onclick: () => { more.remove(); show(LONG_LIST); } },
      `Show ${(entries.length - LONG_LIST).toLocaleString("en")} more`);
    tree.append(more);
  }
  return tree;
}

function isTable(list) {
  const keys = Object.keys(list[0] ?? {});
  return list.length > 1 && list.length <= LONG_LIST && keys.length > 0 && keys.length <= 6 && list.every((item) =>
    isDeep(item) && !Array.isArray(item) && Object.keys(item).length === keys.length
    && keys.every((key) => key in item && !isDeep(item[key]) && String(item[key]).length <= 40));
}

function tableView(list, leaf, path) {
  const keys = Object.keys(list[0]);
  const row = (item, index) => element("tr", {}, ...keys.map((key) => element("td", {}, valueView(item[key], leaf, `${path}/[${index}]/${key}`))));
  return element("table", { class: "records" },
    element("thead", {}, element("tr", {}, ...keys.map((key) => element("th", { scope: "col" }, key)))),
    element("tbody", {}, ...list.map(row)));
}

function shortened(numbers) {
  const text = JSON.stringify(numbers.slice(0, LONG_LIST)).replaceAll(",", ", ");
  return numbers.length <= LONG_LIST ? text : `${text.slice(0, -1)}, … ${(numbers.length - LONG_LIST).toLocaleString("en")} more]`;
}

function chip(name, value) {
  return element("span", {}, `${name} `, element("b", {}, value));
}

// ---- blocks

function block(name, ...content) {
  return element("section", { class: "block" }, element("h3", {}, name), ...content);
}

function folding(name, make) {
  const box = element("details", { class: "block" }, element("summary", {}, ...[name].flat()));
  box.addEventListener("toggle", () => { if (box.open && box.childElementCount === 1) box.append(make()); });
  return box;
}

function boxed(content) {
  return element("div", { class: "value-box" }, content);
}

function failureView(error) {
  const rest = Object.entries(error).filter(([name, value]) => !["type", "error", "message", "attempts"].includes(name) && value);
  return element("div", { class: "failure" },
    element("div", { class: "text" }, element("b", {}, error.type ?? error.error ?? "Error"), `  ${error.message ?? ""}`),
    ...rest.map(([name, value]) => element("div", { class: "soft" }, `${name}: ${name === "delay" ? `${value} s` : typeof value === "string" ? value : JSON.stringify(value)}`)));
}

// ---- long lists: only the rows in sight are in the document

function rowHeight() {
  return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
}

// From which row to which a list is drawn, so that what is in sight of its scroller is there with some rows to spare.
function rowsInSight(scroller, list, count) {
  const height = rowHeight();
  const box = scroller.getBoundingClientRect();
  const top = Math.max(0, -list.getBoundingClientRect().top + Math.max(0, box.top));
  const room = Math.min(window.innerHeight, box.height || window.innerHeight);
  return [Math.min(count, Math.max(0, Math.floor(top / height) - 10)), Math.min(count, Math.ceil((top + room) / height) + 10)];
}

function spacer(height) {
  const space = element("div", { "aria-hidden": "true" });
  space.style.height = `${height}px`;
  return space;
}

// A function that calls another at most once a frame.
function onceAFrame(call) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; call(); });
  };
}
