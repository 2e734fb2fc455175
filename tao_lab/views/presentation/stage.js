// The page side of Stage. `vegaEmbed` comes from the bundle, `panelControls` from controls.js, the rest from page.js.

const BASE_FONT = 16; // px: the specs are made for letters of this size (`PROJECTOR` in page.py)
const REST_MS = 150; // after a picture, until what is not on the screen is drawn too
const THEME = "tao-lab-theme";

const same = (a, b) => Object.keys(a).every((name) => a[name] === b[name]);

// --- light and dark: what a person chose last, else what JupyterLab shows, else what the system says ---

function themeOf(root) {
  let kept = null;
  try { kept = localStorage.getItem(THEME); } catch { /* a browser without storage: the system decides */ }
  // a page of Voila's says "light" of itself wherever it is shown
  const inside = root.classList.contains("tl-inside");
  const jupyter = inside ? { true: "light", false: "dark" }[document.body.dataset.jpThemeLight] : null;
  return kept ?? jupyter ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

function keepTheme(theme) {
  try { localStorage.setItem(THEME, theme); } catch { /* the next page begins as the system says */ }
}

function button(text, label, attributes = {}) {
  return element("button", { type: "button", title: label, ...attributes }, [text]);
}

// --- parts of the first screen ---

// Links to the start page and the other dashboards: they work where Voila serves the page.
function menu(about) {
  const links = [element("a", { href: "../tree" }, ["Start page"])];
  for (const { name, title } of about.pages) {
    const here = name === about.name ? { "aria-current": "page" } : {};
    links.push(element("a", { href: `${name}.ipynb`, ...here }, [title]));
  }
  const root = element("details", { class: "tl-menu" }, [
    element("summary", {}, ["☰ Pages"]), element("nav", { "aria-label": "Pages" }, links),
  ]);
  root.addEventListener("keydown", (event) => { if (event.key === "Escape") root.open = false; });
  root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) root.open = false; });
  return root;
}

// Buttons that move some controls at once; the others stay.
function presetRows(rows, onPreset) {
  const all = [];
  const root = element("div", { class: "tl-presets" }, rows.map(({ label, presets }) => {
    const buttons = presets.map((preset) => {
      const one = button(preset.label, `${label}: ${preset.label}`, { "data-preset": preset.label });
      one.addEventListener("click", () => onPreset(preset.settings));
      all.push([one, preset.settings]);
      return one;
    });
    return element("div", { class: "tl-presets-row", role: "group", "aria-label": label }, [element("span", {}, [label]), ...buttons]);
  }));
  return {
    root,
    put(settings) {
      for (const [one, wanted] of all) one.setAttribute("aria-pressed", Object.keys(wanted).every((name) => settings[name] === wanted[name]));
    },
  };
}

// The story: a step sets all controls and says a sentence; the notes are the speaker's own.
function storyBar(story, onStep, onKey) {
  let at = -1;
  const back = button("‹ Back", "Step back: ← or Page Up", { "data-story": "back" });
  const next = button("Next ›", "Next step: → or Page Down", { "data-story": "next" });
  const count = element("span", { class: "tl-count" });
  const says = element("p", { class: "tl-says", "aria-live": "polite" });
  const root = element("div", { class: "tl-story", role: "group", "aria-label": "Story", "data-steps": story.length }, [back, count, says, next]);
  const notes = element("aside", { class: "tl-notes", "aria-label": "Notes for the speaker", hidden: "" });
  // The notes in a window of their own, for the speaker's screen; the keys of the story work there too.
  const aside = button("Own window", "Move the notes to a window for the speaker's screen");
  let own = null;
  aside.addEventListener("click", () => {
    own = window.open("", "tao-lab-notes", "width=640,height=420");
    if (!own) return;
    own.document.title = "Notes";
    own.document.body.style.font = "24px/1.4 sans-serif";
    own.addEventListener("keydown", onKey);
    window.addEventListener("pagehide", () => own.close());
    notes.hidden = true;
    notes.dispatchEvent(new Event("tl-away"));
    show();
  });

  function show() {
    root.dataset.step = at + 1;
    count.textContent = at < 0 ? `${story.length} steps` : `${at + 1} of ${story.length}`;
    says.textContent = at < 0 ? "A story: Next, → or Page Down." : story[at].says;
    back.setAttribute("aria-disabled", at < 0);
    next.setAttribute("aria-disabled", at === story.length - 1);
    notes.replaceChildren(element("header", {}, [element("strong", {}, ["Notes"]), aside]), ...lines());
    if (own) own.document.body.replaceChildren(...lines());
  }
  function lines() {
    const here = at < 0 ? "Press → to begin. Press n to hide the notes." : story[at].notes || "No notes for this step.";
    const coming = at + 1 < story.length ? [element("p", { class: "tl-coming" }, [`Next: ${story[at + 1].says}`])] : [];
    return [element("p", {}, [here]), ...coming];
  }
  function go(step) {
    const wanted = Math.max(-1, Math.min(story.length - 1, step));
    if (wanted === at) return;
    at = wanted;
    show();
    onStep(at < 0 ? {} : story[at].settings);
  }
  back.addEventListener("click", () => go(at - 1));
  next.addEventListener("click", () => go(at + 1));
  show();
  return { root, notes, move: (by) => go(at + by), begin() { at = -1; show(); }, toggleNotes() { notes.hidden = !notes.hidden; } };
}

