// The form of one question. Python: _form.py. Each change goes out as {seq, value}; the reply repeats seq.

const TYPING_PAUSE_MS = 400;
const SLOW_MS = 1200;
const LOST_MS = 8000;
const LOST = "NOT saved yet: the lab does not answer. Wait a moment. If this message stays, copy any long text, then reload the page.";

function render({ model, el: root }) {
  const spec = model.get("spec");
  const ids = { problem: uniqueId("problem"), help: uniqueId("help"), count: uniqueId("count") };
  const link = makeLink(model, spec);
  const status = el("p", { class: "hr-status", role: "status" });
  const problem = el("p", { class: "hr-problem", id: ids.problem, "aria-live": "polite" });
  const feedback = el("div", { class: "hr-feedback", role: "status" });
  const body = { choice: options, choices: options, number, ranking, paragraph }[spec.kind](spec, link, ids);

  const points = spec.points ? ` · ${spec.points} ${spec.points === 1 ? "point" : "points"}` : "";
  const kicker = { predict: "Your guess", check: "Check yourself", write: "Write your own" }[spec.mode];
  const meta = kicker ? `${kicker} · Question ${spec.number}` : `Question ${spec.number}${points}`;
  const card = el("section", { class: `hrlab hr-card hr-${spec.mode}`, id: spec.dom_id, "aria-label": meta },
    el("p", { class: "hr-meta", text: meta }), body, problem, feedback, status);
  keepKeys(card);
  root.replaceChildren(card);

  const draw = () => {
    const { state, text, problem: found, feedback: html } = link.report();
    const typing = card.contains(document.activeElement) && ["number", "paragraph"].includes(spec.kind);
    if (!(typing && found)) {  // nobody wants to be corrected in mid-word
      say(problem, found || "");
      card.querySelector("input[inputmode], textarea")?.setAttribute("aria-invalid", found ? "true" : "false");
    }
    if (feedback.dataset.html !== html) {
      feedback.dataset.html = html;
      feedback.innerHTML = html;
    }
    card.dataset.state = state;
    say(status, text);
  };
  const leave = () => link.flush();
  card.addEventListener("focusout", () => { link.flush(); setTimeout(draw); });
  for (const event of ["beforeunload", "pagehide"]) window.addEventListener(event, leave, { capture: true });
  document.addEventListener("visibilitychange", leave);
  link.onReport = draw;
  link.resume();
  draw();
  return () => {
    link.flush();
    link.close();
    for (const event of ["beforeunload", "pagehide"]) window.removeEventListener(event, leave, { capture: true });
    document.removeEventListener("visibilitychange", leave);
  };
}

/** The connection to Python: sends values, waits for replies, and knows when none comes. */
function makeLink(model, spec) {
  const draftKey = `hrlab:${location.pathname}:${spec.sheet}:${spec.id}`;
  let { seq, value } = model.get("answer");
  let pending = null;
  let pause, slow, lost;
  let waiting = "";

  const link = {
    get value() { return value; },
    onReport: () => {},
    /** Send at once, or after a pause in typing. */
    send(next, { typed = false } = {}) {
      value = next;
      pending = { value: next };
      if (spec.kind === "paragraph") keepDraft(draftKey, next);
      clearTimeout(pause);
      if (typed) pause = setTimeout(link.flush, TYPING_PAUSE_MS);
      else link.flush();
    },
    flush() {
      clearTimeout(pause);
      if (!pending) return;
      seq += 1;
      model.set("answer", { seq, value: pending.value });
      model.save_changes();
      pending = null;
      clearTimeout(slow);
      clearTimeout(lost);
      slow = setTimeout(() => { waiting = "Saving …"; link.onReport(); }, SLOW_MS);
      lost = setTimeout(() => { waiting = LOST; link.onReport(); }, LOST_MS);
    },
    /** A text that never reached Python (the page was closed too fast) is still in this browser. */
    resume() {
      const draft = spec.kind === "paragraph" ? readDraft(draftKey) : null;
      if (draft !== null && draft !== (value ?? "")) link.onResume?.(draft);
    },
    report() {
      const reply = model.get("status");
      if (waiting) return { ...reply, state: waiting === LOST ? "lost" : "saving", text: waiting };
      return { ...reply, state: reply.ok ? "saved" : "lost", text: (reply.ok && reply.text.startsWith("Saved") ? "✓ " : "") + reply.text };
    },
    close() {
      clearTimeout(slow);
      clearTimeout(lost);
      model.off("change:status", replied);
    },
  };
  function replied() {
    if (model.get("status").seq < seq) return;
    clearTimeout(slow);
    clearTimeout(lost);
    waiting = "";
    if (model.get("status").ok && !pending) dropDraft(draftKey);
    link.onReport();
  }
  model.on("change:status", replied);
  return link;
}

function keepDraft(key, text) { try { localStorage.setItem(key, text); } catch { /* a private window */ } }
function readDraft(key) { try { return localStorage.getItem(key); } catch { return null; } }
function dropDraft(key) { try { localStorage.removeItem(key); } catch { /* a private window */ } }

function helpLine(spec, id, fallback = "") {
  const text = [spec.help, fallback].filter(Boolean).join(" ");
  return text ? el("p", { class: "hr-help", id, text }) : null;
}

