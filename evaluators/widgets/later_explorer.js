// An explorer that comes, changes and goes with its spec: what explorer.js draws, drawn anew. Python: _later.py.

export default {
  render(view) {
    let stop = null;
    const draw = () => {
      stop?.();
      stop = null;
      view.el.replaceChildren();
      if (view.model.get("spec").title) stop = render(view);
    };
    view.model.on("change:spec", draw);
    draw();
    return () => {
      stop?.();
      view.model.off("change:spec", draw);
    };
  },
};
