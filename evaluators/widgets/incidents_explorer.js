// The form of a reading of tickets. What it has in common with other explorers of own data: own_data.js.
// Python: incidents_explorer.py, which sends the fields with their words.

const NOT_THERE = ["", "not in this table"];

const TICKETS = {
  go: "Read the tickets",
  waiting: "Reading …",
  resultTitle: "What the tickets say",
  fields: [
    "mapping[number]", "mapping[opened_at]", "mapping", "time_zone", "day_first", "rows", "as_of", "by", "every", "steps", "targets", "business_hours",
    "people", "people_key", "per", "k", "fail_under_sla", "fail_backlog_growth", "fail_bad_rows",
  ],
  where: (folder) => `Your own file is an export of tickets (CSV, Excel, JSON or Parquet): one row for each ticket, or one for each event in its life. Put it into the folder ${folder} and press “Look again”. It stays on this computer.`,
  defaults: ({ proposed }, spec) => ({
    ...proposed, time_zone: spec.time_zone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC", day_first: "", rows: "find", as_of: "",
    by: [], every: "month", steps: "", targets: "", business_hours: "", people: "", people_key: "", per: [], k: "5",
    fail_under_sla: "", fail_backlog_growth: "", fail_bad_rows: "",
  }),
  draw(form, table, spec) {
    const { values, labelled, select, typed, ticks, hooks } = form;
    const names = table.columns.map(({ name }) => [name, name]);
    const column = ([name, text]) => labelled(`mapping[${name}]`, text, select(`mapping[${name}]`, [NOT_THERE, ...names]));
    const found = spec.more.filter(([name]) => table.proposed[`mapping[${name}]`]).length;
    const zones = el("datalist", { id: uniqueId("zones") }, ...spec.zones.map((value) => el("option", { value })));

    // The second table: its columns are known only after Python has looked into it.
    const people = form.others("people", { none: "none", offered: ([key]) => key !== table.source }, () => { Object.assign(values, { people_key: "", per: [] }); form.ask("aside", "Reading …"); });
    const joined = el("div", { class: "hr-stack" });
    hooks.aside = (aside) => {
      joined.replaceChildren();
      delete form.fields.people_key;
      delete form.fields.per;
      if (!aside.columns || aside.people !== values.people) return;
      values.people_key ||= aside.key;
      joined.append(
        labelled("people_key", "The column that holds what the tickets call the caller", select("people_key", aside.columns.map((name) => [name, name])), "The same key on both sides, such as a staff number."),
        ticks("per", "Which groups of people are compared?", aside.groups.map((name) => [name, name]), "Such as site or department. Each column is looked at by itself. Columns with more than 100 different values are not offered."));
    };
    return [
      section("2. The columns",
        ...whatWasRead(table, "names"),
        grid(...spec.main.map(column)),
        folded(`More columns (${found} of ${spec.more.length} found)`, grid(...spec.more.map(column)))),
      section("3. Two questions that the file leaves open",
        grid(
          labelled("time_zone", "Where are the people? (time zone)", typed("time_zone", "text", zones.id), "As computers name it, such as Europe/Dublin. Yours was put in; change it if the people are elsewhere."),
          labelled("day_first", "Which day is 3/2/2026?", select("day_first", [["", "find out from the other dates"], ["day", "3 February: the day comes first"], ["month", "March 2: the month comes first"]]), "Only matters if dates look like this.")),
        zones,
        folded("What a row is, and where the log ends",
          grid(
            labelled("rows", "What is a row?", select("rows", [["find", "find out"], ["tickets", "a ticket"], ["events", "an event in the life of a ticket"]])),
            labelled("as_of", "When was it exported?", typed("as_of", "text"), "Such as 2026-06-30 18:00. Empty: at the last time in it.")))),
      section("4. What you want to know",
        ticks("by", "Split waiting and handling by", spec.splits, "People are no choice here, on purpose: this is no tool to watch them at work."),
        folded("Promised times, periods and limits",
          grid(
            labelled("targets", "Promised times to resolve, by priority", typed("targets", "text"), "For example P1=4h, P2=8h, P3=2d. Empty: the table's own yes or no, if it has one."),
            labelled("business_hours", "The clock runs only in these hours", typed("business_hours", "text"), "For example Mon-Fri 8-17. Empty: day and night."),
            labelled("every", "Count what comes in by", select("every", [["month", "month"], ["week", "week"], ["day", "day"]])),
            labelled("steps", "Days on which something changed", typed("steps", "text"), "Such as a new system: 2026-03-02; commas between."),
            labelled("fail_under_sla", "Your limit: service level met at least", typed("fail_under_sla"), "For example 0.9. Empty: no limit."),
            labelled("fail_backlog_growth", "Your limit: growth of what is open at most", typed("fail_backlog_growth"), "For example 0.1 for a tenth more. Empty: no limit."),
            labelled("fail_bad_rows", "Your limit: bad cells and rows at most", typed("fail_bad_rows"), "A share of all rows, such as 0.01. Empty: no limit."))),
        folded("Tickets and people: rates for each 100 employees",
          labelled("people", "Table of people", people, "One row for each person, in the same folder. Ask first who may join the two."),
          joined,
          labelled("k", "Hide groups of fewer people than", typed("k", "numeric"), "It also holds for places."))),
    ];
  },
};

export default { render: (view) => ownData(view, TICKETS) };
