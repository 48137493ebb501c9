// ---- the report of a drift check

const report = dataOf("report");
const summary = report.summary;
const PILLS = { drift: "fail", undecided: "undecided", quiet: "pass" };

function showHead() {
  document.getElementById("head").append(
    element("h1", {}, summary.check || "Drift check", element("span", { class: `pill ${PILLS[summary.verdict]}` }, summary.verdict)),
    element("p", { class: "summary" }, `${summary.id.slice(0, 12)} · ${moment(summary.started)} UTC · ${((summary.ended - summary.started) / 1e3).toFixed(1)} s`),
    element("p", {}, summary.description));
  document.getElementById("contents").append(...summary.states.map((state, place) => element("a", { href: `#state-${place}` }, state.name)));
  if (summary.states.length < 2) document.getElementById("contents").remove();
}

function showVerdict() {
  document.getElementById("verdict").append(element("div", { class: `card verdict ${PILLS[summary.verdict]}` },
    element("h2", {}, report.headline, element("small", { class: "soft" }, ` exit code ${report.exit_code}`)),
    element("ul", { class: "reasons" }, ...report.reasons.map((reason) => element("li", {}, reason))),
    element("p", { class: "soft" }, report.settings), element("p", { class: "soft" }, report.separation)));
}

function part(title, about, ...content) {
  return element("section", { class: "part" }, element("h3", {}, title), about ? element("p", { class: "about" }, about) : null, ...content);
}

function stateView(state, place) {
  const words = report.states[place];
  return element("section", { id: `state-${place}`, class: "state" },
    element("h2", {}, state.name, element("span", { class: `pill ${PILLS[state.verdict]}` }, state.verdict)),
    element("p", {}, state.reason), words.leading ? element("p", { class: "soft" }, words.leading) : null, state.cause ? element("p", { class: "cause" }, state.cause) : null,
    element("p", { class: "chips" }, ...[words.reference, words.current, words.since].filter(Boolean).map((fact) => element("span", {}, fact))),
    ...[looksView, timeView, planePart, topicsView, conceptsView, wordsView, spreadsView, segmentsView, componentsView, examplesView].map((view) => view(state, words)));
}

function byLeading(title, words) {
  return words.by ? `${title}, by ${words.by}` : title;
}

function looksView(state, words) {
  if (!state.looks.length) return null;
  const tested = words.looks.map((place) => state.looks[place]);
  const ends = tested.flatMap(({ separation }) => [separation.value, separation.low, separation.high]).filter((value) => value !== null);
  const scale = scaleOf([0, summary.smallest, ...ends], [-1, 1]);
  const row = (look, place) => element("tr", {},
    element("th", { scope: "row" }, words.names[place], look.alarm ? element("span", { class: "pill fail" }, "drift") : null,
      element("small", {}, look.test && look.test !== look.name ? look.test : "")),
    element("td", { class: "picture" }, intervalView(look.separation, scale, { zero: true, kind: look.alarm ? "bad" : "" })),
    element("td", { class: "words" }, element("b", { title: look.separation.method }, measureText(look.separation)),
      element("small", {}, `p ${probability(look.p)}, corrected ${probability(look.adjusted)}`)),
    element("td", { class: "words" }, words.changes[place]));
  const axis = element("tr", { class: "axis" }, element("td", {}), element("td", { class: "picture" }, axisView(scale, share)), element("td", {}), element("td", {}));
  return part("What was asked", "Each two-sample test with its effect: how far apart the windows are, as the share of new rows that would set them so far apart.",
    element("div", { class: "card" }, element("div", { class: "wide" }, element("table", { class: "looks" },
      element("thead", {}, element("tr", {}, ...["asked", "separation, 95%", "", "change in its own unit, 95%"].map((title) => element("th", { scope: "col" }, title)))),
      element("tbody", {}, ...tested.map(row), axis))),
      ...words.untested.map((why) => element("p", { class: "soft" }, `not tested: ${why}`))));
}

function probability(p) {
  return p === null ? "-" : p < 0.001 ? "<0.001" : p.toFixed(3);
}

function timeView(state, words) {
  if (state.series.length < 2) return null;
  return part(byLeading("Over time", words), "How much rows look like the current window: the mean rank of what they say among all rows, with its interval. At 50% nothing changed.",
    element("div", { class: "card" }, seriesView(state.series, state.since), keyOf([["before", "reference"], ["now", "current"]])));
}

function planePart(state) {
  if (!state.points.length) return null;
  const marked = state.concepts.slice(0, CONCEPTS).map((concept, place) => [`now concept c${place}`, concept.name]);
  return part("Rows in a plane", "The two directions in which the rows' vectors differ most. Point at a row to read it.",
    element("div", { class: "card" }, planeView(state.points, state.concepts), keyOf([["before", "reference"], ["now", "current"], ...marked])));
}

