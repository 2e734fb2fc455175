// What the pages of all widgets share. It stands before the widget's own script in one module (see `bundle`).

function element(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Columns as Vega wants them: a list of rows.
function rowsOf(table) {
  const names = Object.keys(table);
  return table[names[0]].map((_, i) => Object.fromEntries(names.map((name) => [name, table[name][i]])));
}

function figure(name, heading = "h3") {
  // in a notebook a chart stands below any heading, often that of its page
  const title = element(heading, { "aria-level": "2" });
  // Vega writes its own role and label on the element it gets; ours say what the picture shows.
  const plot = element("div", { "aria-hidden": "true" });
  const canvas = element("div", { class: "tl-canvas", role: "img" }, [plot]);
  return { name, title, canvas, plot, root: element("section", { class: `tl-chart tl-${name}`, "data-chart": name }, [title, canvas]) };
}

function describe(f, chart) {
  f.title.textContent = chart.title;
  f.canvas.setAttribute("aria-label", chart.alt);
}

// Draw a chart over rows, and keep its view for later rows.
async function embed(f, spec, rows, renderer = "canvas") {
  const options = { actions: false, renderer, tooltip: { theme: "light" } };
  const result = await vegaEmbed(f.plot, { ...spec, datasets: { rows } }, options);
  f.view = result.view;
  f.finalize = result.finalize;
}

// A miner or a validator that is pointed at in one chart is marked in all of them, until the pointer leaves it.
function linkMarks(figures) {
  const marks = ["miner", "validator"];
  const put = (f, signals) => {
    for (const [name, value] of Object.entries(signals)) f.view.signal(name, value);
    return f.view.runAsync();
  };
  let pointed = "{}";
  const point = (item) => {
    const datum = item?.datum ?? {};
    const next = Object.fromEntries(marks.filter((name) => name in datum).map((name) => [name, datum[name]]));
    if (JSON.stringify(next) === pointed) return;
    pointed = JSON.stringify(next);
    for (const f of figures) {
      const known = marks.filter((name) => name in f.unmarked);
      put(f, Object.fromEntries(known.map((name) => [name, next[name] ?? f.unmarked[name]])));
    }
  };
  for (const f of figures) {
    f.view.addEventListener("mousemove", (_, item) => point(item));
    f.view.addEventListener("mouseout", () => point(null));
  }
}

function fitAll(figures) {
  return Promise.all(figures.map((f) => {
    const width = Math.floor(f.canvas.clientWidth);
    return width > 0 && f.view.width() !== width ? f.view.width(width).runAsync() : null;
  }));
}

// One request to Python at a time; while it is under way only the newest position is remembered. `more` goes with it.
function requests(model, onSilence) {
  const view = Math.random().toString(36).slice(2);
  let count = 0;
  let tick = "";
  let silence;
  let underWay = false;
  let waiting = null;
  const send = (settings, more = {}) => {
    if (underWay) { waiting = { settings, more }; return; }
    underWay = true;
    count += 1;
    tick = `${view}-${count}`;
    silence = setTimeout(onSilence, 10_000);
    model.set("_request", { tick, settings, ...more });
    model.save_changes();
  };
  return {
    send,
    idle: () => !waiting,
    underWay: () => underWay,
    // Python has said that it is at work: it is not silent.
    alive() {
      if (!underWay) return;
      clearTimeout(silence);
      silence = setTimeout(onSilence, 10_000);
    },
    answered(answer) {
      if (!underWay || answer !== tick) return;
      clearTimeout(silence);
      underWay = false;
      const next = waiting;
      waiting = null;
      if (next) send(next.settings, next.more);
    },
  };
}

// Say on the page that a picture has been painted: a timer set in a frame's callback runs when that frame is painted.
function announce(root, tick) {
  requestAnimationFrame(() => setTimeout(() => {
    root.dataset.painted = tick;
    root.dispatchEvent(new CustomEvent("tl-painted", { bubbles: true, detail: tick }));
  }));
}

const NO_ANSWER = "Python does not answer. Run the cell again, or reload the page.";
