// The tone studio. Python: tone_studio.py. One request at a time; the latest text always wins; typing never waits.

const TYPING_PAUSE_MS = 200;
const KEEP_PAUSE_MS = 1000;
const TELL_PAUSE_MS = 1500;
const LOST_MS = 10000;
const LOST = "The lab does not answer, so the scores stand still. You can type on. If this stays, copy your text and reload the page.";

function render({ model, el: root }) {
  let close = open(model, root);
  const again = () => { close({ other: true }); close = open(model, root); };  // Python put another reply in
  model.on("change:spec", again);
  return () => { model.off("change:spec", again); close(); };
}

function open(model, root) {
  const spec = model.get("spec");
  const { seq: sent, ...first } = model.get("request");
  const now = { said: first.said, replies: [...first.replies], compare: first.compare };
  let seq = sent;
  let busy = false, dirty = false, unkept = false, undo = null;
  let scored = { ...now, replies: [...now.replies] };  // the texts that the shown result is about
  let asked = scored;
  let told = null;
  const timers = {};
  const after = (name, pause, act) => { clearTimeout(timers[name]); timers[name] = setTimeout(act, pause); };

  const said = plainBox("What the person wrote", now.said, "Leave it empty if you do not know. Four dimensions are then less certain.");
  const editors = [0, 1].map((place) => makeEditor(place));
  const rows = spec.dimensions.map(makeRow);
  const summary = el("p", { class: "hr-ts-summary" });
  const lists = [0, 1].map(() => el("div", { class: "hr-ts-words" }));
  const trouble = el("p", { class: "hr-problem", role: "status" });
  const kept = el("p", { class: "hr-status", role: "status" });
  const news = el("p", { class: "hr-hidden", role: "status" });
  const compare = el("button", { type: "button", class: "hr-button hr-quiet", onclick: () => { now.compare = !now.compare; layOut(); changed({ typed: false }); } });
  const reset = el("button", { type: "button", class: "hr-button hr-quiet", onclick: startAgain });
  const legend = el("p", { class: "hr-ts-legend" }, el("span", { class: "hr-ts-earned", text: "earned points" }), el("span", { class: "hr-ts-cost", text: "cost points" }));
  const card = el("section", { class: "hrlab hr-card hr-explorer hr-studio", "aria-label": spec.title },
    el("p", { class: "hr-meta", text: "Try it" }), el("p", { class: "hr-prompt", text: spec.title }),
    said.node, el("div", { class: "hr-ts-editors" }, editors[0].node, editors[1].node), legend,
    el("div", { class: "hr-ts-buttons" }, compare, reset), trouble, summary,
    el("ul", { class: "hr-ts-rows", "aria-label": "The eight dimensions, from 0 to 4" }, ...rows.map((row) => row.node)),
    el("div", { class: "hr-ts-lists" }, ...lists), about(spec), kept, news);
  keepKeys(card);
  root.replaceChildren(card);

  /** A text changed: draw the old marks where they still hold, and ask for a new score after a pause. */
  function changed({ typed = true } = {}) {
    unkept = true;
    if (undo && typed) { undo = null; layOut(); }
    after("ask", typed ? TYPING_PAUSE_MS : 0, ask);
    after("keep", typed ? KEEP_PAUSE_MS : 0, keep);
  }
  function ask() {
    if (busy) { dirty = true; return; }
    send(false);
  }
  function keep() {
    if (!unkept) return;
    if (busy) { after("keep", TYPING_PAUSE_MS, keep); return; }
    send(true);
  }
  function send(keepIt) {
    clearTimeout(timers.ask);
    busy = true;
    dirty = false;
    if (keepIt) unkept = false;
    seq += 1;
    asked = { ...now, replies: [...now.replies] };
    model.set("request", { seq, about: spec.about, ...asked, keep: keepIt });
    model.save_changes();
    after("lost", LOST_MS, () => { busy = false; say(trouble, LOST); });
  }
  function answered() {
    if (model.get("result").seq < seq) return;  // of an earlier text; the last one wins
    clearTimeout(timers.lost);
    busy = false;
    say(trouble, "");
    scored = asked;
    draw();
    after("tell", TELL_PAUSE_MS, tell);
    if (dirty) ask();
  }
  function leave() {
    if (!unkept) return;
    send(true);
  }

  function layOut() {
    card.classList.toggle("hr-ts-two", now.compare);
    compare.textContent = now.compare ? "Only one wording" : "Compare two wordings";
    reset.textContent = undo ? "Undo: bring my text back" : "Back to the start";
    editors[1].node.hidden = lists[1].hidden = !now.compare;
    editors[0].label.textContent = now.compare ? "First wording" : "The reply";
    summary.hidden = !now.compare;
    for (const editor of editors) editor.grow();
  }
  function startAgain() {
    const was = { said: now.said, replies: [...now.replies], compare: now.compare };
    const next = undo ?? spec.start;
    undo = undo ? null : was;
    Object.assign(now, { said: next.said, replies: [...next.replies], compare: next.compare });
    said.box.value = now.said;
    editors.forEach((editor, place) => { editor.box.value = now.replies[place]; editor.mark(); });
    layOut();
    changed({ typed: false });
  }

  function draw() {
    const { scores, words, summary: difference, kept: keeping } = model.get("result");
    editors.forEach((editor, place) => editor.draw(scores[place] ?? null));
    rows.forEach((row, place) => row.draw(scores.map((score) => score?.dimensions[place] ?? null), words[place]));
    lists.forEach((list, place) => drawWords(list, place, scores[place] ?? null));
    summary.textContent = difference;
    card.dataset.state = keeping.ok ? "kept" : "lost";
    say(kept, keeping.text);
  }
  /** Say what changed, once somebody has stopped typing. */
  function tell() {
    const { scores, summary: difference } = model.get("result");
    const parts = scores.map((score, place) => {
      const name = scores.length > 1 ? `${place ? "Second" : "First"} wording: ` : "";
      if (!score) return `${name}empty.`;
      if (score.abstained) return `${name}${score.abstained}`;
      const before = told?.[place];
      const moved = score.dimensions.map((each, at) => [each, before?.dimensions[at]?.score, spec.dimensions[at].name])
        .filter(([each, was]) => was !== undefined && was !== null && was !== each.score)
        .map(([each, was, named]) => `${named} ${fixed(each.score)}, was ${fixed(was)}`);
      const gate = score.gate.state === "none" ? "" : ` The gate ${score.gate.state === "passed" ? "is passed" : "failed"}.`;
      return `${name}${fixed(score.overall)} of 4 as a whole.${gate} ${moved.join("; ")}`;
    });
    told = scores;
    say(news, [...parts, difference].join(" ").trim());
  }

  function plainBox(label, value, help) {
    const id = uniqueId("said");
    const box = el("textarea", { id, rows: 2, maxlength: 5000, class: "hr-ts-said", "aria-describedby": `${id}-help` });
    box.value = value;
    box.addEventListener("input", () => { now.said = box.value; grow(box); changed(); });
    box.addEventListener("blur", keep);
    return { box, node: el("div", { class: "hr-ts-box" }, el("label", { for: id, class: "hr-ts-label", text: label }), box, el("p", { class: "hr-help", id: `${id}-help`, text: help })) };
  }
  /** A text box with the marks drawn behind its letters. */
  function makeEditor(place) {
    const id = uniqueId("reply");
    const label = el("label", { for: id, class: "hr-ts-label", text: place ? "Second wording" : "The reply" });
    const box = el("textarea", { id, rows: 4, maxlength: 5000, "aria-describedby": `${id}-gate`, spellcheck: "false" });
    const behind = el("div", { class: "hr-ts-behind", "aria-hidden": "true" });
    const overall = el("p", { class: "hr-ts-overall" });
    const gate = el("p", { class: "hr-ts-gate", id: `${id}-gate` });
    const node = el("div", { class: "hr-ts-box" }, label, el("div", { class: "hr-ts-paper" }, behind, box), overall, gate);
    box.value = now.replies[place];
    let marks = [];
    const editor = {
      node, box, label,
      grow: () => grow(box),
      mark() { paint(behind, box.value, moved(marks, scored.replies[place], box.value)); },
      draw(score) {
        marks = score ? marksOf(scored.replies[place], score.cues) : [];
        editor.mark();
        const blank = !score || score.abstained;
        overall.replaceChildren(...(blank ? [] : [el("strong", { text: fixed(score.overall) }), document.createTextNode(" of 4 as a whole")]));
        gate.dataset.state = !score ? "none" : score.abstained ? "abstained" : score.gate.state;
        gate.textContent = !score ? "Write a reply: the scores follow as you type."
          : [score.abstained, score.abstained && score.gate.state === "none" ? "" : score.gate.text].filter(Boolean).join(" ");
      },
      pick(start, end) { box.focus(); box.setSelectionRange(start, end); },
    };
    box.addEventListener("input", () => { now.replies[place] = box.value; grow(box); editor.mark(); changed(); });
    box.addEventListener("blur", keep);
    return editor;
  }
  function drawWords(list, place, score) {
    const places = score ? units(scored.replies[place]) : [];
    const cues = score?.cues ?? [];
    const item = (cue) => el("li", {}, el("button", {
      type: "button", class: `hr-ts-cue ${cue.void ? "hr-ts-void" : cue.points > 0 ? "hr-ts-plus" : "hr-ts-minus"}`,
      onclick: () => {
        const [mark] = moved([{ start: places[cue.start], end: places[cue.end] }], scored.replies[place], editors[place].box.value);
        if (mark) editors[place].pick(mark.start, mark.end);
      },
    }, el("b", { text: cue.void ? "0" : signed(cue.points) }), el("span", { text: ` “${short(cue.text)}” ${cue.says} (${cue.dimension.toLowerCase()})${cue.void ? `: does not count, ${cue.void}` : ""}` })));
    const group = (title, chosen) => chosen.length ? [el("p", { class: "hr-ts-group", text: title }), el("ul", {}, ...chosen.map(item))] : [];
    const counted = cues.filter((cue) => !cue.void);
    const nothing = score && !score.abstained && !counted.length ? [el("p", { class: "hr-help", text: "No listed words: nothing earned, nothing cost." })] : [];
    const small = (score?.small ?? []).map((text) => el("p", { class: "hr-help", text }));
    const open = list.querySelector("details")?.open;
    const ignored = cues.filter((cue) => cue.void);
    list.replaceChildren(
      el("p", { class: "hr-ts-label", text: now.compare ? `The words of the ${place ? "second" : "first"} wording` : "The words" }), ...nothing,
      ...group("Earned", counted.filter((cue) => cue.points > 0)), ...group("Cost", counted.filter((cue) => cue.points < 0)), ...small,
      ...(ignored.length ? [el("details", { open }, el("summary", { text: `Found, but not counted (${ignored.length})` }), el("ul", {}, ...ignored.map(item)))] : []));
  }

  layOut();
  draw();
  told = model.get("result").scores;
  requestAnimationFrame(() => { grow(said.box); layOut(); });
  const wide = new ResizeObserver(() => { grow(said.box); for (const editor of editors) editor.grow(); });
  wide.observe(card);
  model.on("change:result", answered);
  for (const event of ["beforeunload", "pagehide"]) window.addEventListener(event, leave, { capture: true });
  return ({ other = false } = {}) => {
    if (!other) leave();
    else if (unkept) model.send({ about: spec.about, ...now, keep: true });  // the request is the other reply's by now
    wide.disconnect();
    for (const timer of Object.values(timers)) clearTimeout(timer);
    model.off("change:result", answered);
    for (const event of ["beforeunload", "pagehide"]) window.removeEventListener(event, leave, { capture: true });
  };
}

