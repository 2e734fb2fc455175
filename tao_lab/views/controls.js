// Controls that Python describes: sliders, and choices of one of a few.

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
