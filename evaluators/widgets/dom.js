// Helpers shared by the scripts in this folder; Python puts this file in front of each of them.

/** Make an element: el("p", {class: "hint", text: "Hello"}, child, ...). Attributes that are null or false are left out. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

let lastId = 0;

/** A page-wide unique id: one widget may be drawn twice. */
function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 7)}-${lastId}`;
}

/** JupyterLab takes letters and arrows as commands ("d d" deletes a cell): keep plain keys inside the form. */
function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && !event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
}

/** Change a live region only when its text changes, so that a screen reader does not repeat itself. */
function say(region, text) {
  if (region.textContent !== text) region.textContent = text;
}
