// Puts a chart that answers to the mouse in the place of its picture. Vega stands before this text in the same file.
// The picture stays where there is no JavaScript, on paper, and until the reader comes near it.

const OPTIONS = { actions: false, renderer: "svg", tooltip: { theme: "light" } };

async function wake(picture, spec) {
  // Vega writes a role and a label of its own on the element it gets; ours say what the chart shows.
  const plot = document.createElement("div");
  plot.setAttribute("aria-hidden", "true");
  const place = document.createElement("div");
  place.className = "tl-live";
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", picture.alt);
  place.append(plot);
  const { view } = await vegaEmbed(plot, spec, OPTIONS);
  picture.hidden = true;
  picture.after(place);
  await view.resize().runAsync();
  place.dataset.drawn = "true";
}

function chartsOf(output) {
  const pictures = [...output.querySelectorAll("img.tl-picture")];
  const specs = [...output.querySelectorAll("script.tl-chart")];
  return pictures.slice(0, specs.length).map((picture, i) => [picture, specs[i]]);
}

function start() {
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      near.unobserve(entry.target);
      for (const [picture, script] of chartsOf(entry.target)) wake(picture, JSON.parse(script.textContent));
    }
  }, { rootMargin: "600px" });
  for (const output of document.querySelectorAll(".tl-output:has(script.tl-chart)")) near.observe(output);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
