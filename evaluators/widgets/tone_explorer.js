// The form of the page for one's own replies or bot. What it has in common with other explorers of own data: own_data.js.
// Python: tone_explorer.py, which sends the fields with their words.

const TONE = {
  go: "Look at the tone",
  waiting: "Reading every reply …",
  resultTitle: "How it reads",
  things: { one: "table or bot", many: "tables and bots", which: "Which replies, or which bot?", heading: "1. The replies or the bot" },
  main: ([key]) => !key.startsWith("tests:"),
  opened: (name, { kind, columns }) => (kind === "bot" ? `${name}. Choose the tests that are played to it.` : `${name}: ${columns.length} columns.`),
  fields: ["columns[reply]", "columns[said]", "columns[conversation]", "columns[situation]", "columns[id]", "tests", "accepted", "tolerance", "situation", "calibration", "quote"],
  where: (folder) => `Your own: a table (CSV, Excel or Parquet), one row for each reply of a chatbot; or a bot in Rasa’s form (a .yml file, a folder or a .zip of it) and its conversation tests (.yml). Put them into the folder ${folder} and press “Look again”. They stay on this computer.`,
  defaults: ({ proposed }) => ({ ...proposed }),
  draw(form, table, spec) {
    const situation = form.labelled("situation", table.kind === "bot" ? "Only tests on this situation" : "What all of it is about",
      form.select("situation", [["", table.kind === "bot" ? "all" : "find out from the words"], ...spec.situations]));
    const calibration = () => form.labelled("calibration", "Scores as your own raters would give them",
      form.select("calibration", [["", "no calibration"], ...table.files.calibration.map((name) => [name, name])]), "A file that “hrlab tone fit” wrote, in the same folder.");
    return table.kind === "bot" ? aboutBot(form, table, situation, calibration) : aboutReplies(form, table, spec, situation, calibration);
  },
};

function aboutReplies(form, table, spec, situation, calibration) {
  const names = table.columns.map(({ name }) => [name, name]);
  const column = ([name, text, help]) => form.labelled(`columns[${name}]`, text, form.select(`columns[${name}]`, [["", "not in this table"], ...names]), help);
  return [
    section("2. The columns", ...whatWasRead(table, "names"), grid(...spec.columns.map(column))),
    section("3. What is quoted",
      el("p", { class: "hr-help", text: "A chat log holds what people told in confidence. The page quotes the lowest replies so that you can see which words cost. Everybody whom you show it to reads them." }),
      form.labelled("quote", "Which words may stand on the page?", form.select("quote", [["both", "replies, and what people had said"], ["replies", "replies only"], ["nothing", "no words: figures only"]])),
      form.tick("show_names", "Do not cover names that a greeting gives away, e-mail addresses and long numbers (other names are never covered)"),
      folded("More settings", grid(situation, calibration()))),
  ];
}

function aboutBot(form, table, situation, calibration) {
  const tests = form.others("tests", { empty: "no tests yet", offered: ([key]) => key.startsWith("tests:") });
  return [
    section("2. The tests",
      form.labelled("tests", "Which conversations are played to it?", tests, "Written talks in a .yml file, or in the bot’s folder “tests”. They are played here, and the bot calls nobody."),
    folded("More settings",
      grid(
        situation,
        form.labelled("accepted", "Compare with the run you accepted", form.select("accepted", [["", "no comparison"], ...table.files.accepted.map((name) => [name, name])]), "A file that “hrlab tone … --accepted FILE --accept” wrote."),
        form.labelled("tolerance", "Points a score may fall before it counts as worse", form.typed("tolerance"), "Empty: 0.25."),
        calibration()))),
  ];
}

export default { render: (view) => ownData(view, TONE) };