function topicsView(state) {
  if (!state.topics.length) return null;
  const all = state.topics.flatMap(({ difference }) => [difference.value, difference.low, difference.high]).filter((value) => value !== null);
  const scale = scaleOf([0, ...all], [-1, 1]);
  const row = (topic) => element("tr", {}, element("th", { scope: "row" }, topic.name),
    element("td", { class: "picture" }, intervalView(topic.difference, scale, { zero: true })),
    element("td", { class: "words" }, element("b", {}, `${share(topic.before.value)} → ${share(topic.after.value)}`)),
    element("td", {}, exampleText(topic.examples[0])));
  const axis = element("tr", { class: "axis" }, element("td", {}), element("td", { class: "picture" }, axisView(scale, share)), element("td", {}), element("td", {}));
  return part("Topics", "Of the reference, named by their telling words, with the change of their share.",
    element("div", { class: "card" }, element("div", { class: "wide" }, element("table", { class: "looks" },
      element("thead", {}, element("tr", {}, ...["topic", "change of its share, 95%", "", "for example"].map((title) => element("th", { scope: "col" }, title)))),
      element("tbody", {}, ...state.topics.map(row), axis)))));
}

function conceptsView(state) {
  if (!state.concepts.length) return null;
  const card = (concept) => element("div", { class: "card" }, element("h3", {}, concept.name), element("p", { class: "soft" }, `${counted(concept.rows, "row")}, ${measureText(concept.after)} of the current ones`),
    ...concept.examples.map((example) => element("p", { class: "quote" }, exampleText(example))));
  return part("New concepts", "Groups of current rows that the reference has nothing like.", element("div", { class: "cards" }, ...state.concepts.map(card)));
}

function wordsView(state, words) {
  if (!state.words.length) return null;
  const row = (word, place) => element("tr", {}, element("th", { scope: "row" }, word.term, word.new ? element("span", { class: "pill pass" }, "new") : null),
    element("td", { class: "right" }, words.rates[place]), element("td", { class: "right" }, `${word.counts[0].toLocaleString("en")} → ${word.counts[1].toLocaleString("en")}`),
    element("td", { class: "right" }, probability(word.p)), element("td", { class: "example" }, exampleText(word.examples[0])));
  return part("Words that changed most", "By log-odds under a Dirichlet prior; p by relabelling, for all words at once.",
    element("div", { class: "card" }, tableOf(["word", "per 1,000 words>", "times>", "p>", "for example"], state.words.map(row))));
}

function spreadsView(state) {
  if (!state.histograms.length) return null;
  return part("Spreads", "Shares of rows by value; the outermost bars hold what lies beyond.", element("div", { class: "cards" }, ...state.histograms.map(spreadView)),
    keyOf([["before", "reference"], ["now", "current"]]));
}

function segmentsView(state, words) {
  if (!state.segments.length) return null;
  const row = (one) => element("tr", {}, element("th", { scope: "row" }, one.by), element("td", {}, one.label),
    element("td", { class: "right" }, `${one.rows[0].toLocaleString("en")} → ${one.rows[1].toLocaleString("en")}`), element("td", { class: "right" }, measureText(one.separation)),
    element("td", { class: "right" }, measureText(one.inside)), element("td", { class: "right" }, measureText(one.mix)));
  return part(byLeading("Where", words), "The separation within each part of the rows; and what of the whole separation is that these rows changed, and that there are more or fewer of them.",
    element("div", { class: "card" }, tableOf(["by", "part", "rows>", "separation, 95%>", "of the whole inside, 95%>", "by the mix, 95%>"], state.segments.map(row))));
}

function componentsView(state) {
  if (!state.components.length) return null;
  const row = (one) => element("tr", {}, element("th", { scope: "row" }, `${one.kind} ${one.name}`), element("td", {}, element("code", {}, one.before.join(", ") || "none")),
    element("td", {}, element("code", {}, one.after.join(", ") || "none")), element("td", {}, one.at === null ? "" : `${moment(one.at)} UTC`));
  return part("Components of the chain that are not the same", "", element("div", { class: "card" }, tableOf(["component", "before", "now", "first seen"], state.components.map(row))));
}

function examplesView(state, words) {
  if (state.kind === "vector" || !state.examples.length) return null;
  const side = (title, examples) => element("div", {}, element("h4", {}, title), ...examples.map((example) => element("div", { class: "quote" }, example.told ? element("small", { class: "soft" }, example.told) : null, textView(example.text || "(empty)"),
    example.run ? command(`genops trace show ${example.run.slice(0, 12)}`) : element("small", { class: "soft" }, example.id))));
  return part(byLeading("Rows that tell the windows apart most", words), "", element("div", { class: "card sides" }, side("Most like now", state.examples), side("Most like before", state.gone)));
}

const SHORT = 180;

function exampleText(example) {
  const text = example ? example.text : "";
  return text.length > SHORT ? `${text.slice(0, SHORT)} …` : text;
}

showHead();
showVerdict();
document.getElementById("states").append(...summary.states.map(stateView));
performance.mark("ready");