// A slider that goes on alone, a step a second, up to its end or until somebody moves something.
function player({ name, low, high, step, label }, valueNow, moveTo) {
  let timer = null;
  const root = button("▶ Play", `Play: ${label}`, { class: "tl-play", "aria-pressed": "false" });
  function pause() {
    clearInterval(timer);
    timer = null;
    root.textContent = "▶ Play";
    root.setAttribute("aria-pressed", "false");
  }
  function play() {
    if (valueNow() >= high) moveTo(low);
    root.textContent = "❚❚ Pause";
    root.setAttribute("aria-pressed", "true");
    timer = setInterval(() => (valueNow() >= high ? pause() : moveTo(Math.min(high, valueNow() + step))), 1000);
  }
  root.addEventListener("click", () => (timer === null ? play() : pause()));
  return { root, pause };
}

// A button for what takes seconds, with a bar that says how far it is.
function longRun(label, onRun) {
  const bar = element("progress", { max: 1, value: 0, "aria-label": label, hidden: "" });
  const start = button(label, label);
  const root = element("span", { class: "tl-again" }, [start, bar]);
  let count = 0;
  start.addEventListener("click", () => {
    start.disabled = true;
    bar.value = 0;
    bar.hidden = false;
    count += 1;
    onRun(count);
  });
  return {
    root,
    tell(part) { bar.value = part; },
    done() { start.disabled = false; bar.hidden = true; },
  };
}

// --- charts that fill their places, in letters that grow with the screen ---

// A longer label leaves less room for its chart: the layout is made anew with the data.
const filling = (spec) => ({ ...spec, autosize: { ...spec.autosize, resize: true } });

function fit(f, root) {
  const scale = parseFloat(getComputedStyle(root).getPropertyValue("font-size")) / BASE_FONT;
  const [width, height] = [f.canvas.clientWidth, f.canvas.clientHeight].map((px) => Math.floor(px / scale));
  const size = `${width} x ${height}`;
  if (!f.view || width < 1 || height < 1 || f.size === size) return f.fitted;
  f.size = size;
  f.fitted = Promise.resolve(f.fitted).then(async () => {
    if (f.size !== size) return; // a newer size waits
    await f.view.width(width).height(height).runAsync();
    await f.view.resize().runAsync(); // labels that turn upright in a narrow chart need another room
    f.canvas.dataset.size = size;
  });
  return f.fitted;
}

