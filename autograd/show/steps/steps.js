// Plays the steps of a forward and a backward pass on the picture of their graph.
//
// Each step names what it shows: a box, its gradient so far, the arrow that the gradient came
// along, and the arithmetic. What stands in the page before this runs is the picture as an image.
(() => {
  const STYLE = `
    :host { all: initial; display: flex; flex-direction: column; box-sizing: border-box;
      padding: .8em; color: #24292f; background: white; border: 1px solid #d0d7de;
      border-radius: 6px; max-width: 100%; max-height: calc(100vh - 9em); max-height: calc(100dvh - 9em);
      min-height: 22em; font: var(--steps-size, 15px)/1.4 Helvetica, Arial, sans-serif; }
    :host(:focus-visible) { outline: 3px solid #0969da; outline-offset: 1px; }
    .picture { overflow: auto; text-align: center; flex: 0 1 auto; min-height: 9em; }
    svg { height: auto; }
    .words { min-height: 4.6em; flex: none; margin: .6em 0; text-align: center; overflow-wrap: anywhere; }
    .words p { margin: 0; }
    .text { font-size: 1.45em; }
    .note { font-size: 1.15em; }
    .note, .where { color: #57606a; }
    .controls { flex: none; display: flex; flex-wrap: wrap; gap: .5em; align-items: center; }
    button, select { font: inherit; color: inherit; background: #f6f8fa; padding: .25em .8em;
      border: 1px solid #8c959f; border-radius: 6px; cursor: pointer; }
    button:disabled { color: #8c959f; border-color: #d0d7de; cursor: default; }
    button.play { min-width: 5.5em; background: #24292f; color: white; }
    input { flex: 1 1 8em; min-width: 6em; accent-color: #24292f; }
    .where { min-width: 9.5em; text-align: right; font-variant-numeric: tabular-nums; }
    [data-edges].plain path[stroke] { stroke: #8c959f; stroke-width: 1.2px; }
    [data-edges].plain path[fill] { fill: #8c959f; }
    .plain text { visibility: hidden; }
    .later { opacity: .35; }
    [data-edges].now path[stroke] { stroke: #e36209; stroke-width: 3.5px; }
    [data-edges].now path[fill] { fill: #e36209; }
    .now > rect:first-of-type { stroke: #e36209; stroke-width: 6px; }
    .from > rect:first-of-type { stroke: #f2a65a; stroke-width: 4px; stroke-dasharray: 5 3; }
  `;
  const SECONDS = { "½×": 4, "1×": 2, "2×": 1, "4×": .5 };
  const SIZES = { fit: 0, "100%": 1, "150%": 1.5, "200%": 2 };
  const KEYS = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last", " ": "play" };

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function button(name, key, press) {
    const made = element("button", { type: "button", className: name.toLowerCase(), onclick: press,
      title: `${name} (${key})` }, name);
    made.setAttribute("aria-label", name);
    return made;
  }

  function choice(name, options, chosen) {
    const made = element("select", { title: name },
      ...Object.keys(options).map((option) => element("option", {}, option)));
    made.setAttribute("aria-label", name);
    made.value = chosen;
    return made;
  }

  function start(host) {
    host.dataset.ready = "yes";
    const { title, steps } = JSON.parse(
      host.querySelector('script[type="application/json"]').textContent);
    const picture = element("div", { className: "picture",
      innerHTML: atob(host.querySelector("img").src.split(",")[1]) });
    const svg = picture.querySelector("svg");
    const width = Number(svg.getAttribute("width"));
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
    const text = element("p", { className: "text" });
    const note = element("p", { className: "note" });
    const words = element("div", { className: "words" }, text, note);
    words.setAttribute("aria-live", "polite");
    const where = element("span", { className: "where" });
    const slider = element("input", { type: "range", min: 0, max: steps.length - 1, value: 0 });
    slider.setAttribute("aria-label", "Step");
    const speed = choice("Speed", SECONDS, "1×");
    const size = choice("Size of the picture", SIZES, "fit");
    size.onchange = () => {
      const scale = SIZES[size.value];
      svg.style.width = scale ? `${scale * width}px`  // and what does not fit is scrolled
        : `max(${.75 * width}px, min(100%, ${1.6 * width}px))`;
      show(at);
    };
    const act = {
      first: () => { stop(); show(0); },
      back: () => { stop(); show(at - 1); },
      play: () => (timer ? stop() : play()),
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
      reveal(svg.querySelectorAll(".now, .from"));
    }

    function reveal(parts) {  // in its frame: the page itself does not jump
      const frame = picture.getBoundingClientRect();
      const all = [...parts].filter((g) => g.dataset.box !== undefined);
      for (const [low, high, scroll] of [["left", "right", "scrollLeft"], ["top", "bottom", "scrollTop"]]) {
        let some = all;  // the current box alone if there is no room for both
        const span = () => some.map((g) => g.getBoundingClientRect()).reduce(([a, b], place) =>
          [Math.min(a, place[low]), Math.max(b, place[high])], [Infinity, -Infinity]);
        if (span()[1] - span()[0] > frame[high] - frame[low]) {
          some = all.filter((g) => g.getAttribute("class") === "now");
        }
        const [from, to] = span();
        if (from < frame[low] || to > frame[high]) {
          picture[scroll] += (from + to - frame[low] - frame[high]) / 2;
        }
      }
    }

    function play() {
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

    host.tabIndex = 0;
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", title);
    host.setAttribute("data-lm-suppress-shortcuts", "true");  // JupyterLab has plans for the keys
    const alone = host.dataset.alone !== undefined;  // then all keys are meant for the steps
    (alone ? document : host).addEventListener("keydown", (event) => {
      const on = event.composedPath()[0].localName;
      const name = KEYS[event.key];
      if (!name || event.ctrlKey || event.altKey || event.metaKey || on === "select") return;
      event.preventDefault();
      event.stopPropagation();
      if (name === "play" && on === "button") event.composedPath()[0].click();
      else act[name]();
    });
    host.attachShadow({ mode: "open" }).append(
      element("style", { textContent: STYLE }), picture, words,
      element("div", { className: "controls" }, ...Object.values(buttons), slider, where, speed,
        size));
    size.onchange();
  }

  document.querySelectorAll("div.chainrule-steps:not([data-ready])").forEach(start);
})();