/** One dimension: its name, a bar for each wording, the figure and how sure it is. */
function makeRow(dimension) {
  const bars = [0, 1].map(() => el("div", { class: "hr-ts-bar" }, el("span")));
  const figures = el("span", { class: "hr-ts-figures" });
  const step = el("p", { class: "hr-ts-step" });
  const agree = dimension.agree ? ` · people agree ${dimension.agree}` : "";
  const sure = el("span", { class: "hr-ts-sure" });
  const node = el("li", { "data-dimension": dimension.key },
    el("p", { class: "hr-ts-name" }, el("span", { text: dimension.name }), figures), el("div", { "aria-hidden": "true" }, ...bars), step, sure);
  return {
    node,
    draw(scores, difference) {
      const known = scores.filter((score) => score && score.score !== null);
      bars.forEach((bar, place) => {
        const score = scores[place];
        bar.hidden = scores[place] === undefined;
        bar.dataset.confidence = score?.confidence ?? "low";
        bar.firstChild.style.width = `${25 * (score?.score ?? 0)}%`;
      });
      const text = scores.map((score) => score && score.score !== null ? fixed(score.score) : "–");
      figures.textContent = text.join(" | ");
      figures.setAttribute("aria-label", scores.length > 1 ? `first ${text[0]}, second ${text[1]}, of 4` : `${text[0]} of 4`);
      figures.setAttribute("role", "img");
      step.textContent = scores.length > 1 ? difference : known[0]?.step ?? "";
      sure.textContent = known.length ? `${[...new Set(known.map((score) => score.confidence))].join(" and ")} confidence${agree}` : "no score";
    },
  };
}

