// ---- what reports are made of, beside plots and tables

// A sentence with its commands, which stand in backticks.
function prose(text) {
  return text.split("`").map((part, place) => (place % 2 ? element("code", {}, part) : part));
}

// A small table; a title that ends in > is of numbers.
function tableOf(titles, body) {
  return element("div", { class: "wide" }, element("table", { class: "figures" },
    element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col", class: title.endsWith(">") ? "right" : "" }, title.replace(">", ""))))),
    element("tbody", {}, ...body)));
}

// A command with a button that copies it.
function command(text) {
  const code = element("code", {}, text);
  const button = element("button", { type: "button", class: "more", onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
    }
  } }, "Copy");
  return element("p", { class: "command" }, code, button);
}

// Paper cannot be unfolded.
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("main details:not([open])")) {
    folded.open = true;
    folded.dispatchEvent(new Event("toggle")); // its own comes too late
    window.addEventListener("afterprint", () => { folded.open = false; }, { once: true });
  }
});
