// A question with options; the answer comes from Python, after the choice. See asking.py, and quiet_keys.js.

export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.className = "tl-ask";
    const options = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.innerHTML = model.get("prompt"); // escaped in Python
    options.append(legend);
    const group = `tl-ask-${Math.random().toString(36).slice(2)}`;
    const inputs = model.get("options").map((text) => {
      const input = Object.assign(document.createElement("input"), { type: "radio", name: group });
      const label = document.createElement("label");
      label.append(input, " ", text);
      options.append(label);
      return input;
    });
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const answer = document.createElement("div");
    answer.setAttribute("role", "status");

    const show = () => {
      const chosen = model.get("chosen");
      inputs.forEach((input, place) => {
        if (chosen >= 0) input.checked = place === chosen;
        input.disabled = chosen >= 0;
      });
      button.disabled = chosen >= 0 || !inputs.some((input) => input.checked);
      button.textContent = chosen >= 0 && !model.get("answer") ? "One moment…" : model.get("button");
      answer.innerHTML = model.get("answer");
    };
    options.addEventListener("change", show);
    button.addEventListener("click", () => {
      model.set("chosen", inputs.findIndex((input) => input.checked));
      model.save_changes();
    });
    model.on("change:chosen", show);
    model.on("change:answer", show);
    show();
    root.append(options, button, answer);
    el.append(root);
    return quietKeys(root);
  },
};
