const RAO = 1e9;
const token = location.hash.slice(1);
const at = (id) => document.getElementById(id);
const tao = (rao, digits = 2) => (rao / RAO).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

async function ask(path, body) {
  const options = { headers: { Authorization: `Bearer ${token}` } };
  if (body !== undefined) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

// a row of cells: plain text, or a node; never markup, since students choose their names
function row(cells) {
  const line = document.createElement("tr");
  for (const cell of cells) {
    const place = document.createElement("td");
    place.append(cell);
    line.append(place);
  }
  return line;
}

function gain(rao) {
  const shown = document.createElement("span");
  shown.textContent = `${rao < 0 ? "−" : "+"}${tao(Math.abs(rao))}`;
  shown.className = rao < 0 ? "bad" : "good";
  return shown;
}

// ask again and again; what fails is said, and the next answer may be good
function follow(show, say) {
  const step = async () => {
    try {
      show(await ask("/state"));
      say("");
    } catch (error) {
      say(error instanceof TypeError ? "The node does not answer; this page waits for it." : error.message);
    }
    setTimeout(step, 1500);
  };
  step();
}
