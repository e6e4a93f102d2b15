// The two cards around the studio of a bot's workshop. Python: bot_workshop.py.

function render({ model, el: root }) {
  const spec = model.get("spec");
  const ask = (action, value = null) => model.send({ action, value });
  const { card, draw } = spec.role === "choose" ? makeChoice(spec, ask) : makeAnswer(spec, ask);
  keepKeys(card);
  root.replaceChildren(card);
  const changed = () => draw(model.get("state"));
  const arrived = () => download(model.get("file"));
  changed();
  model.on("change:state", changed);
  model.on("change:file", arrived);
  return () => { model.off("change:state", changed); model.off("change:file", arrived); };
}

/** What somebody writes, and which part of the answer is edited. */
function makeChoice(spec, ask) {
  const scene = makeSelect("A person writes about", (value) => ask("scene", value));
  const part = makeSelect("Part of the answer to edit", (value) => ask("part", value));
  const said = el("blockquote", { class: "hr-bw-said" });
  scene.fill(spec.scenes.map((each) => [each, each]), spec.scenes[0]);
  const card = el("section", { class: "hrlab hr-card hr-explorer hr-workshop", "aria-label": spec.title },
    el("p", { class: "hr-meta", text: "Try it" }), el("p", { class: "hr-prompt", text: spec.title }),
    el("p", { class: "hr-help", text: "Choose a message. Edit a part of the answer below: the bars follow as you type. Then read the whole answer, and talk to the changed bot at the end." }),
    scene.node, said, part.node);
  return { card, draw(state) { scene.pick(state.scene); said.textContent = `“${state.said}”`; part.fill(state.parts, state.part); } };
}

/** The whole answer before and now, and what can be done with it. */
function makeAnswer(spec, ask) {
  const before = makeText("Before"), now = makeText("Now");
  const difference = el("p", { class: "hr-bw-difference", role: "status" });
  const problem = el("p", { class: "hr-problem", role: "status" });
  const told = el("p", { class: "hr-status", role: "status" });
  let sure = false;
  const restore = el("button", { type: "button", class: "hr-button hr-quiet", onclick: () => {
    if (sure) { ask("restore"); calm(); } else { sure = true; restore.textContent = "Press again: all my changes go"; }
  } });
  const calm = () => { sure = false; restore.textContent = "Take all changes back"; };
  restore.addEventListener("blur", calm);
  calm();
  const card = el("section", { class: "hrlab hr-card hr-explorer hr-workshop", "aria-label": `The whole answer of ${spec.name}` },
    el("p", { class: "hr-prompt", text: "The whole answer" }), problem,
    el("div", { class: "hr-bw-two" }, before.node, now.node), difference,
    el("div", { class: "hr-ts-buttons" },
      el("button", { type: "button", class: "hr-button", text: `Send the message to ${spec.name}`, onclick: () => ask("say") }),
      el("button", { type: "button", class: "hr-button hr-quiet", text: "Download domain.yml", onclick: () => ask("download") }), restore),
    el("p", { class: "hr-help", text: `Words in braces are filled in: {person} becomes a person from the HR team. The bars above score a part as it stands there; the points here are for the whole answer. Quoted policies cannot be edited here. domain.yml holds all replies with your changes; a developer can put it in the place of the old one, in Rasa too.` }), told);
  return { card, draw(state) {
    before.draw(state.texts[0], state.scores[0]);
    now.draw(state.texts[1], state.scores[1]);
    before.node.hidden = !state.difference;
    say(difference, state.difference || "This answer has its first words still. Edit a part above.");
    say(problem, state.problem);
    say(told, state.told);
    restore.hidden = !state.changed;
  } };
}

function makeText(title) {
  const text = el("p", { class: "hr-bw-text" }), score = el("p", { class: "hr-bw-score" });
  return { node: el("div", {}, el("p", { class: "hr-ts-label", text: title }), text, score),
    draw(words, points) { text.textContent = words; score.textContent = points; } };
}

function makeSelect(label, chosen) {
  const id = uniqueId("workshop");
  const box = el("select", { id });
  box.addEventListener("change", () => chosen(box.value));
  return {
    node: el("div", { class: "hr-bw-field" }, el("label", { for: id, class: "hr-ts-label", text: label }), box),
    pick(value) { if (box.value !== value) box.value = value; },
    fill(options, value) {
      if (JSON.stringify(options) !== box.dataset.options) {
        box.dataset.options = JSON.stringify(options);
        box.replaceChildren(...options.map(([key, text]) => el("option", { value: key, text })));
      }
      this.pick(value);
    },
  };
}

function download(file) {
  if (!file || !file.text) return;
  const address = URL.createObjectURL(new Blob([file.text], { type: "text/yaml" }));
  const link = el("a", { href: address, download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

export default { render };
