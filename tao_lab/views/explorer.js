// The page side of ConsensusExplorer. `vegaEmbed` comes from the bundle (see `bundle` in panel.py).

const CHARTS = ["weights", "dividends", "consensus", "incentive", "bonds"];

const asPercent = (u16, max) => Math.round((u16 / max) * 1000) / 10;

function controls(about, onMove, onReset) {
  const settings = { ...about.start };
  const max = about.u16Max;
  const sliders = [
    {
      name: "liar_percent", label: `Stake of the ${about.liars} liars`, max: about.maxLiarPercent, step: 1,
      get: (v) => v, put: (p) => p, show: (v) => `${v} %`,
    },
    {
      name: "kappa", label: "Kappa", max: 100, step: 1,
      get: (v) => asPercent(v, max), put: (p) => Math.floor((p * max) / 100),
      show: (v) => `${asPercent(v, max)} % = ${v.toLocaleString("en")} u16`,
    },
    {
      name: "bonds_penalty", label: "Bonds penalty", max: 1, step: 0.05,
      get: (v) => v / max, put: (p) => Math.floor(p * max + 1e-6),
      show: (v) => (v / max).toFixed(2),
    },
  ];
  const groups = [
    { name: "lie", label: "All their weight goes to", options: [
      ["ignored", `miner ${about.target.ignored}, rated by no one`], ["popular", `miner ${about.target.popular}, the second best`]] },
    { name: "yuma3", label: "Yuma", options: [[false, "2"], [true, "3"]] },
  ];
  const refresh = [];
  const root = element("div", { class: "tl-controls", role: "group", "aria-label": "Settings" });
  const id = Math.random().toString(36).slice(2);

  for (const slider of sliders) {
    const input = element("input", {
      type: "range", min: 0, max: slider.max, step: slider.step, id: `${id}-${slider.name}`, "data-setting": slider.name,
    });
    const output = element("output", { for: input.id });
    root.append(element("div", { class: "tl-slider" }, [
      element("label", { for: input.id }, [slider.label]), output, input,
    ]));
    input.addEventListener("input", () => {
      settings[slider.name] = slider.put(Number(input.value));
      onMove({ ...settings });
      show();
    });
    const show = () => {
      output.textContent = slider.show(settings[slider.name]);
      input.setAttribute("aria-valuetext", output.textContent);
    };
    refresh.push(() => { input.value = slider.get(settings[slider.name]); show(); });
  }
  for (const group of groups) {
    const buttons = group.options.map(([value, text]) => {
      const input = element("input", { type: "radio", name: `${id}-${group.name}`, "data-setting": group.name, value: String(value) });
      input.addEventListener("change", () => {
        settings[group.name] = value;
        onMove({ ...settings });
      });
      refresh.push(() => { input.checked = settings[group.name] === value; });
      return element("label", {}, [input, element("span", {}, [text])]);
    });
    root.append(element("fieldset", { class: "tl-choice" }, [element("legend", {}, [group.label]), ...buttons]));
  }
  const reset = element("button", { class: "tl-reset", type: "button" }, ["↺ Reset"]);
  reset.addEventListener("click", onReset);
  root.append(reset);

  return {
    root,
    put(next) {
      Object.assign(settings, next);
      for (const update of refresh) update();
    },
  };
}

function legend(about) {
  const item = (mark, text) => element("span", {}, [element("i", { class: `tl-mark tl-mark-${mark}`, "aria-hidden": "true" }), text]);
  return element("p", { class: "tl-legend" }, [
    item("honest", "honest validator"), item("liar", "liar"), item("scale", "weight 0 to 100 %"), item("bar", "consensus, or stake"),
    item("cut", "weight cut by clipping"), item("before", "incentive before the lie"),
    element("span", {}, [`shown: ${about.validators} validators and ${about.miners.length} miners of ${about.neurons} neurons`]),
  ]);
}

