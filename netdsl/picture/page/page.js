// The page: draws what the composer places, opens and closes blocks, goes from box to box.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const boxes = new Map(data.boxes.map(box => [box.n, box]));
  const children = new Map();
  for (const box of data.boxes) {
    if (!children.has(box.parent)) children.set(box.parent, []);
    children.get(box.parent).push(box.n);
  }
  const opened = new Set(data.opened);
  const stage = document.getElementById("stage"), svg = stage.querySelector("svg"), panel = document.getElementById("panel");
  const searching = document.getElementById("search"), count = document.getElementById("count");
  const short = value => String(Math.round(value * 100) / 100);
  const escaped = text => text.replace(/[&<>"]/g, letter => `&#${letter.charCodeAt(0)};`);
  const MOST_PAINTED = 1500;
  let placed = {boxes: [], tracks: [], notes: [], chips: []}, painted = null;
  let places = new Map(), size = [0, 0], chosen = -1, found = [], at = -1, nets = new Map();
  let view = {x: 0, y: 0, scale: 1};

  function corners(points) {
    const far = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
    const towards = (a, b, way) => [a[0] + way * Math.sign(b[0] - a[0]), a[1] + way * Math.sign(b[1] - a[1])];
    const written = p => `${short(p[0])} ${short(p[1])}`;
    let text = `M${written(points[0])}`;
    for (let i = 1; i < points.length - 1; i++) {
      const radius = Math.min(4, far(points[i - 1], points[i]) / 2, far(points[i], points[i + 1]) / 2);
      text += `L${written(towards(points[i], points[i - 1], radius))}Q${written(points[i])} `
        + written(towards(points[i], points[i + 1], radius));
    }
    return `${text}L${written(points[points.length - 1])}`;
  }

  function line(track) {
    const points = track.points.map(p => [...p]);
    let arrow = "";
    if (track.arrow) {
      const [[x0, y0], [x, y]] = points.slice(-2);
      const dx = Math.sign(x - x0), dy = Math.sign(y - y0);
      const foot = [x - 6 * dx, y - 6 * dy];
      const wings = [[x, y], [foot[0] - 2.6 * dy, foot[1] + 2.6 * dx], [foot[0] + 2.6 * dy, foot[1] - 2.6 * dx]];
      arrow = `<polygon points="${wings.map(p => p.map(short).join(",")).join(" ")}" fill="var(--line)"/>`;
      points[points.length - 1] = [x - 5 * dx, y - 5 * dy];
    }
    return `<path d="${corners(points)}" fill="none" stroke="var(--line)"/>${arrow}`;
  }

  function box([n, x, y, w, h]) {
    const own = boxes.get(n), isOpen = own.term && opened.has(n);
    let inside = data.fragments[own.closed];
    if (isOpen) {
      const rect = (dx, fill) => `<rect x="${dx}" y="${dx}" width="${short(w)}" height="${short(h)}" rx="6" fill="var(--${fill})" stroke="var(--edge)"/>`;
      inside = own.times > 1 ? rect(data.sheets, "block") + rect(data.sheets / 2, "block") : "";
      const right = short(w - 0.5);
      inside += rect(0, "block") + `<path d="M.5 ${data.head}V6Q.5 .5 6 .5H${short(w - 6)}Q${right} .5 ${right} 6V${data.head}Z" fill="var(--head)"/>`;
      inside += data.fragments[own.title];
    }
    const marks = (n === chosen ? " chosen" : "") + (found.includes(n) ? " found" : "");
    return `<g data-n="${n}" class="box${marks}" transform="translate(${short(x)} ${short(y)})">${inside}</g>`;
  }

  function note([, x, y, [text, width], isBefore]) {
    const place = !data.isDown ? [x + 4, y - 4, ""] : isBefore ? [x - 4, y + 11, ' text-anchor="end"'] : [x + 4, y + 11, ""];
    return `<text x="${short(place[0])}" y="${short(place[1])}" font-size="9"${place[2]} textLength="${short(width)}" fill="var(--quiet)">${escaped(text)}</text>`;
  }

  // A name in place of a line; a click leads to what gives it.
  function chip([net, x, y, w, h, text]) {
    const from = data.sources[net];
    return `<g data-to="${from}" transform="translate(${short(x)} ${short(y)})"><rect width="${short(w)}" height="${short(h)}" rx="${short(h / 2)}" fill="var(--family-input)" stroke="var(--edge-input)"/>`
      + `<text x="${short(w / 2)}" y="11" font-size="9" font-weight="bold" text-anchor="middle" fill="var(--text)">${escaped(text)}</text></g>`;
  }

  function draw() {
    const shape = new Composer(boxes, opened, data.isDown, data.u).shape(["item", 0]);
    placed = flatten(shape, data.isDown, data.margin);
    size = [shape.left + shape.right + 2 * data.margin, shape.length + 2 * data.margin];
    if (!data.isDown) size.reverse();
    places = new Map(placed.boxes.map(([n, ...rect]) => [n, rect]));
    nets = new Map();
    painted = null;
    look();
  }

  // Of a very large picture only what is on the screen and a screen around it is drawn, until the view leaves that.
  function paint(around) {
    painted = placed.boxes.length > MOST_PAINTED ? around : [-Infinity, -Infinity, Infinity, Infinity];
    const [x0, y0, x1, y1] = painted;
    const isNear = (x, y, w, h) => x <= x1 && x + w >= x0 && y <= y1 && y + h >= y0;
    const isLineNear = ({points}) => {
      const xs = points.map(p => p[0]), ys = points.map(p => p[1]);
      const x = Math.min(...xs), y = Math.min(...ys);
      return isNear(x, y, Math.max(...xs) - x, Math.max(...ys) - y);
    };
    const shown = placed.boxes.filter(([n, ...rect]) => n !== 0 && isNear(...rect));
    const lines = placed.tracks.filter(isLineNear), notes = placed.notes.filter(([, x, y]) => isNear(x, y, 0, 0));
    const chips = placed.chips.filter(([, ...rect]) => isNear(...rect.slice(0, 4)));
    svg.innerHTML = shown.map(box).join("") + chips.map(chip).join("") + `<g pointer-events="none">${lines.map(line).join("")}${notes.map(note).join("")}</g>`;
  }

  function look() {
    const wide = stage.clientWidth / view.scale, high = stage.clientHeight / view.scale;
    if (!painted || view.x < painted[0] || view.y < painted[1] || view.x + wide > painted[2] || view.y + high > painted[3])
      paint([view.x - wide, view.y - high, view.x + 2 * wide, view.y + 2 * high]);
    svg.setAttribute("viewBox", [view.x, view.y, wide, high].map(short).join(" "));
  }

  function fit() {
    const wide = stage.clientWidth, high = stage.clientHeight;
    view.scale = Math.max(Math.min(wide / size[0], high / size[1], 1.6), 0.02);
    let middle = size[0] / 2;
    if (view.scale < 0.6) { // so large that nothing could be read: begin where the flow does
      view.scale = Math.max(Math.min(wide / size[0], 1.1), 0.6);
      const first = places.get((children.get(0) || [])[0]);
      if (first && size[0] * view.scale > wide) middle = first[0] + first[2] / 2;
    }
    view.x = middle - wide / view.scale / 2;
    view.y = size[1] * view.scale > high ? 0 : (size[1] - high / view.scale) / 2;
    look();
  }

  function zoom(factor, x, y) {
    const scale = Math.min(Math.max(view.scale * factor, 0.02), 6);
    view.x += x / view.scale - x / scale;
    view.y += y / view.scale - y / scale;
    view.scale = scale;
    look();
  }

  // What is opened or closed stays where it is on the screen.
  function toggle(n) {
    const own = boxes.get(n);
    if (!own || !own.term || n === 0) return;
    const before = places.get(n);
    if (opened.has(n)) opened.delete(n); else opened.add(n);
    draw();
    const after = places.get(n);
    if (before && after) {
      view.x += after[0] + after[2] / 2 - before[0] - before[2] / 2;
      view.y += after[1] - before[1];
    }
    choose(n);
    look();
  }

  function isShown(n) {
    for (let around = boxes.get(n).parent; around >= 0; around = boxes.get(around).parent)
      if (!opened.has(around)) return false;
    return true;
  }

  function reveal(n) {
    let changed = false;
    for (let around = boxes.get(n).parent; around >= 0; around = boxes.get(around).parent)
      if (!opened.has(around)) { opened.add(around); changed = true; }
    if (changed) draw();
  }

  function centre(n, always) {
    const [x, y, w, h] = places.get(n);
    const wide = stage.clientWidth / view.scale, high = stage.clientHeight / view.scale;
    const isSeen = x > view.x && y > view.y && x + w < view.x + wide && y + Math.min(h, 40) < view.y + high;
    if (isSeen && !always) return;
    view.x = x + w / 2 - wide / 2;
    view.y = y + Math.min(h, high * 0.8) / 2 - high / 2;
    look();
  }

  function choose(n) {
    for (const old of svg.querySelectorAll(".chosen")) old.classList.remove("chosen");
    chosen = n;
    const group = svg.querySelector(`g[data-n="${n}"]`);
    if (group) group.classList.add("chosen");
    tell(n);
  }

  function element(name, text, more) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return Object.assign(made, more || {});
  }

  function tell(n) {
    const own = boxes.get(n);
    panel.hidden = n < 1;
    panel.replaceChildren();
    if (n < 1) return look();
    panel.append(element("button", "×", {className: "shut", title: "Close (Escape)", onclick: () => { choose(-1); stage.focus(); }}));
    panel.append(element("h2", own.facts.title + (own.times > 1 ? ` × ${own.times}` : "")));
    const list = element("dl");
    own.facts.rows.forEach(([what, which], i) => {
      if (what === "Layer") { list.append(element("dt", which, {className: "part"})); return; }
      list.append(element("dt", what), element("dd", which));
    });
    panel.append(list);
    if (own.facts.line.length) {
      const text = element("pre");
      text.append(element("b", own.facts.line[0]), own.facts.line[1]);
      panel.append(text);
    }
    if (own.term) panel.append(element("p"), element("button", opened.has(n) ? "Close this block" : "Open this block", {onclick: () => toggle(n)}));
    look();
  }

  function search() {
    const asked = searching.value.trim().toLowerCase();
    found = [];
    at = -1;
    if (asked) {
      for (const own of data.boxes) {
        if (own.n === 0) continue;
        const text = [own.facts.title, ...own.facts.rows.map(row => row[1])].join("\n").toLowerCase();
        if (text.includes(asked)) found.push(own.n);
      }
    }
    count.textContent = asked ? `${found.length}` : "";
    draw();
  }

  function next(step) {
    if (!found.length) return;
    at = (at + step + found.length) % found.length;
    count.textContent = `${at + 1}/${found.length}`;
    reveal(found[at]);
    choose(found[at]);
    centre(found[at], true);
  }

  // From the middle of a box to the nearest one in a direction; those that are opened count by their heads.
  function go(dx, dy) {
    const middle = n => {
      const [x, y, w, h] = places.get(n);
      return opened.has(n) && boxes.get(n).term ? [x + w / 2, y + data.head / 2] : [x + w / 2, y + h / 2];
    };
    if (!places.has(chosen) || chosen < 1) {
      const first = (children.get(0) || [])[0];
      if (first !== undefined) { choose(first); centre(first); }
      return;
    }
    const [x, y] = middle(chosen);
    let best = -1, least = Infinity;
    for (const n of places.keys()) {
      if (n === 0 || n === chosen) continue;
      const [u, v] = middle(n);
      const along = (u - x) * dx + (v - y) * dy, aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      if (along < 4 || aside > 3 * along + 40) continue;
      const way = along + 2 * aside;
      if (way < least) { least = way; best = n; }
    }
    if (best >= 0) { choose(best); centre(best); }
  }

  const pointers = new Map();
  let moved = 0, spread = 0, pressed = -1, named = -1;
  stage.addEventListener("pointerdown", event => {
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (pointers.size === 1) {
      moved = 0;
      const group = event.target.closest("[data-n]"), name = event.target.closest("[data-to]");
      pressed = group ? Number(group.dataset.n) : -1;
      named = name ? Number(name.dataset.to) : -1;
    }
    spread = 0;
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    pointers.set(event.pointerId, now);
    const dx = now[0] - before[0], dy = now[1] - before[1];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved < 5) return;
    stage.classList.add("held");
    view.x -= dx / view.scale / pointers.size;
    view.y -= dy / view.scale / pointers.size;
    if (pointers.size === 2) {
      const [a, b] = [...pointers.values()], wide = Math.hypot(a[0] - b[0], a[1] - b[1]);
      const rect = stage.getBoundingClientRect();
      if (spread) zoom(wide / spread, (a[0] + b[0]) / 2 - rect.left, (a[1] + b[1]) / 2 - rect.top);
      spread = wide;
    }
    look();
  });
  const release = event => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    stage.classList.remove("held");
    if (event.type === "pointerup" && moved < 5) {
      if (named > 0) { reveal(named); choose(named); centre(named); }
      else if (pressed < 1) choose(-1);
      else if (boxes.get(pressed).term) toggle(pressed);
      else choose(pressed);
    }
  };
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("wheel", event => {
    event.preventDefault();
    const rect = stage.getBoundingClientRect(), lines = event.deltaMode === 1 ? 16 : 1;
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY * lines / 300), event.clientX - rect.left, event.clientY - rect.top);
    else { view.x += event.deltaX * lines / view.scale; view.y += event.deltaY * lines / view.scale; look(); }
  }, {passive: false});

  document.addEventListener("keydown", event => {
    if (event.target === searching) {
      if (event.key === "Enter") { next(event.shiftKey ? -1 : 1); event.preventDefault(); }
      if (event.key === "Escape") { searching.value = ""; search(); stage.focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const ways = {ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0]};
    const middle = [stage.clientWidth / 2, stage.clientHeight / 2];
    if (ways[event.key]) go(...ways[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && event.target.tagName !== "BUTTON") toggle(chosen);
    else if (event.key === "Escape") choose(-1);
    else if (event.key === "/") searching.focus();
    else if (event.key === "+" || event.key === "=") zoom(1.25, ...middle);
    else if (event.key === "-") zoom(0.8, ...middle);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });

  searching.addEventListener("input", search);
  document.getElementById("open").onclick = () => { for (const own of data.boxes) if (own.term) opened.add(own.n); draw(); fit(); };
  document.getElementById("close").onclick = () => { opened.clear(); opened.add(0); draw(); fit(); };
  document.getElementById("fit").onclick = fit;
  document.getElementById("theme").onclick = () => {
    const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = isDark ? "light" : "dark";
  };
  addEventListener("resize", look);
  addEventListener("beforeprint", () => {
    paint([-Infinity, -Infinity, Infinity, Infinity]);
    svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
  });
  addEventListener("afterprint", look);

  svg.removeAttribute("width");
  svg.removeAttribute("height");
  draw();
  fit();
})();