function about(spec) {
  const entries = spec.dimensions.flatMap((each) => [el("dt", { text: each.name }),
    el("dd", { text: `${each.definition} Earns: ${each.earns} Costs: ${each.costs} ${each.ceiling}` })]);
  return el("details", { class: "hr-ts-about" }, el("summary", { text: "What is measured, and how sure is it?" }),
    el("p", { class: "hr-help", text: `${spec.unrated} High, medium and low confidence say how far such a score can be trusted at best; an outlined bar has low confidence. The tick in the middle is 2: it will do. English only.` }), el("dl", {}, ...entries));
}

/** Where each code point of a text begins, in the UTF-16 units that the page counts in; one more for the end. */
function units(text) {
  const places = [0];
  for (const point of text) places.push(places[places.length - 1] + point.length);
  return places;
}

/** The marks of a text: what lies under several cues takes the shortest of them, and the weightier of two as short. */
function marksOf(text, cues) {
  const places = units(text);
  const spans = cues.filter((cue) => !cue.void).map((cue) => ({ start: places[cue.start], end: places[cue.end], points: cue.points }));
  const edges = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const marks = [];
  for (let at = 0; at + 1 < edges.length; at += 1) {
    const over = spans.filter(({ start, end }) => start <= edges[at] && end >= edges[at + 1]);
    if (!over.length) continue;
    over.sort((a, b) => (a.end - a.start) - (b.end - b.start) || Math.abs(b.points) - Math.abs(a.points));
    const last = marks[marks.length - 1];
    const kind = over[0].points > 0 ? "earned" : "cost";
    if (last && last.end === edges[at] && last.kind === kind) last.end = edges[at + 1];
    else marks.push({ start: edges[at], end: edges[at + 1], kind });
  }
  return marks;
}

