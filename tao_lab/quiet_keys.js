// For all widgets. JupyterLab takes a key before the page gets it: an arrow selects another cell, d twice deletes one.
// A plain key on a control stays with the control; with Ctrl, Alt, Meta, or as Shift+Enter, it still saves and runs.

// Gives a function that ends it.
function quietKeys(root) {
  const keep = (event) => {
    const forJupyter = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    if (!forJupyter && root.contains(event.target)) event.stopPropagation();
  };
  window.addEventListener("keydown", keep, true);
  return () => window.removeEventListener("keydown", keep, true);
}