async function render({ model, el }) {
  const inVoila = document.body.dataset.voila !== undefined;
  const about = model.get("_about");
  const specs = model.get("_specs");
  const figures = Object.keys(specs).map((name) => figure(name, "h2"));
  const roots = (names) => names.map((name) => figures.find((f) => f.name === name).root);
  const sentence = element("p", { class: "tl-sentence", "aria-live": "polite" });
  const details = element("p", { class: "tl-details" });
  const asks = requests(model, () => { sentence.textContent = NO_ANSWER; });
  const start = { ...about.start };
  let now = { ...start };
  let held = null; // the control that is being moved: "since" stays where it was taken hold of

  function ask(next, since) {
    now = { ...next };
    asks.send(now, { since });
    root.setAttribute("aria-busy", "true");
    presets.put(now);
  }
  let since = null;
  function byHand(next) {
    play?.pause();
    const name = Object.keys(next).find((each) => next[each] !== now[each]) ?? held;
    if (name !== held) { since = now; held = name; }
    ask(next, since);
  }
  function jump(next, from = now) {
    play?.pause();
    held = null;
    if (same(next, now)) return;
    ask(next, { ...from });
    controls.put(now);
  }
  function begin() {
    play?.pause();
    held = null;
    story?.begin();
    ask(start, null);
    controls.put(now);
  }

  const controls = panelControls(about, byHand, begin);
  const presets = presetRows(about.presets, (settings) => jump({ ...now, ...settings }));
  const story = about.story.length ? storyBar(about.story, (settings) => jump({ ...start, ...settings }, start), onKey) : null;
  const played = about.controls.find(({ name }) => name === about.plays);
  const play = played ? player(played, () => now[played.name], (value) => {
    if (asks.underWay()) return;
    ask({ ...now, [played.name]: value }, since);
    controls.put(now);
  }) : null;
  const again = about.again ? longRun(about.again, (count) => {
    play?.pause();
    asks.send(now, { since: null, again: count });
    root.setAttribute("aria-busy", "true");
  }) : null;
  const theme = button("◐", "Light or dark", { class: "tl-theme", "aria-label": "Light or dark" });
  const notes = button("Notes", "Notes for the speaker: n", { "aria-pressed": "false" });
  const reset = controls.root.querySelector(".tl-reset");
  const tools = element("div", { class: "tl-tools" }, [...(inVoila ? [menu(about)] : []), ...(story ? [notes] : []), theme, reset]);
  presets.root.append(...[play, again].filter(Boolean).map((each) => each.root));
  const panel = element("div", { class: "tl-panel" }, [presets.root, controls.root]);
  if (about.controls.length > 1) {
    const more = button("More settings", "Show all settings", { class: "tl-more", "aria-expanded": "false" });
    more.addEventListener("click", () => more.setAttribute("aria-expanded", panel.classList.toggle("tl-open")));
    panel.append(more);
  }
  const first = element("div", { class: "tl-first" }, [
    element("header", { class: "tl-head" }, [element("h1", {}, [about.title]), tools]),
    panel, sentence,
    element("div", { class: `tl-charts tl-${about.beside.length}-beside` }, roots([about.payoff, ...about.beside])),
    ...(story ? [story.root, story.notes] : []),
  ]);
  first.querySelector(".tl-chart").classList.add("tl-payoff");
  // A notebook may hold the page twice, and two parts of it with one name lead nobody anywhere.
  const part = inVoila ? ["section", { class: "tl-closer", "aria-label": "Look closer" }] : ["div", { class: "tl-closer" }];
  const closer = element(...part, [details, ...roots(about.closer)]);
  const root = element("article", { class: `tl-stage ${inVoila ? "tl-whole" : "tl-inside"}`, "aria-busy": "true" }, [first, closer]);
  el.replaceChildren(root);

  function putTheme(name) {
    root.dataset.theme = name;
    if (inVoila) document.documentElement.dataset.theme = name;
    theme.setAttribute("aria-pressed", name === "dark");
  }
  putTheme(themeOf(root));
  const jupyterTheme = new MutationObserver(() => putTheme(themeOf(root)));
  jupyterTheme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  theme.addEventListener("click", () => {
    const name = root.dataset.theme === "dark" ? "light" : "dark";
    keepTheme(name);
    putTheme(name);
  });
  function toggleNotes() {
    story.toggleNotes();
    notes.setAttribute("aria-pressed", !story.notes.hidden);
  }
  notes.addEventListener("click", toggleNotes);
  story?.notes.addEventListener("tl-away", () => notes.setAttribute("aria-pressed", "false"));

  // A presenter's remote sends Page Down and Page Up: they move the story wherever the focus is. An arrow moves a
  // control that has the focus, else the story.
  function onKey(event) {
    if (!story || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!inVoila && event.view === window && !root.contains(event.target)) return;
    const inControl = event.target.closest?.("input, select, textarea") != null;
    const by = { PageDown: 1, PageUp: -1, ...(inControl ? {} : { ArrowRight: 1, ArrowLeft: -1 }) }[event.key];
    if (by) story.move(by);
    else if (event.key === "n") toggleNotes();
    else return;
    event.preventDefault();
  }
  window.addEventListener("keydown", onKey, true);
  const endQuietKeys = quietKeys(root);

  // What is on the screen comes first; what is not waits until nothing else is asked for.
  for (const f of figures) {
    f.seen = !about.closer.includes(f.name);
    f.unmarked = Object.fromEntries((specs[f.name].params ?? []).map(({ name, value }) => [name, value]));
  }
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) figures.find((f) => f.root === target).seen = isIntersecting;
    draw(figures.filter((f) => f.seen));
  });

  async function embedAll(wanted) {
    const { charts } = model.get("_picture");
    await Promise.all(wanted.map((f) => embed(f, filling(specs[f.name]), rowsOf(charts[f.name].rows), "svg")));
    await Promise.all(wanted.map((f) => fit(f, root)));
  }
  async function draw(wanted) {
    const picture = model.get("_picture");
    const stale = wanted.filter((f) => f.view && f.picture !== picture);
    for (const f of stale) {
      const chart = picture.charts[f.name];
      f.picture = picture;
      f.view.data("rows", rowsOf(chart.rows));
      Object.assign(f.unmarked, chart.signals);
      for (const [name, value] of Object.entries(f.unmarked)) f.view.signal(name, value);
    }
    for (const f of stale) f.drawing = f.view.runAsync();
    await Promise.all(wanted.map((f) => f.drawing));
  }
  async function show() {
    const picture = model.get("_picture");
    sentence.textContent = picture.sentence;
    details.textContent = picture.details;
    for (const f of figures) describe(f, picture.charts[f.name]);
    await draw(figures.filter((f) => f.seen));
    if (asks.idle()) {
      now = { ...picture.settings };
      controls.put(now);
      presets.put(now);
    }
    controls.say(picture.shown);
    announce(root, picture.tick);
    asks.answered(picture.tick);
    if (!asks.underWay()) again?.done();
  }
  async function finish() {
    if (asks.underWay()) return;
    await draw(figures);
    root.setAttribute("aria-busy", asks.underWay());
  }
  let resting = null;
  async function paint() {
    clearTimeout(resting);
    await show();
    clearTimeout(resting); // another picture may have come
    resting = setTimeout(finish, REST_MS);
  }
  function tellProgress() {
    asks.alive();
    again?.tell(model.get("_progress"));
  }

  // What goes on meanwhile is asked for again, unless a hand is at work.
  const lookingAgain = about.every ? setInterval(() => { if (!asks.underWay()) ask(now, since); }, 1000 * about.every) : null;

  const observer = new ResizeObserver(() => figures.forEach((f) => fit(f, root)));
  for (const f of figures) { observer.observe(f.canvas); seen.observe(f.root); }
  await embedAll(figures.filter((f) => f.seen));
  model.on("change:_picture", paint);
  model.on("change:_progress", tellProgress);
  await show();
  await new Promise((done) => setTimeout(done, REST_MS));
  await embedAll(figures.filter((f) => !f.view));
  linkMarks(figures);
  await finish();
  return () => {
    observer.disconnect();
    seen.disconnect();
    clearTimeout(resting);
    jupyterTheme.disconnect();
    window.removeEventListener("keydown", onKey, true);
    endQuietKeys();
    play?.pause();
    clearInterval(lookingAgain);
    model.off("change:_picture", paint);
    model.off("change:_progress", tellProgress);
    for (const f of figures) f.finalize();
  };
}

export default { render };
