// The page side of Panel: controls and charts that Python describes. `vegaEmbed` comes from the bundle.

function panelControls(about, onMove, onReset) {
  const settings = { ...about.start };
  const refresh = [];
  const outputs = {};
  const root = element("div", { class: "tl-controls", role: "group", "aria-label": "Settings" });
  const id = Math.random().toString(36).slice(2);

  const slider = ({ name, label, low, high, step }) => {
    const input = element("input", { type: "range", min: low, max: high, step, id: `${id}-${name}`, "data-setting": name });
    outputs[name] = { output: element("output", { for: input.id }), input };
    input.addEventListener("input", () => {
      settings[name] = Number(input.value);
      onMove({ ...settings });
    });
    refresh.push(() => { input.value = settings[name]; });
    return element("div", { class: "tl-slider" }, [element("label", { for: input.id }, [label]), outputs[name].output, input]);
  };
  const choice = ({ name, label, options }) => {
    const buttons = options.map(([value, text]) => {
      const input = element("input", { type: "radio", name: `${id}-${name}`, "data-setting": name, value: String(value) });
      input.addEventListener("change", () => {
        settings[name] = value;
        onMove({ ...settings });
      });
      refresh.push(() => { input.checked = settings[name] === value; });
      return element("label", {}, [input, element("span", {}, [text])]);
    });
    return element("fieldset", { class: "tl-choice" }, [element("legend", {}, [label]), ...buttons]);
  };
  for (const control of about.controls) root.append(control.options ? choice(control) : slider(control));
  const reset = element("button", { class: "tl-reset", type: "button" }, ["↺ Reset"]);
  reset.addEventListener("click", onReset);
  root.append(reset);

  return {
    root,
    put(next) {
      Object.assign(settings, next);
      for (const update of refresh) update();
    },
    say(shown) {
      for (const [name, text] of Object.entries(shown)) {
        outputs[name].output.textContent = text;
        outputs[name].input.setAttribute("aria-valuetext", text);
      }
    },
  };
}

async function render({ model, el }) {
  const about = model.get("_about");
  const specs = model.get("_specs");
  const figures = Object.keys(specs).map(figure);
  const columns = about.columns.map((names) =>
    element("div", { class: "tl-column" }, names.map((name) => figures.find((f) => f.name === name).root)));
  const sentence = element("p", { class: "tl-sentence", "aria-live": "polite" });
  const asks = requests(model, () => { sentence.textContent = NO_ANSWER; });
  const controls = panelControls(about, asks.send, () => asks.send(null));
  const root = element("div", { class: `tl-explorer tl-panel ${about.large ? "tl-large" : ""}` }, [
    controls.root, element("div", { class: "tl-charts" }, columns), sentence,
  ]);
  el.replaceChildren(root);

  const first = model.get("_picture").charts;
  await Promise.all(figures.map((f) => embed(f, specs[f.name], rowsOf(first[f.name].rows))));

  async function paint() {
    const picture = model.get("_picture");
    for (const f of figures) {
      f.view.data("rows", rowsOf(picture.charts[f.name].rows));
      describe(f, picture.charts[f.name]);
    }
    sentence.textContent = picture.sentence;
    await Promise.all(figures.map((f) => f.view.runAsync()));
    if (asks.idle()) controls.put(picture.settings);
    controls.say(picture.shown);
    announce(root, picture.tick);
    asks.answered(picture.tick);
  }

  model.on("change:_picture", paint);
  const observer = new ResizeObserver(() => fitAll(figures));
  observer.observe(root);
  const endQuietKeys = quietKeys(root);
  await fitAll(figures);
  await paint();
  return () => {
    observer.disconnect();
    endQuietKeys();
    model.off("change:_picture", paint);
    for (const f of figures) f.finalize();
  };
}

export default { render };
