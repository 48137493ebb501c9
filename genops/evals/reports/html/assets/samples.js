// ---- samples: columns of what the table shows, and packs of texts that are unpacked when they are looked at

const report = dataOf("report");
const columns = report.columns;
const sampleCount = columns.case.length;
const scorers = columns.scores;
const severalVariants = columns.variants.length > 1;
const repeated = columns.repeat.some((number) => number > 0);
const baseline = Math.max(0, columns.variants.indexOf(report.baseline));
const packElements = document.getElementsByClassName("pack");
const WORD_OF = { error: "infrastructure failed", bad: "failed", unscored: "unscored", passed: "passed", scored: "scored" };

const packs = new Map();
function pack(number) {
  if (!packs.has(number)) packs.set(number, unpacked(packElements[number].textContent));
  return packs.get(number);
}

async function unpacked(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  const written = Promise.all([writer.write(bytes), writer.close()]);
  const parts = [];
  const reader = readable.getReader();
  const decoder = new TextDecoder();
  for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(decoder.decode(read.value, { stream: true }));
  await written;
  return JSON.parse(parts.join(""));
}

// What is known of a case, with its samples.
async function textsOfCase(index) {
  let number = columns.packs.length - 1;
  while (columns.packs[number] > index) number -= 1;
  return (await pack(number))[index - columns.packs[number]];
}

// Samples of one case stand side by side.
function siblings(index) {
  let first = index;
  while (first > 0 && columns.case[first - 1] === columns.case[index]) first -= 1;
  let end = index + 1;
  while (end < sampleCount && columns.case[end] === columns.case[index]) end += 1;
  return Array.from({ length: end - first }, (_, place) => first + place);
}

function nameOfSample(index) {
  return columns.variants[columns.variant[index]] + (repeated ? ` · repeat ${columns.repeat[index] + 1}` : "");
}

// Whether a sample is in a state, by one scorer or by all of them.
function isIn(state, index, only) {
  if (columns.status[index] === "e") return state === "error";
  const states = only ? only.states[index] : scorers.map((scorer) => scorer.states[index]).join("");
  switch (state) {
    case "bad": return states.includes("-");
    case "unscored": return states.includes("?");
    case "passed": return states.includes("+") && !/[-?]/.test(states);
    case "scored": return !/[-?+]/.test(states);
    default: return false;
  }
}

function stateOf(index) {
  return Object.keys(WORD_OF).find((state) => isIn(state, index, null));
}

// How far a sample's case is from the same case of the baseline, by one scorer; repeats are averaged. NaN where unknown.
function changesBy(scorer) {
  if (scorer.changes) return scorer.changes;
  const width = columns.variants.length;
  const [sums, counts] = [new Float64Array(columns.cases.length * width), new Float64Array(columns.cases.length * width)];
  for (let index = 0; index < sampleCount; index += 1) {
    if (scorer.values[index] === null) continue;
    const place = columns.case[index] * width + columns.variant[index];
    sums[place] += scorer.values[index];
    counts[place] += 1;
  }
  scorer.changes = Float64Array.from(columns.case, (at, index) => {
    const [own, other] = [at * width + columns.variant[index], at * width + baseline];
    return columns.variant[index] === baseline ? NaN : sums[own] / counts[own] - sums[other] / counts[other];
  });
  return scorer.changes;
}

// 1 when a sample's case became better than the baseline's by a scorer, -1 when it became worse, 0 when neither.
function movement(scorer, index) {
  const change = changesBy(scorer)[index];
  if (!(Math.abs(change) > 1e-9)) return 0;
  return change > 0 === !report.lower_is_better.includes(scorer.name) ? 1 : -1;
}

// For each sample what a search looks through: its case's texts, its own, and its run, by the beginning.
let searchable = null;
async function textsToSearch() {
  searchable ??= (async () => {
    const found = [];
    for (let number = 0; number < columns.packs.length; number += 1) {
      for (const { samples, ...about } of await unpacked(packElements[number].textContent)) {
        const shared = textIn(about);
        for (const { run, ...sample } of samples) {
          found.push({ shared, own: textIn([sample, columns.cases[columns.case[found.length]]]), run: run ?? "" });
        }
      }
    }
    return found;
  })();
  return searchable;
}

function holds(texts, word) {
  return texts.own.includes(word) || texts.shared.includes(word) || (word.length >= 4 && texts.run.startsWith(word));
}

function textIn(value) {
  const found = [];
  const walk = (item) => {
    if (item !== null && typeof item === "object") Object.values(item).forEach(walk);
    else if (typeof item === "string") found.push(item);
  };
  walk(value);
  return found.join("\n").toLowerCase();
}
