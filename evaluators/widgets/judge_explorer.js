// The form of a study of ratings. What it has in common with other explorers of own data: own_data.js.
// Python: judge_explorer.py.

const NO_COLUMN = ["", "not in this table"];
const BESIDE = /^(items|tool):/;  // tables that are offered beside the ratings only

const JUDGE = {
  go: "Study the panel",
  waiting: "Counting …",
  resultTitle: "The study of the panel",
  main: ([key]) => !BESIDE.test(key),
  things: { which: "Which table holds the ratings?", heading: "1. The ratings" },
  fields: [
    "shape", "item", "rater", "rating", "raters", "dimensions", "order", "levels", "scale",
    "items", "cues", "groups", "within", "tool", "tool_item", "tool_score", "share", "measure", "fail_under", "alpha",
  ],
  where: (folder) => `Your own table has a row for each rating, or a row for each candidate with a column for each rater. Put the file (CSV, Excel or Parquet) into the folder ${folder} and press “Look again”. It stays on this computer.`,
  defaults: ({ proposed }) => ({ ...proposed }),
  draw(form, table) {
    return [aboutColumns(form, table), aboutScale(form, table), aboutItems(form, table), aboutTool(form, table), aboutPage(form)];
  },
};

/** Columns to tick: those that are ticked first, the others folded away. */
function boxes(form, columns, name, legend, help) {
  const option = ({ name: key, examples }) => [key, key, examples];
  const [first, rest] = [true, false].map((wanted) => columns.filter((each) => form.values[name].includes(each.name) === wanted));
  return form.ticks(name, legend, first.map(option), help, rest.map(option));
}

/** Which column is what; a long table has other columns than a wide one. */
function aboutColumns(form, table) {
  const { values, fields, labelled, select } = form;
  const names = table.columns.map(({ name }) => [name, name]);
  const column = (name, text, help) => labelled(name, text, select(name, [NO_COLUMN, ...names]), help);
  const chosen = el("div", { class: "hr-stack" });
  const drawShape = () => {
    for (const name of ["item", "rater", "rating", "order", "dimensions", "raters"]) delete fields[name];
    const item = column("item", "Who or what was rated?", "Such as the candidate’s number. The page shows it: take numbers, not names.");
    chosen.replaceChildren(...(values.shape === "wide"
      ? [item, boxes(form, table.columns, "raters", "Which columns are the raters?", "Tick all whose ratings count. An average is no rater.")]
      : [
        grid(
          item,
          column("rater", "Who rated?"),
          column("rating", "The rating", "The overall one, if there are several."),
          column("order", "Order or time of rating", "With it you see whose level moves in the course of the work.")),
        boxes(form, table.columns, "dimensions", "Ratings of single sides, such as skills or manner", "Of the same thing, by the same rater, on the same scale. Tick none if you have none."),
      ]));
  };
  const shape = labelled("shape", "What is a row?", select("shape", [["long", "one rating by one rater"], ["wide", "one candidate, with a column for each rater"]], drawShape));
  drawShape();
  return section("2. The columns", ...whatWasRead(table), shape, chosen);
}

function aboutScale(form, { words }) {
  const { labelled, select, typed, tick } = form;
  const found = words.length ? `Found: ${words.join(", ")}. ` : "";
  const box = labelled("levels", "If ratings are words: all of them, from the lowest to the highest", typed("levels", "text"), `${found}Commas between, such as no, maybe, yes. Empty if they are numbers.`);
  return section("3. The scale", box,
    tick("low_best", "Low numbers are the best, such as German marks"),
    folded("What the numbers mean",
      labelled("scale", "What can be said of ratings", select("scale", [
        ["", "the usual: numbers have equal steps, words an order"], ["ordinal", "an order only: 4 is more than 2"],
        ["interval", "equal steps: from 2 to 4 is as far as from 4 to 6"], ["nominal", "mere names, without an order"]]))));
}

/** A list of further tables, and what is drawn of the one that is chosen once Python has looked into it. */
function beside(form, table, part, prefix, emptied, draw) {
  const stack = el("div", { class: "hr-stack" });
  const list = form.others(part, { none: "none", offered: ([key]) => key !== table.source && (key.startsWith(prefix) || key.startsWith("file:")) }, () => {
    Object.assign(form.values, emptied);
    form.ask("aside", "Reading …");
  });
  const before = form.hooks.aside;
  form.hooks.aside = (aside) => {
    before?.(aside);
    stack.replaceChildren();
    for (const name of Object.keys(emptied)) delete form.fields[name];
    const found = aside[part];
    if (!found || found.key !== form.values[part]) return;
    for (const name of Object.keys(emptied)) form.values[name] ??= found[name];
    stack.append(...draw(found));
  };
  return [list, stack];
}

function aboutItems(form, table) {
  const { labelled, select } = form;
  const [list, stack] = beside(form, table, "items", "items:", { cues: null, groups: null, within: null }, (found) => {
    const few = found.columns.filter(({ name }) => found.few.includes(name));
    return [
      notes(found.guesses),
      boxes(form, found.columns, "cues", "What could the raters see?", "Numbers, yes and no, or a few words, such as years or a degree. Not what came later, and not what the raters did not see."),
      boxes(form, few, "groups", "Which groups are looked at?", "Such as sex. They are no reason for a rating; the tool’s shortlist is audited by them."),
      labelled("within", "The job", select("within", [NO_COLUMN, ...few.map(({ name }) => [name, name])]), "If there are several jobs: shortlists are made within each."),
    ];
  });
  return section("4. What the raters saw (if you have it)",
    labelled("items", "Table of what was rated", list, "One row for each candidate, under the same names. Then the page also says what ratings go with, and whether there are two schools of thought."),
    stack);
}

function aboutTool(form, table) {
  const { labelled, select, typed, tick } = form;
  const [list, stack] = beside(form, table, "tool", "tool:", { tool_item: null, tool_score: null }, (found) => {
    const names = found.names.map((name) => [name, name]);
    return [
      grid(
        labelled("tool_item", "Its column with the same names", select("tool_item", names)),
        labelled("tool_score", "Its column with the scores", select("tool_score", [["", "choose"], ...names]))),
      tick("tool_low", "Its lowest score is the best, such as a rank"),
      labelled("share", "Share of candidates on a shortlist", typed("share"), "For example 0.25 for one in four. Empty: 0.25."),
    ];
  });
  return section("5. The tool (if there is one)",
    labelled("tool", "Table with a tool’s scores", list, "One row for each candidate: its name, and one score. The page sets the tool beside the panel."),
    stack);
}

function aboutPage(form) {
  const { labelled, select, typed, tick } = form;
  return section("6. The page",
    tick("show_names", "Show the raters’ own names. Without a tick they are called rater A, rater B, …"),
    folded("More settings",
      grid(
        labelled("measure", "Figure of agreement to speak of", select("measure", [
          ["", "the one that fits best"], ["alpha", "Krippendorff’s alpha: any number of raters, gaps allowed"], ["icc", "ICC: what one rater’s figure is worth"],
          ["kappa", "kappa: pairs of raters, few levels"], ["w", "Kendall’s W: the order alone"]]), "Choose before you look, not the highest."),
        labelled("fail_under", "Your limit for it", typed("fail_under"), "For example 0.6. Empty: no limit."),
        labelled("alpha", "Significance level", typed("alpha"), "The accepted chance of a false alarm, 0.05 as a rule."))));
}

export default { render: (view) => ownData(view, JUDGE) };
