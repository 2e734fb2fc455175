// The page side of Panel: controls and charts that Python describes. `vegaEmbed` comes from the bundle.

async function render({ model, el }) {
  const about = model.get("_about");
  const specs = model.get("_specs");
  const figures = Object.keys(specs).map((name) => figure(name));
  const columns = about.columns.map((names) =>
    element("div", { class: "tl-column" }, names.map((name) => figures.find((f) => f.name === name).root)));
  const sentence = element("p", { class: "tl-sentence", "aria-live": "polite" });
  const asks = requests(model, () => { sentence.textContent = NO_ANSWER; });
  const controls = panelControls(about, asks.send, () => asks.send(null));
  const root = element("div", { class: "tl-explorer tl-panel" }, [
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