/** Radio buttons or tick boxes. */
function options(spec, link, ids) {
  const many = spec.kind === "choices";
  const name = uniqueId(spec.id);
  const chosen = new Set(many ? link.value ?? [] : [link.value]);
  const help = helpLine(spec, ids.help, many ? "Tick all that apply." : "");
  const list = el("div", { class: "hr-options" });
  const read = () => [...list.querySelectorAll("input:checked")].map((input) => input.value);
  for (const [key, label] of spec.options) {
    const input = el("input", { type: many ? "checkbox" : "radio", name, value: key, checked: chosen.has(key) });
    input.addEventListener("change", () => link.send(many ? read() : key));
    list.append(el("label", { class: "hr-option" }, input, el("span", { text: label })));
  }
  return el("fieldset", { "aria-describedby": `${help ? ids.help : ""} ${ids.problem}`.trim() },
    el("legend", { class: "hr-prompt", text: spec.prompt }), help, list);
}

function number(spec, link, ids) {
  const id = uniqueId(spec.id);
  const help = helpLine(spec, ids.help);
  const input = el("input", {
    id, type: "text", inputmode: "decimal", autocomplete: "off", value: link.value ?? "",
    "aria-describedby": `${help ? ids.help : ""} ${ids.problem}`.trim(),
  });
  input.addEventListener("input", () => link.send(input.value, { typed: true }));
  return el("div", {},
    el("label", { class: "hr-prompt", for: id, text: spec.prompt }, spec.unit && el("span", { class: "hr-hidden", text: ` (in ${spec.unit})` })),
    help, el("div", { class: "hr-number" }, input, spec.unit && el("span", { class: "hr-unit", "aria-hidden": "true", text: spec.unit })));
}

/** A list moved by buttons; the focus stays on the option that moves. */
function ranking(spec, link, ids) {
  const labels = new Map(spec.options);
  let order = link.value ?? spec.options.map(([key]) => key);
  const list = el("ol", { class: "hr-ranking" });
  const news = el("p", { class: "hr-hidden", role: "status" });
  const keep = el("button", { type: "button", class: "hr-button hr-quiet", text: "This order is my answer" });
  const rows = new Map(spec.options.map(([key, label]) => [key, row(key, label)]));
  const help = helpLine(spec, ids.help, "Move with the arrow buttons; the first place is on top.");

  function row(key, label) {
    const button = (step, word, sign) => el("button", {
      type: "button", class: "hr-move", "aria-label": `Move ${word}: ${label}`, "data-step": step, text: sign, onclick: () => move(key, step),
    });
    return el("li", {}, el("span", { class: "hr-place", "aria-hidden": "true" }), el("span", { class: "hr-label", text: label }),
      button(-1, "up", "↑"), button(1, "down", "↓"));
  }
  function move(key, step) {
    const from = order.indexOf(key);
    const to = from + step;
    if (to < 0 || to >= order.length) return;
    const next = [...order];
    [next[from], next[to]] = [next[to], next[from]];
    order = next;
    place(key, step);
    say(news, `${labels.get(key)}: now place ${to + 1} of ${order.length}.`);
    answer();
  }
  function answer() {
    keep.hidden = true;
    list.classList.remove("hr-untouched");
    link.send(order);
  }
  /** Put the rows in order; moving a row in the page takes the focus away, so give it back. */
  function place(focusKey, step) {
    order.forEach((key, index) => {
      const item = rows.get(key);
      item.querySelector(".hr-place").textContent = index + 1;
      for (const button of item.querySelectorAll("button")) {
        const stuck = index + Number(button.dataset.step) < 0 || index + Number(button.dataset.step) >= order.length;
        button.setAttribute("aria-disabled", stuck ? "true" : "false");
      }
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
    if (focusKey) rows.get(focusKey).querySelector(`[data-step="${step}"]`).focus();
  }
  place();
  keep.addEventListener("click", () => { answer(); say(news, "This order is your answer now."); list.querySelector("button").focus(); });
  if (link.value) keep.hidden = true;
  else list.classList.add("hr-untouched");
  return el("fieldset", { "aria-describedby": `${help ? ids.help : ""} ${ids.problem}`.trim() },
    el("legend", { class: "hr-prompt", text: spec.prompt }), help, list, keep, news);
}

function paragraph(spec, link, ids) {
  const id = uniqueId(spec.id);
  const range = spec.words ? `Write ${spec.words[0]} to ${spec.words[1]} words.` : "";
  const help = helpLine(spec, ids.help, range);
  const count = el("p", { class: "hr-count", id: ids.count });
  const area = el("textarea", { id, rows: 7, "aria-describedby": `${help ? ids.help : ""} ${ids.count} ${ids.problem}`.trim() });
  area.value = link.value ?? "";
  const tally = () => {
    const words = area.value.split(/\s+/).filter(Boolean).length;
    count.textContent = `${words} ${words === 1 ? "word" : "words"}` + (spec.words ? ` of ${spec.words[0]}–${spec.words[1]}` : "");
  };
  area.addEventListener("input", () => { tally(); link.send(area.value, { typed: true }); });
  link.onResume = (draft) => { area.value = draft; tally(); link.send(draft); };
  tally();
  return el("div", {}, el("label", { class: "hr-prompt", for: id, text: spec.prompt }), help, area, count);
}

export default { render };
