// What the explorers of own data share: choose a table, fill in a form, read the page, save it. Python: _own_data.py.
// One request at a time: {seq, action, source, values}; actions are open, list, aside, run, save.

const LONG_MS = 60000;

/**
 * Draw an explorer of own data.
 *
 * kind says what differs: texts (go, waiting, where, changed, resultTitle, saves), defaults(table) with the first values of
 * all fields, draw(builder, table), which returns the sections of the form and may return null, and fields, the order in
 * which a problem takes the focus. It may say which sources are offered first (main), what they are called together
 * (things: one, many, which, heading) and what is said of one that was opened (opened).
 */
function ownData({ model, el: root }, kind) {
  const spec = model.get("spec");
  let { seq } = model.get("request");
  let busy = false;
  let long;
  let values = {};
  let fields = {};
  let hooks = {};  // what the form does when sources or the second table change
  const own = {};  // the fields of the table itself stay when another table is chosen
  const reading = { sheet: "", encoding: "" };
  const order = ["source", "sheet", "encoding", ...kind.fields, "form", "save"];

  const main = kind.main ?? (() => true);
  const things = { one: "table", many: "tables", which: "Which table?", heading: "1. The table", ...kind.things };

  const form = el("div", { class: "hr-audit-form" });
  const bar = el("progress", { class: "hr-progress", max: "1", value: "0", "aria-label": "How far the work is" });
  const barWords = el("span", { class: "hr-help" });
  const far = el("div", { class: "hr-far", hidden: true }, bar, barWords);
  const status = el("p", { class: "hr-status", role: "status" });
  const saved = el("p", { class: "hr-status", role: "status" });
  const trouble = problemLine();
  const notSaved = problemLine();
  const go = el("button", { type: "button", class: "hr-button", text: kind.go, onclick: () => ask("run", kind.waiting) });
  const keep = el("button", { type: "button", class: "hr-button hr-quiet", text: "Save page and numbers", onclick: () => ask("save", "") });
  const result = el("div", { class: "hr-audit-result" });

  const source = el("select", { onchange: () => { setReading("", ""); ask("open", "Reading …"); } });
  const again = el("button", { type: "button", class: "hr-button hr-quiet", text: "Look again", onclick: () => ask("list", "") });
  const where = kind.where(spec.folder);
  const reader = (name) => el("input", { type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", onchange: ({ target }) => { reading[name] = target.value; } });
  const sheet = reader("sheet");
  const encoding = reader("encoding");
  const first = section(things.heading, labelled(own, "source", things.which, source, where), again,
    folded("Another sheet, or letters that look wrong",
      grid(
        labelled(own, "sheet", "Sheet of a workbook", sheet, "Empty: the first one."),
        labelled(own, "encoding", "Encoding of a text file", encoding, "Empty: found out. For example cp1252 or utf-16.")),
      el("button", { type: "button", class: "hr-button hr-quiet", text: "Read it so", onclick: () => ask("open", "Reading …") })));

  function setReading(ofSheet, ofEncoding) {
    sheet.value = reading.sheet = ofSheet;
    encoding.value = reading.encoding = ofEncoding;
  }

  function ask(action, waiting) {
    if (busy) return;
    busy = true;
    seq += 1;
    say(status, action === "save" ? status.textContent : waiting);
    say(saved, "");
    model.set("request", { seq, action, source: source.value, values: { ...values, ...reading } });
    model.save_changes();
    waitOn();
  }
  function waitOn() {
    clearTimeout(long);
    long = setTimeout(() => {
      busy = false;
      say(status, "Still no answer. A very large table takes minutes. If nothing comes, reload the page.");
    }, LONG_MS);
  }
  function drawProgress() {
    const { words, share } = model.get("progress") ?? {};
    far.hidden = !words;
    if (!words) return;
    bar.value = share;
    barWords.textContent = words;
    if (busy) waitOn();
  }
  function replied() {
    const reply = model.get("reply");
    clearTimeout(long);
    busy = false;
    const action = model.get("request").action;
    say(action === "save" ? saved : status, reply.said);
    if (action === "open" && model.get("table").columns) {
      const name = source.selectedOptions[0].textContent;
      say(status, kind.opened?.(name, model.get("table")) ?? `${name}: ${model.get("table").columns.length} columns.`);
    }
    const count = reply.sources.filter(main).length;
    if (action === "list") say(status, count === 1 ? `1 ${things.one} is there.` : `${count || "No"} ${things.many} are there.`);
    drawProblems(reply.problems);
    drawSources(reply);
  }
  function drawSources({ sources, source: chosen }) {
    const listed = sources.filter(main).map(([key, label]) => [key, label]);
    if (chosen && !sources.some(([key]) => key === chosen)) listed.push([chosen, `${chosen.replace(/^\w+:/, "")} (not there any more)`]);
    if (!listed.length) listed.push(["", `no ${things.one} yet`]);
    source.replaceChildren(...listed.map(([key, text]) => el("option", { value: key, selected: key === chosen, text })));
    if (!chosen && sources.some(main)) ask("open", "Reading …");  // the first table of somebody who had none
    hooks.sources?.(sources);
  }
  function drawProblems(problems) {
    const all = { ...own, ...fields, form: { problem: trouble }, save: { problem: notSaved } };
    let focused = false;
    const lost = Object.keys(problems).filter((name) => !all[name]?.problem).map((name) => problems[name]).join(" ");
    for (const name of order.filter((each) => all[each])) {
      const { problem, control } = all[name];
      const text = problems[name] ?? (name === "form" ? lost : "");
      say(problem, text);
      if (!control) continue;
      if (control.tagName !== "FIELDSET") control.setAttribute("aria-invalid", text ? "true" : "false");
      if (!text || focused) continue;
      focused = true;
      for (let parent = control.parentElement; parent && parent !== root; parent = parent.parentElement) if (parent.tagName === "DETAILS") parent.open = true;
      (control.tagName === "FIELDSET" ? control.querySelector("input") : control)?.focus();
    }
    if (Object.keys(problems).length) say(status, "Please look at the field with the red line.");
  }

  /** What a change of any control does: the result below belongs to earlier settings. */
  function change(name, value) {
    values[name] = value;
    if (result.firstChild) say(status, `You changed something. The page below is still the earlier one: press “${kind.go}” again.`);
  }
  function drawTable() {
    const table = model.get("table");
    fields = {};
    hooks = {};
    form.replaceChildren();
    go.hidden = !table.columns;
    if (!table.columns) return;
    const request = model.get("request");
    values = kind.defaults(table, spec);
    if (request.source === table.source && request.action === "run") {
      values = { ...values, ...request.values };
      setReading(request.values.sheet ?? "", request.values.encoding ?? "");
    }
    form.append(...kind.draw(builder(), table, spec));
    hooks.sources?.(model.get("reply").sources ?? []);
    hooks.aside?.(model.get("aside"));
  }
  /** What a form is made of: controls that know their field. */
  function builder() {
    return {
      values,
      change,
      fields,
      hooks,
      ask,
      /** A list; options are [value, text] or [heading, [options]]. */
      select(name, options, then) {
        const option = ([key, text]) => el("option", { value: key, selected: key === values[name], text });
        const list = el("select", {}, ...options.map(([key, text]) => (Array.isArray(text) ? el("optgroup", { label: key }, ...text.map(option)) : option([key, text]))));
        list.addEventListener("change", () => { change(name, list.value); then?.(); });
        return list;
      },
      typed(name, mode = "decimal", list = null) {  // list: id of a datalist with proposals
        const box = el("input", { type: "text", inputmode: mode, autocomplete: "off", spellcheck: "false", value: values[name], list });
        box.addEventListener("input", () => change(name, box.value));
        return box;
      },
      tick(name, text) {
        const box = el("input", { type: "checkbox", checked: values[name] });
        box.addEventListener("change", () => change(name, box.checked));
        return el("label", { class: "hr-option" }, box, el("span", { text }));
      },
      /** Boxes to tick; options are [value, text, example], those of rest are folded away. */
      ticks(name, legend, options, help, rest = [], then = null) {
        const line = problemLine();
        const note = el("p", { class: "hr-help", id: uniqueId("help"), text: help });
        const option = ([key, text, example]) => {
          const box = el("input", { type: "checkbox", value: key, checked: values[name].includes(key) });
          box.addEventListener("change", () => {
            change(name, box.checked ? [...values[name], key] : values[name].filter((each) => each !== key));
            then?.();
          });
          return el("label", { class: "hr-option" }, box, el("span", { text }, example && el("span", { class: "hr-example", text: example })));
        };
        const more = rest.length ? el("details", { open: !options.length }, el("summary", { text: `Other columns (${rest.length})` }), el("div", { class: "hr-options" }, ...rest.map(option))) : null;
        const set = el("fieldset", { "aria-describedby": `${note.id} ${line.id}` },
          el("legend", { class: "hr-legend", text: legend }), note, el("div", { class: "hr-options" }, ...options.map(option)), more, line);
        fields[name] = { problem: line, control: set };
        return set;
      },
      labelled: (name, text, control, help = "") => labelled(fields, name, text, control, help),
    };
  }
  function drawResult() {
    const { page } = model.get("result");
    result.replaceChildren();
    if (!page) return;
    // The page is the command's own; no script may run in it, and its styles stay inside.
    const frame = el("iframe", { class: "hr-audit-page", title: kind.resultTitle, sandbox: "allow-same-origin", srcdoc: page });
    frame.addEventListener("load", () => {
      const { body } = frame.contentDocument;
      const fit = () => { frame.style.height = `${Math.ceil(body.offsetHeight) + 24}px`; };
      new ResizeObserver(fit).observe(body);
      fit();
    });
    result.append(el("div", { class: "hr-buttons" }, keep), notSaved, saved, frame);
  }
  const card = el("section", { class: "hrlab hr-card hr-explorer hr-audit", "aria-label": spec.title },
    el("p", { class: "hr-meta", text: "Your own data" }), el("p", { class: "hr-prompt", text: spec.title }), first, form, go, trouble, status, far, result);
  keepKeys(card);
  root.replaceChildren(card);
  const listen = { "change:table": drawTable, "change:aside": () => hooks.aside?.(model.get("aside")), "change:result": drawResult, "change:reply": replied, "change:progress": drawProgress };
  for (const [event, listener] of Object.entries(listen)) model.on(event, listener);
  drawTable();
  drawResult();
  drawSources(model.get("reply"));
  drawProblems(model.get("reply").problems);
  return () => {
    clearTimeout(long);
    for (const [event, listener] of Object.entries(listen)) model.off(event, listener);
  };
}

function problemLine() {
  return el("p", { class: "hr-problem", id: uniqueId("problem"), "aria-live": "polite" });
}

function section(title, ...children) {
  return el("section", { class: "hr-part", "aria-label": title }, el("p", { class: "hr-part-title", text: title }), ...children);
}

function grid(...children) {
  return el("div", { class: "hr-pairs" }, ...children);
}

function notes(texts) {
  return texts.length ? el("ul", { class: "hr-notes" }, ...texts.map((text) => el("li", { text }))) : null;
}

function folded(title, ...children) {
  return el("details", {}, el("summary", { text: title }), ...children);
}

/** A control with its label, a line of help and the place for what is wrong. */
function labelled(fields, name, text, control, help = "") {
  const problem = problemLine();
  const note = help ? el("p", { class: "hr-help", id: uniqueId("help"), text: help }) : null;
  control.id = uniqueId(name);
  control.setAttribute("aria-describedby", `${note ? note.id : ""} ${problem.id}`.trim());
  fields[name] = { problem, control };
  return el("div", { class: "hr-control" }, el("label", { for: control.id, text }), control, note, problem);
}

/** What was read, before anybody says what it means: notes, all columns with examples, what was guessed and why. */
function whatWasRead({ columns, notes: read, guesses }, basis = "names and values") {
  return [
    notes(read),
    folded(`All ${columns.length} columns with examples`, columnTable(columns)),
    el("p", { class: "hr-help", text: guesses.length ? `This is a guess from ${basis}. Please check it, and change what is wrong:` : `Nothing could be guessed from ${basis}. Please choose:` }),
    notes(guesses),
  ];
}

function columnTable(columns) {
  const head = el("tr", {}, ...["Column", "Holds", "Empty"].map((text) => el("th", { scope: "col", text })));
  const rows = columns.map(({ name, examples, empty }) => el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: examples || "–" }), el("td", { text: empty })));
  return el("div", { class: "hr-columns", role: "region", tabindex: "0", "aria-label": "Columns of the table, with examples" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}
