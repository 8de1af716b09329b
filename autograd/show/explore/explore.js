// Opens a layer into its neurons and a neuron into its operations: a picture for each state.
//
// A state has the boxes that open, each with the state that it opens into and what is in there, and
// the frames that close. What stands in the page before this runs is the first picture as an image.
const STYLE = `
  [data-box].opens { cursor: zoom-in; }
  [data-frame].closes { cursor: zoom-out; }
  [data-box]:focus { outline: none; }
  .opens > rect:first-of-type { stroke: #0969da; stroke-width: 3px; }
  .opens:hover > rect:first-of-type { stroke-width: 6px; }
  .opens.now > rect:first-of-type { stroke: #e36209; }
  .closes > rect { stroke: #0969da; }
  nav { display: flex; flex-wrap: wrap; gap: .3em; align-items: center; flex: 1 1 8em; }
  nav button { border: none; background: none; padding: .25em; color: #0969da; }
  nav button:disabled { color: #24292f; font-weight: bold; }
`;
const KEYS = { ArrowLeft: "back", ArrowRight: "forward", Enter: "open", " ": "open",
  Escape: "close", Backspace: "close", Home: "first" };

function start(host) {
  const { title, states, note: remark } = begin(host);
  states[0].svg = atob(host.querySelector("img").src.split(",")[1]);
  const picture = element("div", { className: "picture" });
  const { text, note, both } = words();
  const trail = element("nav");
  trail.setAttribute("aria-label", "What is open");
  const size = sizes(picture, () => choose(chosen));
  let state, at, boxes, chosen;
  const act = {
    first: () => show(0),
    back: () => choose(Math.max(chosen - 1, 0)),
    forward: () => choose(Math.min(chosen + 1, boxes.length - 1)),
    open: () => { if (boxes[chosen]) show(boxes[chosen].to); },
    close: () => { if (at) show(state.trail.at(-2)[1]); },
  };
  const buttons = {
    close: button("Close", "Esc", act.close), back: button("Back", "←", act.back),
    forward: button("Forward", "→", act.forward), open: button("Open", "Enter", act.open),
  };

  function show(k) {
    const before = at, focused = host.shadowRoot.activeElement?.dataset.box !== undefined;
    state = states[at = k];
    picture.innerHTML = state.svg;
    const svg = picture.querySelector("svg");
    svg.setAttribute("role", "group");  // an image would hide what can be opened
    boxes = state.opens.map(([box, to, name, what], i) => {
      const g = svg.querySelector(`[data-box="${box}"]`);
      g.classList.add("opens");
      g.tabIndex = 0;
      g.setAttribute("role", "button");
      g.setAttribute("aria-label", `${name}: ${what}`);
      g.onclick = () => show(to);
      g.onfocus = () => { if (chosen !== i) choose(i); };
      return { g, to, name, what };
    });
    for (const [frame, to] of state.closes) {
      for (const g of svg.querySelectorAll(`[data-frame="${frame}"]`)) {
        g.classList.add("closes");
        g.onclick = () => show(to);
      }
    }
    trail.replaceChildren(...state.trail.flatMap(([name, to], i) => [...(i ? ["›"] : []),
      element("button", { type: "button", disabled: to === k, onclick: () => show(to) }, name)]));
    buttons.close.disabled = !at;
    host.dataset.state = at;
    // What was closed, or else the first in what was opened.
    const depth = state.trail.length, inner = ({ to }) => states[to].trail.length > depth;
    chosen = boxes.findIndex(({ to }) => to === before);
    if (chosen < 0 || states[before].trail.length <= depth) chosen = boxes.findIndex(inner);
    size.onchange();
    if (focused) (boxes[chosen]?.g ?? host).focus({ preventScroll: true });
    if (chosen < 0 && at) reveal(picture, closing(), closing());
  }

  function closing() {
    return [...picture.querySelectorAll(".closes")].slice(-1);
  }

  function choose(i) {
    chosen = i;
    boxes.forEach(({ g }, k) => g.classList.toggle("now", k === i));
    const box = boxes[i];
    text.textContent = box ? `${box.name}: ${box.what}` : state.what;
    note.textContent = boxes.length ? "A click opens what has a blue edge, another on its frame closes it."
      + ` ${remark}` : remark || "Nothing here opens further.";
    buttons.back.disabled = i <= 0;
    buttons.forward.disabled = i >= boxes.length - 1;
    buttons.open.disabled = !box;
    if (box) reveal(picture, [box.g, ...closing()], [box.g]);
  }

  host.attachShadow({ mode: "open" }).append(
    element("style", { textContent: FRAME + STYLE }), picture, both,
    element("div", { className: "controls" }, ...Object.values(buttons), trail, size));
  listen(host, title, KEYS, act);
  show(0);
}

play("explore", start);
