// The "Check my answers" button. Python: _finish.py.

const LOST_MS = 8000;

function render({ model, el: root }) {
  const result = el("div", { class: "hr-result", role: "status" });
  let lost;
  const button = el("button", {
    type: "button", class: "hr-button", text: "Check my answers",
    onclick: () => {
      model.set("clicks", model.get("clicks") + 1);
      model.save_changes();
      clearTimeout(lost);
      lost = setTimeout(() => result.replaceChildren(
        el("p", { class: "hr-problem", text: "The lab does not answer. Wait a moment, then reload the page." })), LOST_MS);
    },
  });
  const card = el("section", { class: "hrlab hr-card hr-finish", "aria-label": "Check my answers" },
    el("p", { class: "hr-help", text: "See which questions are still open. This never tells what is right." }), button, result);
  keepKeys(card);
  root.replaceChildren(card);

  const draw = () => {
    clearTimeout(lost);
    const report = model.get("report");
    if (!report.summary) return;
    const whole = report.open.length === 0;
    result.replaceChildren(
      el("p", { class: "hr-summary", text: report.summary + (whole ? ". Every question has an answer." : "") }),
      report.unsaved && el("p", { class: "hr-problem", text: report.unsaved }),
      whole ? "" : el("ul", {}, ...report.open.map((entry) => el("li", {}, goTo(entry), el("span", { text: ` ${entry.problem}` })))));
  };
  model.on("change:report", draw);
  draw();
  return () => model.off("change:report", draw);
}

/** A link that works where the page scrolls inside a panel, and puts the focus into the form. */
function goTo(entry) {
  return el("a", {
    href: `#${entry.dom_id}`, text: `Question ${entry.number}:`, title: entry.prompt,
    onclick: (event) => {
      event.preventDefault();
      const card = document.getElementById(entry.dom_id);
      card?.scrollIntoView({ block: "center" });
      card?.querySelector("input, textarea, button")?.focus({ preventScroll: true });
    },
  });
}

export default { render };
