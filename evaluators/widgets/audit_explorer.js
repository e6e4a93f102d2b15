// The form of an audit and its result. Python: audit_explorer.py. One request at a time: {seq, action, source, values}.

const LONG_MS = 60000;
const MOST_WORDS = 30;  // nobody ticks more words for "selected"
const FIELDS = ["source", "outcome", "selected_values", "groups", "score", "date", "rules", "reference", "fail_under", "alpha", "form", "save"];

function render({ model, el: root }) {
  const spec = model.get("spec");
  let { seq } = model.get("request");
  let busy = false;
  let long;
  let values = {};
  let fields = {};
  const own = {};  // the field of the table itself stays when another table is chosen

  const form = el("div", { class: "hr-audit-form" });
  const status = el("p", { class: "hr-status", role: "status" });
  const saved = el("p", { class: "hr-status", role: "status" });
  const trouble = problemLine();
  const notSaved = problemLine();
  const go = el("button", { type: "button", class: "hr-button", text: "Audit", onclick: () => ask("audit", "Counting …") });
  const keep = el("button", { type: "button", class: "hr-button hr-quiet", text: "Save page and numbers", onclick: () => ask("save", "") });
  const result = el("div", { class: "hr-audit-result" });

  const source = el("select", { onchange: () => ask("open", "Reading …") });
  const again = el("button", { type: "button", class: "hr-button hr-quiet", text: "Look again", onclick: () => ask("list", "") });
  const where = `Your own table has one row for each applicant. Put the file (CSV, Excel or Parquet) into the folder ${spec.folder} and press “Look again”. It stays on this computer.`;
  const first = section("1. The table", labelled(own, "source", "Which table?", source, where), again);

  function ask(action, waiting) {
    if (busy) return;
    busy = true;
    seq += 1;
    say(status, action === "save" ? status.textContent : waiting);
    say(saved, "");
    model.set("request", { seq, action, source: source.value, values: { ...values } });
    model.save_changes();
    long = setTimeout(() => {
      busy = false;
      say(status, "Still no answer. A very large table takes minutes. If nothing comes, reload the page.");
    }, LONG_MS);
  }
  function replied() {
    const reply = model.get("reply");
    clearTimeout(long);
    busy = false;
    const action = model.get("request").action;
    say(action === "save" ? saved : status, reply.said);
    if (action === "open" && model.get("table").columns) say(status, `${source.selectedOptions[0].textContent}: ${model.get("table").columns.length} columns.`);
    if (action === "list") say(status, reply.sources.length === 1 ? "1 table is there." : `${reply.sources.length || "No"} tables are there.`);
    drawProblems(reply.problems);
    drawSources(reply);
  }
  function drawSources({ sources, source: chosen }) {
    const listed = sources.map(([key, label]) => [key, label]);
    if (chosen && !sources.some(([key]) => key === chosen)) listed.push([chosen, `${chosen.replace(/^\w+:/, "")} (not there any more)`]);
    if (!listed.length) listed.push(["", "no table yet"]);
    source.replaceChildren(...listed.map(([key, text]) => el("option", { value: key, selected: key === chosen, text })));
    if (!chosen && sources.length) ask("open", "Reading …");  // the first table of somebody who had none
  }
  function drawProblems(problems) {
    const all = { ...own, ...fields, form: { problem: trouble }, save: { problem: notSaved } };
    let focused = false;
    const lost = Object.keys(problems).filter((name) => !all[name]).map((name) => problems[name]).join(" ");
    for (const name of FIELDS.filter((each) => all[each])) {
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
    if (result.firstChild) say(status, "You changed something. The page below is still the earlier one: press “Audit” again.");
  }
  function drawTable() {
    const table = model.get("table");
    fields = {};
    form.replaceChildren();
    go.hidden = !table.columns;
    if (!table.columns) return;
    const request = model.get("request");
    const defaults = { ...table.proposed, selected_values: [], rules: "", reference: "highest", fail_under: "", alpha: "0.05", not_missing: "", beyond_chance: true, intersections: true, leave_small_out: false };
    values = request.source === table.source && request.action === "audit" ? { ...defaults, ...request.values } : defaults;
    const names = table.columns.map(({ name }) => [name, name]);
    const none = ["", "none"];

    const chosenWords = el("div", {});
    const drawWords = () => {
      const column = table.columns.find(({ name }) => name === values.outcome);
      chosenWords.replaceChildren();
      delete fields.selected_values;
      if (!column || column.says_yes_or_no || !column.labels.length || column.labels.length > MOST_WORDS) { values.selected_values = []; return; }
      values.selected_values = values.selected_values.filter((label) => column.labels.includes(label));
      chosenWords.append(ticks("selected_values", `Which values of “${column.name}” mean selected?`, column.labels.map((label) => [label, label]), "All the others then mean not selected."));
    };
    const reference = el("select", { onchange: () => change("reference", reference.value) });
    const drawReference = () => {
      const groups = table.columns.filter(({ name }) => values.groups.includes(name));
      const labels = groups.flatMap(({ labels }) => labels);
      if (!["highest", "largest", ...labels].includes(values.reference)) values.reference = "highest";
      const option = ([value, text]) => el("option", { value, text, selected: value === values.reference });
      reference.replaceChildren(
        ...[["highest", "the highest rate"], ["largest", "the largest group"]].map(option),
        ...groups.filter(({ labels }) => labels.length).map(({ name, labels }) => el("optgroup", { label: name }, ...labels.map((label) => option([label, label])))),
      );
    };
    const outcome = select("outcome", [none, ...names], drawWords);

    form.append(
      section("2. The columns",
        table.notes.length ? el("ul", { class: "hr-notes" }, ...table.notes.map((text) => el("li", { text }))) : null,
        el("details", {}, el("summary", { text: `All ${names.length} columns with examples` }), columnTable(table.columns)),
        el("p", { class: "hr-help", text: table.guesses.length ? "This is a guess from names and values. Please check it, and change what is wrong:" : "Nothing could be guessed from names and values. Please choose:" }),
        table.guesses.length ? el("ul", { class: "hr-notes" }, ...table.guesses.map((text) => el("li", { text }))) : null,
        labelled(fields, "outcome", "Who was selected? (the outcome)", outcome, "A column with yes and no, or the like. Each row needs one."),
        chosenWords,
        groupTicks(table, drawReference),
        grid(
          labelled(fields, "score", "Scores of a tool", select("score", [none, ...names])),
          labelled(fields, "date", "Dates, to look month by month", select("date", [none, ...names]))),
      ),
      section("3. The comparison",
        grid(
          labelled(fields, "reference", "Compare each group with", reference, "A group that you name is used in its own column; the other columns use their highest rate."),
          labelled(fields, "rules", "Rules whose tables you want", select("rules", [none, ...spec.rules])),
          labelled(fields, "fail_under", "Your limit for impact ratios", typed("fail_under"), "For example 0.8. Empty: no limit.")),
        el("details", {}, el("summary", { text: "More settings" }),
          tick("beyond_chance", "Count a broken limit only where chance hardly explains the gap"),
          tick("intersections", "Compare combinations of two columns, such as sex × race"),
          tick("leave_small_out", "Do not compare groups under 2 % of the people; they stay in the tables"),
          grid(
            labelled(fields, "alpha", "Significance level", typed("alpha"), "The accepted chance of a false alarm, 0.05 as a rule."),
            labelled(fields, "not_missing", "Labels that look like ‘not known’ and are groups", typed("not_missing", "text"), "For example NA for Native American; commas between."))),
      ),
    );
    drawWords();
    drawReference();

    function select(name, options, then) {
      const list = el("select", {}, ...options.map(([key, text]) => el("option", { value: key, selected: key === values[name], text })));
      list.addEventListener("change", () => { change(name, list.value); then?.(); });
      return list;
    }
    function typed(name, mode = "decimal") {
      const box = el("input", { type: "text", inputmode: mode, autocomplete: "off", value: values[name] });
      box.addEventListener("input", () => change(name, box.value));
      return box;
    }
    function tick(name, text) {
      const box = el("input", { type: "checkbox", checked: values[name] });
      box.addEventListener("change", () => change(name, box.checked));
      return el("label", { class: "hr-option" }, box, el("span", { text }));
    }
    function ticks(name, legend, options, help, rest = [], then = null) {
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
    }
    function groupTicks({ columns, proposed }, then) {
      const option = ({ name, examples }) => [name, name, examples];
      const guessed = columns.filter(({ name }) => proposed.groups.includes(name) || values.groups.includes(name));
      const rest = columns.filter((column) => !guessed.includes(column) && column.labels.length);
      return ticks("groups", "Which groups are compared?", guessed.map(option), "Columns such as sex or age band. Columns with more than 100 different values are not offered.", rest.map(option), then);
    }
  }
  function drawResult() {
    const { page } = model.get("result");
    result.replaceChildren();
    if (!page) return;
    // The page is the command's own; no script may run in it, and its styles stay inside.
    const frame = el("iframe", { class: "hr-audit-page", title: "The result of the audit", sandbox: "allow-same-origin", srcdoc: page });
    frame.addEventListener("load", () => {
      const { body } = frame.contentDocument;
      const fit = () => { frame.style.height = `${Math.ceil(body.offsetHeight) + 24}px`; };
      new ResizeObserver(fit).observe(body);
      fit();
    });
    result.append(el("div", { class: "hr-buttons" }, keep), notSaved, saved, frame);
  }
  const card = el("section", { class: "hrlab hr-card hr-explorer hr-audit", "aria-label": spec.title },
    el("p", { class: "hr-meta", text: "Your own data" }), el("p", { class: "hr-prompt", text: spec.title }), first, form, go, trouble, status, result);
  keepKeys(card);
  root.replaceChildren(card);
  const listen = { "change:table": drawTable, "change:result": drawResult, "change:reply": replied };
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

/** A control with its label, a line of help and the place for what is wrong. */
function labelled(fields, name, text, control, help = "") {
  const problem = problemLine();
  const note = help ? el("p", { class: "hr-help", id: uniqueId("help"), text: help }) : null;
  control.id = uniqueId(name);
  control.setAttribute("aria-describedby", `${note ? note.id : ""} ${problem.id}`.trim());
  fields[name] = { problem, control };
  return el("div", { class: "hr-control" }, el("label", { for: control.id, text }), control, note, problem);
}

function columnTable(columns) {
  const head = el("tr", {}, ...["Column", "Holds", "Empty"].map((text) => el("th", { scope: "col", text })));
  const rows = columns.map(({ name, examples, empty }) => el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: examples || "–" }), el("td", { text: empty })));
  return el("div", { class: "hr-columns", role: "region", tabindex: "0", "aria-label": "Columns of the table, with examples" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

export default { render };
