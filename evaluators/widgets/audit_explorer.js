// The form of an audit. What it has in common with other explorers of own data: own_data.js. Python: audit_explorer.py.

const MOST_WORDS = 30;  // nobody ticks more words for "selected"
const NONE = ["", "none"];

const AUDIT = {
  go: "Audit",
  waiting: "Counting …",
  resultTitle: "The result of the audit",
  fields: ["outcome", "selected_values", "groups", "score", "date", "rules", "reference", "fail_under", "alpha"],
  where: (folder) => `Your own table has one row for each applicant. Put the file (CSV, Excel or Parquet) into the folder ${folder} and press “Look again”. It stays on this computer.`,
  defaults: ({ proposed }) => ({ ...proposed, selected_values: [], rules: "", reference: "highest", fail_under: "", alpha: "0.05", not_missing: "", beyond_chance: true, intersections: true, leave_small_out: false }),
  draw(form, table, spec) {
    const { values, fields, labelled, select, typed, tick, ticks } = form;
    const names = table.columns.map(({ name }) => [name, name]);

    const chosenWords = el("div", {});
    const drawWords = () => {
      const column = table.columns.find(({ name }) => name === values.outcome);
      chosenWords.replaceChildren();
      delete fields.selected_values;
      if (!column || column.says_yes_or_no || !column.labels.length || column.labels.length > MOST_WORDS) { values.selected_values = []; return; }
      values.selected_values = values.selected_values.filter((label) => column.labels.includes(label));
      chosenWords.append(ticks("selected_values", `Which values of “${column.name}” mean selected?`, column.labels.map((label) => [label, label]), "All the others then mean not selected."));
    };
    const reference = el("select", { onchange: () => form.change("reference", reference.value) });
    const drawReference = () => {
      const groups = table.columns.filter(({ name }) => values.groups.includes(name));
      const labels = groups.flatMap((each) => each.labels);
      if (!["highest", "largest", ...labels].includes(values.reference)) values.reference = "highest";
      const option = ([value, text]) => el("option", { value, text, selected: value === values.reference });
      reference.replaceChildren(
        ...[["highest", "the highest rate"], ["largest", "the largest group"]].map(option),
        ...groups.filter((each) => each.labels.length).map((each) => el("optgroup", { label: each.name }, ...each.labels.map((label) => option([label, label])))),
      );
    };
    const groupTicks = () => {
      const option = ({ name, examples }) => [name, name, examples];
      const guessed = table.columns.filter(({ name }) => table.proposed.groups.includes(name) || values.groups.includes(name));
      const rest = table.columns.filter((column) => !guessed.includes(column) && column.labels.length);
      return ticks("groups", "Which groups are compared?", guessed.map(option), "Columns such as sex or age band. Columns with more than 100 different values are not offered.", rest.map(option), drawReference);
    };
    const sections = [
      section("2. The columns",
        ...whatWasRead(table),
        labelled("outcome", "Who was selected? (the outcome)", select("outcome", [NONE, ...names], drawWords), "A column with yes and no, or the like. Each row needs one."),
        chosenWords,
        groupTicks(),
        grid(
          labelled("score", "Scores of a tool", select("score", [NONE, ...names])),
          labelled("date", "Dates, to look month by month", select("date", [NONE, ...names])))),
      section("3. The comparison",
        grid(
          labelled("reference", "Compare each group with", reference, "A group that you name is used in its own column; the other columns use their highest rate."),
          labelled("rules", "Rules whose tables you want", select("rules", [NONE, ...spec.rules])),
          labelled("fail_under", "Your limit for impact ratios", typed("fail_under"), "For example 0.8. Empty: no limit.")),
        folded("More settings",
          tick("beyond_chance", "Count a broken limit only where chance hardly explains the gap"),
          tick("intersections", "Compare combinations of two columns, such as sex × race"),
          tick("leave_small_out", "Do not compare groups under 2 % of the people; they stay in the tables"),
          grid(
            labelled("alpha", "Significance level", typed("alpha"), "The accepted chance of a false alarm, 0.05 as a rule."),
            labelled("not_missing", "Labels that are not missing, although they read so", typed("not_missing", "text"), "For example NA for Native American; commas between.")))),
    ];
    drawWords();
    drawReference();
    return sections;
  },
};

export default { render: (view) => ownData(view, AUDIT) };