/** Where marks of an old text stand in a new one; those that the edit touched are gone. */
function moved(marks, old, text) {
  if (old === text) return marks;
  const most = Math.min(old.length, text.length);
  let head = 0, tail = 0;
  while (head < most && old[head] === text[head]) head += 1;
  while (tail < most - head && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  const by = text.length - old.length;
  return marks.flatMap((mark) => mark.end <= head ? [mark]
    : mark.start >= old.length - tail ? [{ ...mark, start: mark.start + by, end: mark.end + by }] : []);
}

function paint(behind, text, marks) {
  const pieces = [];
  let at = 0;
  for (const { start, end, kind } of marks) {
    pieces.push(document.createTextNode(text.slice(at, start)), el("span", { class: `hr-ts-${kind}`, text: text.slice(start, end) }));
    at = end;
  }
  pieces.push(document.createTextNode(text.slice(at)));
  behind.replaceChildren(...pieces, document.createTextNode("\u200b"));  // a last empty line keeps its height
}

function grow(box) {
  if (!box.offsetParent) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}
function fixed(points) { return points === null || points === undefined ? "–" : points.toFixed(1); }
function signed(points) { return `${points > 0 ? "+" : "−"}${Math.abs(points).toFixed(1)}`; }
function short(text) { return [...text].length > 60 ? `${[...text].slice(0, 59).join("").trimEnd()}…` : text; }

export default { render };
