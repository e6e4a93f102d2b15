// A chat. Python: chat.py. Messages go out as {action, id, text}; Python's list of entries is what counts.

const LOST_MS = 8000;
const SLOW_MS = 12000;
const NEAR = 80;  // pixels from the end within which the view follows new messages
const TALLEST = 168;  // of the box, in pixels
const LOST = "NOT sent: the lab does not answer. Your message stays here. Wait a moment; if this stays, copy your text and reload the page.";

function render({ model, el: root }) {
  const spec = model.get("spec");
  const store = `hrlab-chat:${location.pathname}:${spec.key}:`;
  const inputId = uniqueId("say");
  const hintId = uniqueId("hint");
  const nodes = new Map();  // id -> {node, sign}
  let outbox = [];  // {id, text, lost}: sent from here, not yet in Python's list
  let slow;

  const log = el("div", { class: "hr-log", role: "log", "aria-live": "polite", "aria-label": spec.title });
  const coming = el("div", { class: "hr-turn hr-coming", "aria-hidden": "true" });
  const choices = el("div", { class: "hr-choices", role: "group", "aria-label": "Suggested answers" });
  const scroller = el("div", { class: "hr-scroll", tabindex: "0", role: "region", "aria-label": "Messages" }, log, coming);
  scroller.style.setProperty("--hr-height", `${spec.height}px`);
  const latest = el("button", { type: "button", class: "hr-latest", text: "↓ Newest message", hidden: true, onclick: () => { toEnd(); input.focus(); } });
  const offered = el("p", { class: "hr-offered", role: "status" });
  const sent = el("p", { class: "hr-careful hr-sent" });
  const news = el("p", { class: "hr-news", role: "status" });
  const back = el("button", { type: "button", class: "hr-plain", text: "Bring the last conversation back", hidden: true, onclick: () => { send({ action: "back" }); input.focus(); } });
  const alert = el("p", { class: "hr-problem", role: "alert" });
  const status = el("p", { class: "hr-hidden", role: "status" });
  const input = el("textarea", { id: inputId, rows: 1, dir: "auto", autocomplete: "off", enterkeyhint: "send", placeholder: "Write a message", "aria-describedby": hintId });
  const submit = el("button", { type: "submit", class: "hr-button hr-send", text: "Send" });
  const name = el("span", {});
  const label = el("label", { class: "hr-hidden", for: inputId });
  const copy = el("button", { type: "button", class: "hr-plain", text: "Copy", "aria-label": "Copy the conversation", onclick: copyAll });
  const restart = el("button", { type: "button", class: "hr-plain", text: "Start again", onclick: startAgain });
  const form = el("form", { class: "hr-compose", onsubmit: (event) => { event.preventDefault(); submitInput(); } }, label, input, submit);
  const keys = "Enter sends. Shift + Enter begins a new line.";
  const card = el("section", { class: "hrlab hr-card hr-chat", "aria-label": spec.title, "data-lm-suppress-shortcuts": "true" },
    el("header", { class: "hr-chat-head" },
      el("p", { class: "hr-prompt" }, el("span", { text: spec.title })),
      el("div", { class: "hr-tools" }, copy, restart)),
    spec.notice && el("p", { class: "hr-careful", role: "note", dir: "auto" }, el("strong", { text: "Before you begin. " }), document.createTextNode(spec.notice)),
    sent, alert, news, back,
    el("div", { class: "hr-frame" }, scroller, latest),
    offered, choices, form,
    el("p", { class: "hr-help hr-chat-hint", id: hintId, text: [spec.hint, keys].filter(Boolean).join(" ") }), status);
  keepKeys(card);
  // With Ctrl or ⌘ the keys belong to the notebook, but Enter there would run the cell that holds this chat.
  card.addEventListener("keydown", (event) => { if (event.key === "Enter") event.stopPropagation(); });

  function send(content) { model.send(content); }
  function remember() {
    keep(`${store}outbox`, outbox.length ? JSON.stringify(outbox.map(({ id, text }) => ({ id, text }))) : null);
    keep(`${store}draft`, input.value || null);
  }
  function isNear() { return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR; }
  function grow() {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight + 2, TALLEST)}px`;
  }
  function say_(text) {
    if (!text.trim()) return false;
    if (text.length > spec.longest) {
      say(alert, `This message has ${text.length.toLocaleString("en")} letters; ${spec.longest.toLocaleString("en")} can be sent at once. Shorten it or send it in parts.`);
      return false;
    }
    const message = { id: uniqueId("m"), text, lost: false };
    outbox.push(message);
    send({ action: "say", id: message.id, text });
    setTimeout(() => {
      if (!outbox.includes(message)) return;
      message.lost = true;
      draw();
    }, LOST_MS);
    draw({ follow: true });
    return true;
  }
  function submitInput() {
    if (say_(input.value)) { input.value = ""; grow(); }
    remember();
    input.focus();
  }
  function startAgain() {
    send({ action: "start" });
    outbox = [];
    remember();
    input.focus();
  }

  /** Bring the page in line with Python's list and what was sent from here meanwhile. */
  function draw({ follow = false } = {}) {
    const near = isNear();
    const entries = model.get("entries");
    const state = model.get("state");
    const there = new Set(entries.map(({ id }) => id));
    const before = outbox.length;
    outbox = outbox.filter(({ id }) => !there.has(id));
    if (outbox.length !== before) remember();
    const all = [...entries, ...outbox.map(({ id, text, lost }) => ({ id, said: text, state: lost ? "lost" : "waiting", name: state.name }))];
    const shown = new Set(all.map(({ id }) => id));
    for (const [id, { node }] of nodes) if (!shown.has(id)) { node.remove(); nodes.delete(id); }
    let answer = null;
    all.forEach((entry, place) => {
      const sign = JSON.stringify(entry);
      let known = nodes.get(entry.id);
      if (!known) nodes.set(entry.id, known = { node: drawSaid(entry), sign: "" });
      if (log.children[place] !== known.node) log.insertBefore(known.node, log.children[place] ?? null);
      if (known.sign !== sign) {
        if (known.sign && entry.state === "answered") answer = known.node;
        known.sign = sign;
        drawAnswer(known.node, entry);
      }
    });
    const waiting = all.find((entry) => entry.state === "waiting");
    drawComing(waiting, state.name);
    drawChoices(all.at(-1));
    say(name, state.name);
    say(label, `Write to ${state.name}`);
    say(sent, state.sent);
    say(news, state.news || (state.undo ? "A new conversation has begun." : ""));
    back.hidden = !state.undo;
    copy.hidden = restart.hidden = !all.length;
    say(offered, state.offered);
    say(alert, all.some((entry) => entry.state === "lost") ? LOST : [state.notice, state.problem].filter(Boolean).join(" "));
    log.dataset.empty = all.length ? "" : `Say hello to ${state.name}. The conversation is kept beside the notebook, in the file ${spec.file}.`;
    if (follow || near) toEnd(answer);
    else if (answer) latest.hidden = false;
  }

  function drawSaid(entry) {
    if (entry.state === "note") return el("p", { class: "hr-note", text: entry.said });
    return el("div", { class: "hr-turn" },
      el("p", { class: "hr-bubble hr-mine", dir: "auto" }, el("span", { class: "hr-hidden", text: "You: " }), document.createTextNode(entry.said)),
      el("div", { class: "hr-answer" }));
  }

  function drawAnswer(node, entry) {
    const place = node.querySelector(".hr-answer");
    if (!place) return;
    place.replaceChildren();
    if (entry.state === "failed") {
      place.append(el("div", { class: "hr-failed" }, el("p", { dir: "auto", text: entry.trouble }),
        el("button", { type: "button", class: "hr-plain", text: "Try again", onclick: () => { send({ action: "again", id: entry.id }); input.focus(); } })));
    } else if (entry.state === "lost") {
      place.append(el("p", { class: "hr-under", text: "Not sent yet" }));
    } else if (entry.state === "answered") {
      place.append(...[
        el("p", { class: "hr-who", "aria-hidden": "true", text: entry.name }),
        el("p", { class: "hr-bubble hr-theirs", dir: "auto" }, el("span", { class: "hr-hidden", text: `${entry.name}: ` }), document.createTextNode(entry.reply || "(an empty answer)")),
        entry.offered && el("p", { class: "hr-under hr-person" }, el("span", { "aria-hidden": "true", text: "☎ " }), document.createTextNode("A person was offered")),
        // A screen reader is told of the answer, not of every fold below it.
        el("div", { class: "hr-folds", "aria-live": "off" }, ...entry.citations.map(citation), spec.show_why && entry.why.length ? why(entry) : null),
      ].filter(Boolean));
    }
  }

  function drawComing(entry, who) {
    clearTimeout(slow);
    if (!entry) {
      coming.replaceChildren();
      if (status.textContent) say(status, "");
      return;
    }
    const { id, text } = model.get("coming");
    const bubble = id === entry.id && text
      ? el("p", { class: "hr-bubble hr-theirs", dir: "auto", text })
      : el("p", { class: "hr-bubble hr-theirs hr-dots" }, el("span", {}), el("span", {}), el("span", {}));
    const late = el("p", { class: "hr-under" });
    coming.replaceChildren(el("p", { class: "hr-who", text: who }), bubble, late);
    say(status, `${who} is writing.`);
    slow = setTimeout(() => { late.textContent = `${who} takes long. You can go on typing.`; say(status, late.textContent); }, SLOW_MS);
  }

  function drawChoices(last) {
    const words = last?.state === "answered" ? last.choices : [];
    if (choices.dataset.for === JSON.stringify([last?.id, words])) return;
    choices.dataset.for = JSON.stringify([last?.id, words]);
    choices.replaceChildren(...words.map((text) => el("button", { type: "button", class: "hr-choice", dir: "auto", text, onclick: () => { say_(text); input.focus(); } })));
  }

  /** Show the end, but never scroll past the beginning of a new answer. */
  function toEnd(answer) {
    latest.hidden = true;
    scroller.scrollTop = scroller.scrollHeight;
    const top = answer?.querySelector(".hr-theirs")?.offsetTop ?? Infinity;
    if (top < scroller.scrollTop) { scroller.scrollTop = top - 36; latest.hidden = false; }
  }

  async function copyAll() {
    const lines = model.get("entries").flatMap((entry) => entry.state === "note" ? [`(${entry.said})`]
      : [`You: ${entry.said}`, entry.state === "answered" ? `${entry.name}: ${entry.reply}` : `(${entry.trouble || "no answer yet"})`]);
    const done = await toClipboard(lines.join("\n\n"));
    copy.textContent = done ? "✓ Copied" : "Not copied";
    say(status, done ? "The conversation was copied." : "The conversation could not be copied. Mark it with the mouse instead.");
    setTimeout(() => { copy.textContent = "Copy"; }, 2500);
  }

  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    submitInput();
  });
  input.addEventListener("input", () => { grow(); remember(); });
  let atEnd = true;
  scroller.addEventListener("scroll", () => {
    atEnd = isNear();
    if (atEnd) latest.hidden = true;
  }, { passive: true });

  // What was typed or sent but never arrived comes back into the box.
  const entered = new Set(model.get("entries").map(({ id }) => id));
  const stranded = readJson(`${store}outbox`).filter(({ id }) => !entered.has(id)).map(({ text }) => text);
  input.value = [...stranded, read(`${store}draft`) ?? ""].filter(Boolean).join("\n");
  remember();
  draw();
  root.replaceChildren(card);
  grow();
  const size = new ResizeObserver(() => { if (atEnd && scroller.clientHeight) toEnd(); });
  size.observe(scroller);

  scroller.addEventListener("toggle", ({ target }) => { if (target.open) target.scrollIntoView({ block: "nearest" }); }, { capture: true });
  const part = () => {
    if (!model.get("coming").id) return;
    const near = isNear();
    drawComing(model.get("entries").find((entry) => entry.state === "waiting"), model.get("state").name);
    if (near) toEnd();
  };
  const changed = () => draw();
  model.on("change:entries change:state", changed);
  model.on("change:coming", part);
  return () => {
    clearTimeout(slow);
    size.disconnect();
    model.off("change:entries change:state", changed);
    model.off("change:coming", part);
  };
}

function citation({ document: file, section, words, valid_from: from }) {
  const name = [file, section].filter(Boolean).join(", ");
  return el("details", { class: "hr-fold" }, el("summary", {}, el("span", { class: "hr-tag", text: "Source" }), document.createTextNode(` ${name}`)),
    el("blockquote", { dir: "auto", text: words }), from && el("p", { class: "hr-under", text: `In force from ${from}` }));
}

function why({ why: steps }) {
  return el("details", { class: "hr-fold" }, el("summary", { text: "Why did it say that?" }),
    el("ol", {}, ...steps.map((text) => el("li", { dir: "auto", text }))));
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* not a secure page, or not allowed */ }
  const area = el("textarea", { class: "hr-hidden", "aria-hidden": "true" });
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}

function keep(key, text) { try { if (text === null) localStorage.removeItem(key); else localStorage.setItem(key, text); } catch { /* a private window */ } }
function read(key) { try { return localStorage.getItem(key); } catch { return null; } }
function readJson(key) { try { const found = JSON.parse(read(key) ?? "[]"); return Array.isArray(found) ? found : []; } catch { return []; } }

export default { render };
