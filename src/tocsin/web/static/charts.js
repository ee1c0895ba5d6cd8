// Draws the Vega-Lite specifications that the page carries, in the reader's colours and width.
// Expressions run in Vega's interpreter: nothing is evaluated, so the content policy stays strict.

import { expressionInterpreter } from "./vendor/vega-interpreter.js";

const COLOURS = {
  ink: "--ink",
  quiet: "--quiet",
  line: "--line",
  strong: "--line-strong",
  band: "--band",
  harm: "--harm",
  "at-risk": "--risk-shape",
  contained: "--contained",
  healthy: "--healthy",
};
const PHONE_PX = 480;
const { vega, vegaLite } = globalThis;
const views = new Map();

// The specification carries the colours of paper; each is exchanged for the screen's own.
function inScreenColours(config, paper) {
  const probe = document.createElement("span");
  document.body.append(probe);
  const screen = new Map();
  for (const [name, property] of Object.entries(COLOURS)) {
    probe.style.color = `var(${property})`;
    screen.set(paper[name], getComputedStyle(probe).color);
  }
  probe.remove();
  const sans = getComputedStyle(document.body).fontFamily;
  return JSON.parse(JSON.stringify(config), (key, value) =>
    key === "font" || key === "labelFont" ? sans : (screen.get(value) ?? value),
  );
}

async function draw(box) {
  const spec = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const { left, right, paper } = spec.usermeta;
  const room = box.clientWidth;
  if (!room) return;
  const width = Math.max(160, room - left - right);
  // there is no room for the names of changes side by side: the list of changes has them
  if (room < PHONE_PX) spec.vconcat = spec.vconcat.filter((row) => row.name !== "names");
  for (const row of spec.vconcat) row.width = width;
  spec.config = inScreenColours(spec.config, paper);
  const compiled = vegaLite.compile(spec, { logger: quiet }).spec;
  views.get(box)?.finalize();
  const view = new vega.View(vega.parse(compiled, null, { ast: true }), {
    expr: expressionInterpreter,
    renderer: "svg",
    container: box,
    hover: false,
    tooltip: tell(box),
  });
  view.logger(quiet);
  views.set(box, view);
  await view.runAsync();
  // the box is one image with a name, and the table behind it has the numbers
  box.firstElementChild.setAttribute("aria-hidden", "true");
  box.querySelector("svg").setAttribute("aria-hidden", "true");
  box.dataset.drawn = "true";
}

const quiet = vega.logger(vega.Error);

// Vega's own tooltip brings a style sheet of its own; the browser's needs none.
function tell(box) {
  return (_handler, _event, _item, value) => {
    if (!value) box.removeAttribute("title");
    else box.title = Object.entries(value).map(([name, said]) => `${name} ${said}`).join("\n");
  };
}

function drawAll() {
  for (const [box, view] of views) {
    if (!box.isConnected) {
      view.finalize();
      views.delete(box);
    }
  }
  for (const box of document.querySelectorAll("[data-chart]")) draw(box);
}

let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) drawAll();
  width = innerWidth;
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.addEventListener("tocsin:redraw", drawAll);
document.fonts.ready.then(drawAll);
