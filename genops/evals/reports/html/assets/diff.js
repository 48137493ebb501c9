// ---- what two texts have in common: words, by the fewest edits (E. W. Myers, An O(ND) difference algorithm, 1986)

const WORDS = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;
const MOST_EDITS = 2000;

// Two texts as runs [text, is it in both?]; null when they have too little in common to tell.
function difference(left, right) {
  const [a, b] = [left, right].map((text) => text.match(WORDS) ?? []);
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin += 1;
  let end = 0;
  while (end < a.length - begin && end < b.length - begin && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const kept = keptWords(a.slice(begin, a.length - end), b.slice(begin, b.length - end));
  return kept && [a, b].map((words, side) => {
    const common = new Set(kept.map((pair) => pair[side] + begin));
    return runs(words, (index) => index < begin || index >= words.length - end || common.has(index));
  });
}

// Pairs of positions of the words that both keep.
function keptWords(a, b) {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const offset = most + 1;
  const reach = new Int32Array(2 * most + 3);
  const rounds = [];
  for (let edits = 0; edits <= most; edits += 1) {
    rounds.push(reach.slice(offset - edits - 1, offset + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      let x = k === -edits || (k !== edits && reach[offset + k - 1] < reach[offset + k + 1]) ? reach[offset + k + 1] : reach[offset + k - 1] + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach[offset + k] = x;
      if (x >= a.length && x - k >= b.length) return walkedBack(rounds, a.length, b.length);
    }
  }
  return null;
}

function walkedBack(rounds, n, m) {
  const kept = [];
  let [x, y] = [n, m];
  for (let edits = rounds.length - 1; edits >= 0; edits -= 1) {
    const reached = (k) => rounds[edits][k + edits + 1];
    const k = x - y;
    const before = k === -edits || (k !== edits && reached(k - 1) < reached(k + 1)) ? k + 1 : k - 1;
    const [fromX, fromY] = [reached(before), reached(before) - before];
    while (x > fromX && y > fromY) kept.push([x -= 1, y -= 1]);
    [x, y] = [fromX, fromY];
  }
  return kept.reverse();
}

function runs(words, isKept) {
  const found = [];
  words.forEach((word, index) => {
    const kept = isKept(index);
    if (found.length && found.at(-1)[1] === kept) found.at(-1)[0] += word;
    else found.push([word, kept]);
  });
  return found;
}
