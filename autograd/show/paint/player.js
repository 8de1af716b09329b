// What the pages with a picture to play on have in common: a frame around it, words, buttons, keys.
//
// What stands in the page before this runs is the picture as an image. This script and that of the
// page are one: it begins with `play`.
const FRAME = `
  :host { all: initial; display: flex; flex-direction: column; box-sizing: border-box;
    padding: .8em; color: #24292f; background: white; border: 1px solid #d0d7de;
    border-radius: 6px; max-width: 100%; max-height: calc(100vh - 9em); max-height: calc(100dvh - 9em);
    min-height: 22em; font: var(--steps-size, 15px)/1.4 Helvetica, Arial, sans-serif; }
  :host([data-framed]) { max-height: 44em; }  /* a frame's height may be that of what is in it */
  :host(:focus-visible) { outline: 3px solid #0969da; outline-offset: 1px; }
  .picture { overflow: auto; text-align: center; flex: 0 1 auto; min-height: 9em; }
  svg { height: auto; }
  .words { min-height: 4.6em; flex: none; margin: .6em 0; text-align: center; overflow-wrap: anywhere; }
  .words p { margin: 0; }
  .text { font-size: 1.45em; }
  .note { font-size: 1.15em; }
  .note { color: #57606a; }
  .controls { flex: none; display: flex; flex-wrap: wrap; gap: .5em; align-items: center; }
  button, select { font: inherit; color: inherit; background: #f6f8fa; padding: .25em .8em;
    border: 1px solid #8c959f; border-radius: 6px; cursor: pointer; }
  button:disabled { color: #8c959f; border-color: #d0d7de; cursor: default; }
  .now > rect:first-of-type { stroke: #e36209; stroke-width: 6px; }
`;
const SIZES = { fit: 0, "100%": 1, "150%": 1.5, "200%": 2 };

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

function begin(host) {  // what the page is about, as the page has it
  host.dataset.ready = "yes";
  host.toggleAttribute("data-framed", window.parent !== window);
  return JSON.parse(host.querySelector('script[type="application/json"]').textContent);
}

function words() {
  const text = element("p", { className: "text" }), note = element("p", { className: "note" });
  const both = element("div", { className: "words" }, text, note);
  both.setAttribute("aria-live", "polite");
  return { text, note, both };
}

function sizes(picture, changed) {  // what does not fit is scrolled
  const size = choice("Size of the picture", SIZES, "fit");
  size.onchange = () => {
    const svg = picture.querySelector("svg"), width = Number(svg.getAttribute("width"));
    const scale = SIZES[size.value];
    svg.style.width = scale ? `${scale * width}px`
      : `max(${.75 * width}px, min(100%, ${1.6 * width}px))`;
    changed();
  };
  return size;
}

function reveal(picture, all, now) {  // in its frame: the page itself does not jump
  const frame = picture.getBoundingClientRect();
  for (const [low, high, scroll] of [["left", "right", "scrollLeft"], ["top", "bottom", "scrollTop"]]) {
    let some = all;  // the current box alone if there is no room for all
    const span = () => some.map((g) => g.getBoundingClientRect()).reduce(([a, b], place) =>
      [Math.min(a, place[low]), Math.max(b, place[high])], [Infinity, -Infinity]);
    if (span()[1] - span()[0] > frame[high] - frame[low]) some = now;
    const [from, to] = span();
    if (to - from > frame[high] - frame[low]) picture[scroll] += from - frame[low];
    else if (from < frame[low] || to > frame[high]) {
      picture[scroll] += (from + to - frame[low] - frame[high]) / 2;
    }
  }
}

function listen(host, title, keys, act) {
  host.tabIndex = 0;
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", title);
  host.setAttribute("data-lm-suppress-shortcuts", "true");  // JupyterLab has plans for the keys
  const alone = host.dataset.alone !== undefined;  // then all keys are meant for the picture
  (alone ? document : host).addEventListener("keydown", (event) => {
    const [on] = event.composedPath(), name = keys[event.key];
    if (!name || event.ctrlKey || event.altKey || event.metaKey || on.localName === "select") return;
    event.preventDefault();
    event.stopPropagation();
    if (" Enter".includes(event.key) && on.localName === "button") on.click();
    else act[name]();
  });
}

function play(kind, start) {
  document.querySelectorAll(`div.chainrule-${kind}:not([data-ready])`).forEach(start);
}