// The rows of each chart; two charts share the weights.
function tables(picture, miner) {
  const { weights, incentive, dividends } = picture.charts;
  const cells = rowsOf(weights.rows);
  return {
    weights: cells, consensus: cells, incentive: rowsOf(incentive.rows), dividends: rowsOf(dividends.rows),
    bonds: rowsOf(picture.bonds[miner].rows),
  };
}

async function render({ model, el }) {
  const about = model.get("_about");
  const specs = model.get("_specs");
  const figures = CHARTS.map((name) => figure(name));
  const byName = Object.fromEntries(figures.map((f) => [f.name, f]));
  const sentence = element("p", { class: "tl-sentence", "aria-live": "polite" });
  const picker = element("select", { class: "tl-picker", "aria-label": "Miner to follow in every chart" }, about.miners.map((uid) => element("option", { value: uid }, [`miner ${uid}`])));
  const kept = { miner: about.miners[0], validator: "" };
  let pointed = {};
  let bondsOf = null;

  const asks = requests(model, () => { sentence.textContent = NO_ANSWER; });
  const panel = controls(about, asks.send, () => asks.send(null));

  const root = element("div", { class: `tl-explorer ${about.large ? "tl-large" : ""}` }, [
    panel.root, legend(about),
    element("div", { class: "tl-charts" }, [
      element("div", { class: "tl-column" }, [byName.weights.root, byName.consensus.root, byName.incentive.root]),
      element("div", { class: "tl-column" }, [byName.dividends.root, byName.bonds.root]),
    ]),
    sentence,
  ]);
  byName.bonds.root.insertBefore(picker, byName.bonds.canvas);
  el.replaceChildren(root);

  const first = tables(model.get("_picture"), kept.miner);
  await Promise.all(figures.map(async (f) => {
    await embed(f, specs[f.name], first[f.name]);
    f.view.addEventListener("mousemove", (_, item) => point(item));
    f.view.addEventListener("mouseout", () => point(null));
    f.view.addEventListener("click", (_, item) => keep(item));
  }));

  const current = () => ({ ...kept, ...pointed });

  function highlight() {
    const { miner, validator } = current();
    if (bondsOf !== miner) {
      const chart = model.get("_picture").bonds[miner];
      describe(byName.bonds, chart);
      byName.bonds.view.data("rows", rowsOf(chart.rows));
      bondsOf = miner;
    }
    picker.value = miner;
    return Promise.all(figures.map((f) => f.view.signal("miner", miner).signal("validator", validator).runAsync()));
  }

  function point(item) {
    const { miner, validator } = item?.datum ?? {};
    const next = { ...(miner && { miner }), ...(validator && { validator }) };
    if (JSON.stringify(next) === JSON.stringify(pointed)) return;
    pointed = next;
    highlight();
  }

  function keep(item) {
    const { miner, validator } = item?.datum ?? {};
    if (miner) kept.miner = miner;
    kept.validator = validator && validator !== kept.validator ? validator : "";
    highlight();
  }
  picker.addEventListener("change", () => { kept.miner = picker.value; pointed = {}; highlight(); });

  async function paint() {
    const picture = model.get("_picture");
    const { miner } = current();
    const rows = tables(picture, miner);
    for (const f of figures) f.view.data("rows", rows[f.name]).signal("target", picture.target);
    for (const [name, chart] of Object.entries(picture.charts)) describe(byName[name], chart);
    describe(byName.bonds, picture.bonds[miner]);
    bondsOf = miner;
    sentence.textContent = picture.sentence;
    await Promise.all(figures.map((f) => f.view.runAsync()));
    if (asks.idle()) panel.put(picture.settings);
    announce(root, picture.tick);
    asks.answered(picture.tick);
  }

  model.on("change:_picture", paint);
  const observer = new ResizeObserver(() => fitAll(figures));
  observer.observe(root);
  const endQuietKeys = quietKeys(root);
  await fitAll(figures);
  await paint();
  await highlight();
  return () => {
    observer.disconnect();
    endQuietKeys();
    model.off("change:_picture", paint);
    for (const f of figures) f.finalize();
  };
}

export default { render };
