// What the explorers of own data share: choose a table, fill in a form, read the page, save it. Python: _own_data.py.
// One request at a time: {seq, action, source, values}; actions are open, list, aside, run, save.

const LONG_MS = 60000;
const KEEP_MS = 300;
const PIECE = 1 << 20;  // bytes that are sent at once

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
  let keeping;
  let values = {};
  let fields = {};
  let hooks = { sources: [], aside: null };  // what the form does when sources or further tables change
  let next = null;  // a further table that was chosen while an answer was awaited
  const own = {};  // the fields of the table itself stay when another table is chosen
  const reading = { sheet: "", encoding: "" };
  const order = ["source", "bring", "sheet", "encoding", ...kind.fields, "form", "save"];

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
  const bring = el("input", { type: "file", accept: spec.takes.join(","), onchange: () => { copyIn(bring.files[0]); bring.value = ""; } });
  const first = section(things.heading, labelled(own, "source", things.which, source, where), again,
    labelled(own, "bring", "Or copy a file into this folder", bring, "Choose it, or drop it here. A copy is made; the file itself stays as it is."),
    folded("Another sheet, or letters that look wrong",
      grid(
        labelled(own, "sheet", "Sheet of a workbook", sheet, "Empty: the first one."),
        labelled(own, "encoding", "Encoding of a text file", encoding, "Empty: found out. For example cp1252 or utf-16.")),
      el("button", { type: "button", class: "hr-button hr-quiet", text: "Read it so", onclick: () => ask("open", "Reading …") })));

  function setReading(ofSheet, ofEncoding) {
    sheet.value = reading.sheet = ofSheet;
    encoding.value = reading.encoding = ofEncoding;
  }

  for (const event of ["dragenter", "dragover"]) first.addEventListener(event, (dragged) => { if (dragged.dataTransfer.types.includes("Files")) dragged.preventDefault(); });
  first.addEventListener("drop", (dropped) => {
    if (!dropped.dataTransfer.files.length) return;
    dropped.preventDefault();
    copyIn(dropped.dataTransfer.files[0]);
  });

  /** Send a file in pieces; what became of it comes as the reply. */
  async function copyIn(file) {
    if (!file || busy) return;
    say(status, `Copying ${file.name} …`);
    try {
      const pieces = Math.max(1, Math.ceil(file.size / PIECE));
      for (let piece = 0; piece < pieces; piece += 1) {
        model.send({ file: file.name, piece, pieces }, undefined, [await file.slice(piece * PIECE, (piece + 1) * PIECE).arrayBuffer()]);
      }
    } catch {
      drawProblems({ bring: "This file cannot be read. If it is open in another program, or a folder, close it or choose a file in it." });
      return;
    }
    ask("bring", `Copying ${file.name} …`);
  }
  function ask(action, waiting) {
    if (busy) {
      if (action === "aside") next = [action, waiting];
      return;
    }
    busy = true;
    seq += 1;
    say(status, action === "save" ? status.textContent : waiting);
    say(saved, "");
    if (action === "open") {  // another reading: what was filled in does not belong to it
      clearTimeout(keeping);
      model.set("kept", {});
    }
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
    if (!next) return;
    const waited = next;
    next = null;
    ask(...waited);
  }
  function drawSources({ sources, source: chosen }) {
    const listed = sources.filter(main).map(([key, label]) => [key, label]);
    if (chosen && !sources.some(([key]) => key === chosen)) listed.push([chosen, `${chosen.replace(/^\w+:/, "")} (not there any more)`]);
    if (!listed.length) listed.push(["", `no ${things.one} yet`]);
    source.replaceChildren(...listed.map(([key, text]) => el("option", { value: key, selected: key === chosen, text })));
    if (!chosen && sources.some(main)) ask("open", "Reading …");  // the first table of somebody who had none
    for (const draw of hooks.sources) draw(sources);
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
    keepForm();
    if (result.firstChild) say(status, `You changed something. The page below is still the earlier one: press “${kind.go}” again.`);
  }
  const columnNames = () => (model.get("table").columns ?? []).map((column) => column.name);
  /** Have the form kept beside the notebook, so that nobody fills it in twice. */
  function keepForm() {
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      model.set("kept", { source: model.get("table").source, columns: columnNames(), values: { ...values, ...reading } });
      model.save_changes();
    }, KEEP_MS);
  }
  function drawTable() {
    const table = model.get("table");
    fields = {};
    hooks = { sources: [], aside: null };
    next = null;
    form.replaceChildren();
    go.hidden = !table.columns;
    if (!table.columns) return;
    const kept = model.get("kept") ?? {};
    values = kind.defaults(table, spec);
    if (kept.source === table.source && `${kept.columns}` === `${columnNames()}`) {  // the page was drawn anew
      values = { ...values, ...kept.values };
      setReading(values.sheet ?? "", values.encoding ?? "");
    }
    form.append(...kind.draw(builder(), table, spec));
    for (const draw of hooks.sources) draw(model.get("reply").sources ?? []);
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
      /** A list of further tables, kept up to date: those that are offered, behind what stands for none of them. */
      others(name, { none = null, empty = "no table yet", offered }, then) {
        const list = el("select", { onchange: () => { change(name, list.value); then?.(); } });
        hooks.sources.push((sources) => {
          const listed = [...(none ? [["", none]] : []), ...sources.filter(offered)];
          if (!listed.some(([key]) => key === values[name])) values[name] = listed[0]?.[0] ?? "";
          list.replaceChildren(...(listed.length ? listed : [["", empty]]).map(([key, text]) => el("option", { value: key, selected: key === values[name], text })));
        });
        return list;
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
  say(status, model.get("reply").said);
  return () => {
    clearTimeout(long);
    clearTimeout(keeping);
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
