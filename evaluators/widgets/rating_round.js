// A rating round. Python: _round.py. Each message carries all ratings, so that no click is lost.

const LOST_MS = 10000;
const LOST = "NOT saved yet: the lab does not answer. Wait a moment. If this message stays, reload the page.";
const LARGEST = 2_000_000;  // bytes

function render({ model, el: root }) {
  const spec = model.get("spec");
  const { words, scales, lowest } = spec;
  const state = structuredClone(model.get("state"));
  const shown = new Set();  // careful cards that somebody chose to see
  let { seq } = model.get("request");
  let at = 0;
  let lost;
  let awaited = "";

  const body = el("div", { class: "hr-rr-body" });
  const problem = el("p", { class: "hr-problem", role: "status" });
  const status = el("p", { class: "hr-status", role: "status" });
  const card = el("section", { class: "hrlab hr-card hr-explorer hr-rating", "aria-label": spec.title },
    el("p", { class: "hr-meta", text: words.meta }), el("p", { class: "hr-prompt", text: spec.title }), body, problem, status);
  keepKeys(card);
  card.addEventListener("keydown", digit);
  root.replaceChildren(card);

  const careful = spec.cards.filter((each) => each.careful).length;
  const left = (each) => state.leave_out && each.careful;
  const shownCards = () => spec.cards.filter((each) => !left(each));
  const isRated = (each) => scales.every(({ key }) => state.cards[each.id].scores[key] !== undefined);
  const isOpen = (each) => !left(each) && !state.cards[each.id].skipped && !isRated(each);

  function send(action = "keep", extra = {}) {
    seq += 1;
    awaited = action;
    model.set("request", { seq, action, state: structuredClone(state), ...extra });
    model.save_changes();
    clearTimeout(lost);
    lost = setTimeout(() => { card.dataset.state = "lost"; say(status, LOST); }, LOST_MS);
  }
  function replied() {
    const reply = model.get("reply");
    if (reply.seq < seq) return;
    clearTimeout(lost);
    tell(reply);
    if (reply.html !== null && !reply.problem) results(reply.html);
  }
  function tell(reply) {
    card.dataset.state = reply.ok ? "saved" : "lost";
    say(status, reply.text && reply.ok && awaited ? `✓ ${reply.problem ? "Saved on this computer." : reply.text}` : reply.text);
    say(problem, reply.problem);
  }
  const show = (focus, ...nodes) => { body.replaceChildren(...nodes.filter(Boolean)); if (focus) focus.focus(); };
  const button = (text, act, quiet = false) => el("button", { type: "button", class: `hr-button${quiet ? " hr-quiet" : ""}`, text, onclick: act });

  function start() {
    const leave = el("input", { type: "checkbox", checked: state.leave_out });
    const about = [...new Set(spec.cards.filter((each) => each.careful).map((each) => each.about))].filter(Boolean).join(", ");
    const notice = careful ? [el("div", { class: "hr-rr-notice" },
      el("p", {}, el("strong", { text: "Before you begin. " }), document.createTextNode(
        `${careful} of the ${spec.cards.length} cards touch hard things${about ? ` (${about})` : ""}, ${words.hard}Each says so before you see it, and you can skip it. Nothing is lost by skipping. If one comes close to you, stop, and talk with somebody you trust.`)),
      el("label", { class: "hr-option" }, leave, el("span", { text: `Leave these ${careful} cards out` })))] : [];
    show(null,
      el("p", { text: words.intro }),
      ...notice, el("p", { class: "hr-help hr-rr-keys", text: words.keys }),
      el("div", { class: "hr-ts-buttons" }, button("Begin", () => { state.leave_out = leave.checked; state.begun = true; send(); go(firstOpen()); })));
  }
  function firstOpen() {
    const open = shownCards().findIndex(isOpen);
    return Math.max(open, 0);
  }
  function go(place, focus = true) {
    const cards = shownCards();
    at = Math.min(Math.max(place, 0), cards.length - 1);
    if (!cards.length) { send("results"); return; }
    const one = cards[at];
    const mine = state.cards[one.id];
    const heading = el("h3", { class: "hr-rr-heading", tabindex: "-1" });
    const count = el("p", { class: "hr-count" });
    const bar = el("progress", { max: cards.length, "aria-label": "Cards rated or skipped" });
    const done = () => {
      const rated = cards.filter(isRated).length;
      const skipped = cards.filter((each) => state.cards[each.id].skipped).length;
      bar.value = cards.filter((each) => !isOpen(each)).length;
      count.textContent = `${rated} rated${skipped ? `, ${skipped} skipped` : ""}, ${cards.filter(isOpen).length} open`;
    };
    heading.textContent = `Card ${at + 1} of ${cards.length}`;
    done();
    const top = el("div", { class: "hr-rr-top" }, heading, count, bar);
    const last = at + 1 === cards.length;
    const next = button(last ? words.finish : "Next card", () => { if (last) send("results"); else go(at + 1); });
    next.classList.add("hr-rr-next");
    const skip = button(mine.skipped ? "Rate it after all" : "Skip this card", () => {
      mine.skipped = !mine.skipped;
      send();
      if (mine.skipped && !last) go(at + 1);
      else go(at);
    }, true);
    const back = button("Back", () => go(at - 1), true);
    back.disabled = at === 0;
    const early = last ? null : button(words.early, () => send("results"), true);
    const buttons = el("div", { class: "hr-ts-buttons" }, next, back, skip, early);
    if (mine.skipped) {
      show(focus && heading, top, el("p", { class: "hr-rr-notice", text: "You skipped this card. It counts for nothing." }), buttons);
      return;
    }
    if (one.careful && !shown.has(one.id) && !isRated(one)) {
      const see = button("Show the card", () => { shown.add(one.id); go(at); });
      show(focus && heading, top, el("div", { class: "hr-rr-notice" }, el("p", {}, el("strong", { text: "Careful. " }),
        document.createTextNode(`This card is about something hard${one.about ? `: ${one.about}` : ""}. You may skip it.`))),
      el("div", { class: "hr-ts-buttons" }, see, skip, back, next));
      next.className = "hr-button hr-quiet";
      return;
    }
    const fields = scales.map((each) => scale(each, mine, () => { done(); send(); }));
    show(focus && heading, top, one.facts ? resume(one) : talk(one), ...fields, buttons);
  }
  function talk(one) {
    return el("div", { class: "hr-rr-talk" }, one.said && el("p", { class: "hr-rr-who", text: "The person wrote" }), one.said && el("blockquote", { class: "hr-rr-said", text: one.said }),
      el("p", { class: "hr-rr-who", text: "The reply" }), el("blockquote", { class: "hr-rr-reply", text: one.reply }));
  }
  function resume(one) {
    const facts = one.facts.map(([label, value]) => el("div", {}, el("dt", { text: label }), el("dd", { text: value })));
    return el("div", { class: "hr-rr-resume" }, el("h4", { text: one.name }), one.facts.length && el("dl", {}, ...facts), one.profile && el("p", { class: "hr-rr-profile", text: one.profile }));
  }
  /** A scale with words for each step. */
  function scale(dimension, mine, changed) {
    const name = uniqueId(dimension.key);
    const help = dimension.definition && el("p", { class: "hr-help", id: uniqueId("help"), text: dimension.definition });
    const options = dimension.anchors.map((anchor, place) => {
      const points = lowest + place;
      const input = el("input", { type: "radio", name, value: points, checked: mine.scores[dimension.key] === points });
      input.addEventListener("change", () => { mine.scores[dimension.key] = points; changed(); });
      return el("label", { class: "hr-option" }, input, el("span", {}, el("b", { text: String(points) }), document.createTextNode(` ${anchor}`)));
    });
    const steps = el("div", { class: "hr-rr-steps", style: `--hr-steps: ${options.length}` }, ...options);
    return el("fieldset", { class: "hr-rr-scale", "aria-describedby": help ? help.id : null }, el("legend", { class: "hr-legend", text: dimension.name }), help, steps);
  }
  /** A digit rates the scale that has the focus, or else the first open one, and moves on. */
  function digit(event) {
    if (!/^\d$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    const fields = [...body.querySelectorAll(".hr-rr-scale")];
    const step = Number(event.key) - lowest;
    if (!fields.length || step < 0 || step >= fields[0].querySelectorAll("input").length) return;
    event.preventDefault();
    const here = fields.find((each) => each.contains(document.activeElement)) ?? fields.find((each) => !each.querySelector(":checked")) ?? fields[0];
    const input = here.querySelectorAll("input")[step];
    if (!input.checked) { input.checked = true; input.dispatchEvent(new Event("change")); }
    const following = fields[fields.indexOf(here) + 1];
    (following ? following.querySelector(":checked") ?? following.querySelector("input") : body.querySelector(".hr-rr-next")).focus();
  }

  function results(html) {
    const heading = el("h3", { class: "hr-rr-heading", tabindex: "-1", text: words.results });
    const found = el("div", { class: "hr-rr-results" });
    found.innerHTML = html;
    const open = shownCards().filter(isOpen).length;
    show(heading, heading, found, words.cohort && cohort(), el("div", { class: "hr-ts-buttons" },
      button("Save my ratings", () => send("save")),
      button(open ? `Back to the cards (${open} open)` : "Back to the cards", () => go(open ? firstOpen() : 0), true)));
  }
  function cohort() {
    const file = el("input", { type: "file", accept: ".csv,.xlsx", id: uniqueId("cohort") });
    const drop = el("div", { class: "hr-rr-drop" },
      el("label", { for: file.id, text: "The cohort’s file" }), el("p", { class: "hr-help", text: words.cohort }), file);
    const read = (chosen) => { if (chosen) bring(chosen); };
    file.addEventListener("change", () => read(file.files[0]));
    for (const kind of ["dragover", "dragenter"]) drop.addEventListener(kind, (event) => { event.preventDefault(); event.stopPropagation(); drop.classList.add("hr-rr-over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("hr-rr-over"));
    drop.addEventListener("drop", (event) => { event.preventDefault(); event.stopPropagation(); drop.classList.remove("hr-rr-over"); read(event.dataTransfer.files[0]); });
    return drop;
  }
  function bring(file) {
    if (file.size > LARGEST) { say(problem, `${file.name} is larger than 2 MB: that is no file of ratings.`); return; }
    const reader = new FileReader();
    reader.addEventListener("load", () => send("cohort", { file: { name: file.name, data: String(reader.result).split(",")[1] ?? "" } }));
    reader.addEventListener("error", () => say(problem, `${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  }

  model.on("change:reply", replied);
  tell(model.get("reply"));
  if (state.begun) go(firstOpen(), false);
  else start();
  return () => { clearTimeout(lost); model.off("change:reply", replied); };
}

export default { render };
