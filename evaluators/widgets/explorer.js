// Controls that redraw a picture. Python: explorer.py. One request at a time; the latest setting always wins.

const LOST_MS = 10000;

function render({ model, el: root }) {
  const spec = model.get("spec");
  const kept = model.get("request").values;
  const values = Object.fromEntries(spec.controls.map(({ name, value }) => [name, kept[name] ?? value]));
  const picture = el("div", { class: "hr-picture", "aria-live": "polite" });
  const trouble = el("p", { class: "hr-problem", role: "status" });
  const controls = el("div", { class: "hr-controls" });
  let { seq } = model.get("request");
  let busy = false;
  let dirty = false;
  let lost;

  const request = () => {
    if (busy) { dirty = true; return; }
    busy = true;
    dirty = false;
    seq += 1;
    model.set("request", { seq, values: { ...values } });
    model.save_changes();
    lost = setTimeout(() => {
      busy = false;
      say(trouble, "The lab does not answer. Wait a moment, then reload the page.");
    }, LOST_MS);
  };
  const draw = () => {
    clearTimeout(lost);
    busy = false;
    say(trouble, "");
    picture.innerHTML = model.get("drawing").html;
    if (dirty) request();
  };
  for (const control of spec.controls) {
    controls.append(makeControl(control, values[control.name], (value) => { values[control.name] = value; request(); }));
  }
  const card = el("section", { class: "hrlab hr-card hr-explorer", "aria-label": spec.title },
    el("p", { class: "hr-meta", text: "Explore" }), el("p", { class: "hr-prompt", text: spec.title }), controls, trouble, picture);
  keepKeys(card);
  root.replaceChildren(card);
  model.on("change:drawing", draw);
  picture.innerHTML = model.get("drawing").html;
  return () => model.off("change:drawing", draw);
}

function makeControl(control, value, changed) {
  const id = uniqueId(control.name);
  const help = control.help ? el("p", { class: "hr-help", id: `${id}-help`, text: control.help }) : null;
  const common = { id, "aria-describedby": help && help.id };
  const label = el("label", { for: id, text: control.label });
  const words = new Map(control.kind === "slider" ? control.options : []);
  const withUnit = (number) => words.get(String(number)) ?? `${number} ${control.unit}`.trim();
  const bounds = { min: control.minimum, max: control.maximum, step: control.step };

  if (control.kind === "checkbox") {
    const box = el("input", { ...common, type: "checkbox", checked: value });
    box.addEventListener("change", () => changed(box.checked));
    return el("div", { class: "hr-control" }, el("label", { class: "hr-option", for: id }, box, el("span", { text: control.label })), help);
  }
  if (control.kind === "button") {
    let presses = value;
    const press = el("button", { ...common, type: "button", class: "hr-button", text: control.label });
    press.addEventListener("click", () => { presses = Math.min(presses + 1, control.maximum); changed(presses); });
    return el("div", { class: "hr-control" }, press, help);
  }
  if (control.kind === "select") {
    const list = el("select", common, ...control.options.map(([key, text]) => el("option", { value: key, selected: key === value, text })));
    list.addEventListener("change", () => changed(list.value));
    return el("div", { class: "hr-control" }, label, list, help);
  }
  if (control.kind === "number") {
    const box = el("input", { ...common, ...bounds, type: "number", value });
    box.addEventListener("change", () => { if (box.value !== "") changed(Number(box.value)); });
    return el("div", { class: "hr-control" }, label, el("div", { class: "hr-number" }, box, control.unit && el("span", { class: "hr-unit", text: control.unit })), help);
  }
  const range = el("input", { ...common, ...bounds, type: "range", value, "aria-valuetext": withUnit(value) });
  const shown = el("output", { for: id, text: withUnit(value) });
  range.addEventListener("input", () => {
    shown.textContent = withUnit(range.value);
    range.setAttribute("aria-valuetext", withUnit(range.value));
    changed(Number(range.value));
  });
  return el("div", { class: "hr-control" }, el("div", { class: "hr-row" }, label, shown), range, help);
}

export default { render };
