// Plays the steps of a forward and a backward pass on the picture of their graph.
//
// Each step names what it shows: a box, its gradient so far, the arrow that the gradient came
// along, and the arithmetic. What stands in the page before this runs is the picture as an image.
const STYLE = `
  button.play { min-width: 5.5em; background: #24292f; color: white; }
  input { flex: 1 1 8em; min-width: 6em; accent-color: #24292f; }
  .where { color: #57606a; min-width: 9.5em; text-align: right; font-variant-numeric: tabular-nums; }
  [data-edges].plain path[stroke] { stroke: #8c959f; stroke-width: 1.2px; }
  [data-edges].plain path[fill] { fill: #8c959f; }
  .plain text { visibility: hidden; }
  .later { opacity: .35; }
  [data-edges].now path[stroke] { stroke: #e36209; stroke-width: 3.5px; }
  [data-edges].now path[fill] { fill: #e36209; }
  .from > rect:first-of-type { stroke: #f2a65a; stroke-width: 4px; stroke-dasharray: 5 3; }
`;
const SECONDS = { "½×": 4, "1×": 2, "2×": 1, "4×": .5 };
const KEYS = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last", " ": "play" };

function start(host) {
  const { title, steps } = begin(host);
  const picture = element("div", { className: "picture",
    innerHTML: atob(host.querySelector("img").src.split(",")[1]) });
  const svg = picture.querySelector("svg");
  const arrows = {};  // from each box, the nearest first
  const wires = [...svg.querySelectorAll("[data-edges]")].map((g) => {
    const [from, edge, stretch] = g.dataset.edges.split(" ");
    if (!stretch) (arrows[from] ??= []).push(edge);
    return { g, from, edge, stretch };
  });
  for (const wire of wires) {  // a stretch leads to its first arrow and to all after that
    const all = arrows[wire.from];
    wire.edges = wire.stretch ? all.slice(all.indexOf(wire.edge)) : [wire.edge];
  }
  const boxes = new Map();
  for (const step of steps) {
    for (const key of step.boxes) {
      if (boxes.has(key)) continue;
      const g = svg.querySelector(`[data-box="${key}"]`);
      const [data, grad] = [...g.querySelectorAll("text")].slice(-2).map((text) => text.lastChild);
      boxes.set(key, { g, data, grad, number: data.textContent,
        shade: g.lastElementChild.previousElementSibling });
    }
  }

  let at = 0;
  let timer = 0;
  const { text, note, both } = words();
  const where = element("span", { className: "where" });
  const slider = element("input", { type: "range", min: 0, max: steps.length - 1, value: 0 });
  slider.setAttribute("aria-label", "Step");
  const speed = choice("Speed", SECONDS, "1×");
  const size = sizes(picture, () => show(at));
  const act = {
    first: () => { stop(); show(0); },
    back: () => { stop(); show(at - 1); },
    play: () => (timer ? stop() : run()),
    forward: () => { stop(); show(at + 1); },
    last: () => { stop(); show(steps.length - 1); },
  };
  const buttons = {
    first: button("First", "Home", act.first), back: button("Back", "←", act.back),
    play: button("Play", "space", act.play),
    forward: button("Forward", "→", act.forward), last: button("Last", "End", act.last),
  };
  slider.oninput = () => { stop(); show(Number(slider.value)); };

  function show(k) {
    at = Math.max(0, Math.min(k, steps.length - 1));
    const step = steps[at];
    for (const box of boxes.values()) {
      box.data.textContent = box.grad.textContent = "";
      box.shade.setAttribute("fill", "white");
      box.g.setAttribute("class", "later");
    }
    const passed = new Set();
    for (const { boxes: [key, ...others], edge, grad, fill } of steps.slice(0, at + 1)) {
      for (const known of [key, ...others]) {
        const box = boxes.get(known);
        box.data.textContent = box.number;
        box.g.removeAttribute("class");
      }
      if (grad === undefined) continue;
      boxes.get(key).grad.textContent = grad;
      boxes.get(key).shade.setAttribute("fill", fill);
      if (edge) passed.add(edge);
    }
    const computed = step.grad === undefined && at ? `${step.boxes[0]}.` : null;
    for (const { g, edges } of wires) {
      const now = edges.some((edge) => edge === step.edge || edge.startsWith(computed));
      g.setAttribute("class", now && step.edge ? "now" : now ? "plain now"
        : edges.some((edge) => passed.has(edge)) ? "" : "plain");
    }
    if (step.edge) boxes.get(Number(step.edge.split(".")[0])).g.setAttribute("class", "from");
    if (at) boxes.get(step.boxes[0]).g.setAttribute("class", "now");
    text.textContent = step.text;
    note.textContent = step.note;
    const backward = steps.findIndex((s) => s.grad !== undefined);
    where.textContent = at < backward ? `Forward ${at} of ${backward - 1}`
      : `Backward ${at - backward} of ${steps.length - 1 - backward}`;
    slider.value = at;
    slider.setAttribute("aria-valuetext", where.textContent);
    buttons.first.disabled = buttons.back.disabled = at === 0;
    buttons.forward.disabled = buttons.last.disabled = at === steps.length - 1;
    host.dataset.step = at;
    reveal(picture, [...svg.querySelectorAll("[data-box].now, .from")],
      [...svg.querySelectorAll("[data-box].now")]);
  }

  function run() {
    if (at === steps.length - 1) show(0);
    buttons.play.textContent = "Pause";
    buttons.play.setAttribute("aria-label", "Pause");
    timer = setTimeout(tick, 1000 * SECONDS[speed.value]);
  }

  function tick() {
    show(at + 1);
    if (at === steps.length - 1 || !host.isConnected) stop();
    else timer = setTimeout(tick, 1000 * SECONDS[speed.value]);
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    buttons.play.textContent = "Play";
    buttons.play.setAttribute("aria-label", "Play");
  }

  listen(host, title, KEYS, act);
  host.attachShadow({ mode: "open" }).append(
    element("style", { textContent: FRAME + STYLE }), picture, both,
    element("div", { className: "controls" }, ...Object.values(buttons), slider, where, speed,
      size));
  size.onchange();
}

play("steps", start);
