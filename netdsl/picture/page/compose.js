// The composer of netdsl/picture/compose.py, joints.py, lattice.py and ushape.py, step for step: a test holds the two together.
// A cell: {n, across, along, head, least, ins, outs, labels: {net: [text, width]}, joins, stack, tags: [[net, text, width]], term}.
// A term: ["item", number], ["wire", net], ["row", parts, aligned, main, follows], ["series", parts, lanes];
// ["grid", rows of [column, part], columns, lanes with a column and a bus]; a lane: [net, start, stops]. A U, of the box at the root: {levels: [[down, nets, up]], bottom}, each but the nets a series.
"use strict";

const GAP = 18, LANE = 14, PORT = 16, PAD = 12, NEARLY = 16, TALL = 150, UNDER = 14;
const STRAIGHT = 16, FIRST = 7, NEXT = 7, LAST = 14, APART = 4, MOST_WEIGHED = 24;
const BETWEEN = 44, NOTE = 14, BESIDE = 8, TAG = 15, TAG_GAP = 12, TAG_NEXT = 3, FAR = 1000, WAY = 8;

function shapeOf(left, right, length) {
  return {left, right, length, tops: [], bots: [], enters: 0, leaves: 0, parts: [], tracks: [],
    box: -1, rect: [0, 0, 0, 0], sides: false, notes: [], wants: new Map(), chips: []};
}

// The series that a picture is: all of it, or the main column.
function mainSeries(term) {
  if (term[0] === "row" && term[3] >= 0) term = term[1][term[3]];
  return term[0] === "series" ? term : null;
}

function moved(tracks, u, v) {
  return tracks.map(t => ({net: t.net, points: t.points.map(([x, y]) => [x + u, y + v]), arrow: t.arrow}));
}

class Composer {
  constructor(cells, opened, isDown, u = null, turned = false) {
    this.cells = cells; this.opened = opened; this.isDown = isDown; this.u = u; this.turned = turned;
  }

  shape(term, above) {
    above = above || new Map();
    switch (term[0]) {
      case "item": {
        const cell = this.cells.get(term[1]);
        return cell.term && this.opened.has(term[1]) ? this.open(cell) : this.closed(cell, above);
      }
      case "wire": {
        const shape = shapeOf(0, 0, 0);
        shape.tops = [{net: term[1], u: 0, ends: false}];
        shape.bots = [{net: term[1], u: 0}];
        shape.wants.set(term[1], 0);
        return shape;
      }
      case "row": return this.row(term, above);
      case "grid": return new Lattice(this, term).shape();
      default: {
        const isRoot = this.u && mainSeries(this.cells.get(0).term) === term;
        return (isRoot && uShape(this.u, this.cells, this.opened, this.isDown)) || this.series(term, above);
      }
    }
  }

  closed(cell, above) {
    const half = cell.across / 2;
    const shape = shapeOf(half, half, cell.along + cell.stack);
    this.addSheets(cell, shape);
    shape.box = cell.n;
    shape.rect = [-half, this.turned ? cell.stack : 0, cell.across, cell.along];
    shape.sides = true;
    shape.tops = entries(cell, above, half).map(([net, u]) => ({net, u, ends: true}));
    for (const port of shape.tops) shape.wants.set(port.net, port.u);
    const spread = spreadOf(cell.outs.length, half);
    this.below(cell, shape, cell.outs.map((net, at) => ({net, u: at * spread})));
    if (cell.tags.length) this.addTags(cell, shape);
    return shape;
  }

  addTags(cell, shape) {
    const [u, v, , along] = shape.rect, tags = cell.tags;
    const end = u - TAG_GAP - (this.turned ? cell.stack : 0);
    if (!this.isDown) {
      const wide = tags.reduce((sum, [, , width]) => sum + width, 0) + TAG_NEXT * (tags.length - 1);
      let at = v + (along - wide) / 2;
      for (const [net, text, width] of tags) {
        shape.chips.push([net, end - TAG, at, TAG, width, text]);
        shape.tracks.push({net, points: [[end, at + width / 2], [u, at + width / 2]], arrow: true});
        at += width + TAG_NEXT;
      }
      shape.left = Math.max(shape.left, TAG - end);
      return;
    }
    let at = v + (along - TAG * tags.length - TAG_NEXT * (tags.length - 1)) / 2;
    for (const [net, text, width] of tags) {
      shape.chips.push([net, end - width, at, width, TAG, text]);
      shape.tracks.push({net, points: [[end, at + TAG / 2], [u, at + TAG / 2]], arrow: true});
      shape.left = Math.max(shape.left, width - end);
      at += TAG + TAG_NEXT;
    }
  }

  addSheets(cell, shape) {
    if (this.turned) shape.left += cell.stack; else shape.right += cell.stack;
  }

  below(cell, shape, ports) {
    shape.bots = ports;
    const end = shape.length;
    const told = ports.filter(p => cell.labels[p.net]).map(p => [p, cell.labels[p.net]]);
    if (!told.length) return;
    let room = UNDER;
    if (!this.isDown) room = Math.max(...told.map(([, label]) => label[1])) + 8;
    shape.length += room;
    for (const [port, label] of told) {
      const isBefore = ports.length > 1 && port === ports[0] && this.isDown;
      shape.notes.push([port.net, port.u, end, label, isBefore]);
      if (this.isDown && isBefore !== this.turned) shape.left = Math.max(shape.left, label[1] + 4 - port.u);
      else if (this.isDown) shape.right = Math.max(shape.right, port.u + 4 + label[1]);
    }
    for (const port of ports)
      shape.tracks.push({net: port.net, points: [[port.u, end], [port.u, end + room]], arrow: false});
  }

  entry(nets, inner) {
    const ports = portsOf(nets, inner);
    const joint = {ups: new Map(), downs: new Map(), beside: []};
    for (const port of ports) pin(joint.ups, port.net, port.u, false);
    for (const port of inner.tops) pin(joint.downs, port.net, port.u, port.ends);
    return [ports, route(joint)];
  }

  entered(series, above) {
    const inner = this.shape(series, above);
    const nets = [...new Set(inner.tops.map(p => p.net))];
    if (nets.length === inner.tops.length) return inner;
    const [ports, routed] = this.entry(nets, inner);
    const left = Math.max(inner.left, ...ports.map(p => -p.u)), right = Math.max(inner.right, ...ports.map(p => p.u));
    const whole = shapeOf(left, right, routed.length + inner.length);
    whole.tops = ports;
    whole.bots = inner.bots;
    whole.parts = [[0, routed.length, inner]];
    whole.tracks = [...routed.tracks];
    whole.wants = new Map(ports.map(p => [p.net, p.u]));
    whole.enters = inner.enters;
    whole.leaves = inner.leaves;
    return whole;
  }

  open(cell) {
    const inner = this.shape(cell.term);
    const turned = this.turned;
    const head = this.isDown && !turned ? cell.head : 0;
    const foot = this.isDown && turned ? cell.head : 0;
    const [ports, routed] = this.entry(cell.ins, inner);
    const length = ports.length ? Math.max(routed.length, PAD) : PAD;
    const edges = [...ports.map(p => p.u), ...inner.bots.map(p => p.u)];
    let left = Math.max(inner.left, ...edges.map(u => -u)) + PAD;
    let right = Math.max(inner.right, ...edges) + PAD;
    const missing = cell.least - left - right;
    if (missing > 0 && this.isDown) { left += missing / 2; right += missing / 2; }
    if (!this.isDown && turned) right += cell.head;
    else if (!this.isDown) left += cell.head;
    const low = turned ? cell.stack : 0;
    const begin = head + low + length;
    let end = begin + inner.length + PAD + foot;
    end = Math.max(end, this.isDown ? 0 : cell.least + low);
    const whole = turned ? end : end + cell.stack;
    const shape = shapeOf(left, right, whole);
    this.addSheets(cell, shape);
    shape.box = cell.n;
    shape.rect = [-left, low, left + right, end - low];
    shape.parts = [[0, begin, inner]];
    shape.tracks = moved(routed.tracks, 0, begin - routed.length);
    if (begin - routed.length > head)
      for (const p of ports)
        shape.tracks.push({net: p.net, points: [[p.u, head], [p.u, begin - routed.length]], arrow: false});
    const leaving = inner.bots.filter(p => cell.outs.includes(p.net));
    for (const p of leaving)
      shape.tracks.push({net: p.net, points: [[p.u, begin + inner.length], [p.u, whole - foot]], arrow: false});
    shape.tops = ports.map(p => ({net: p.net, u: p.u, ends: !turned}));
    for (const p of ports) shape.wants.set(p.net, p.u);
    shape.enters = ports.length ? ports[0].u : inner.enters;
    shape.leaves = inner.leaves;
    this.below(cell, shape, leaving.map(p => ({net: p.net, u: p.u})));
    return shape;
  }

  row(term, above) {
    const [, parts, aligned, main, follows] = term;
    const shapes = parts.map(part => this.shape(part, above));
    const length = Math.max(...shapes.map(s => s.length));
    const axes = axesOf(main, follows, shapes, above);
    const whole = shapeOf(0, 0, length);
    whole.left = Math.max(...shapes.map((s, at) => s.left - axes[at]));
    whole.right = Math.max(...shapes.map((s, at) => s.right + axes[at]));
    shapes.forEach((shape, at) => {
      const u = axes[at], align = aligned[at], spare = length - shape.length;
      let v = align === "start" ? 0 : align === "end" ? spare : spare / 2;
      if (align === "middle" && (spare < NEARLY || (spare > 2 * shape.length && length > TALL))) v = 0;
      whole.parts.push([u, v, shape]);
      for (const port of shape.tops) {
        whole.tops.push({net: port.net, u: port.u + u, ends: port.ends && v === 0});
        if (v > 0)
          whole.tracks.push({net: port.net, points: [[port.u + u, 0], [port.u + u, v]], arrow: port.ends});
      }
      for (const port of shape.bots) {
        whole.bots.push({net: port.net, u: port.u + u});
        if (spare > v)
          whole.tracks.push({net: port.net, points: [[port.u + u, v + shape.length], [port.u + u, length]], arrow: false});
      }
    });
    whole.wants = wantsOf(main, axes, shapes);
    return whole;
  }

  series(term, before) {
    const [, parts, lanes] = term;
    const shapes = [], axes = [];
    for (const part of parts) {
      let above = before;
      if (shapes.length) {
        above = new Map();
        for (const p of shapes[shapes.length - 1].bots) above.set(p.net, p.u + axes[axes.length - 1]);
      }
      const shape = this.shape(part, above);
      axes.push(shapes.length ? axisOf(shape, shapes[shapes.length - 1], axes[axes.length - 1], part) : 0);
      shapes.push(shape);
    }
    const reach = shapes.map((s, at) => s.right + axes[at]);
    const outs = shapes.map((s, at) => new Map(s.bots.map(p => [p.net, p.u + axes[at]])));
    const places = placeLanes(lanes, reach, outs);
    const whole = shapeOf(0, 0, 0);
    whole.left = Math.max(...shapes.map((s, at) => s.left - axes[at]));
    whole.right = Math.max(...reach);
    whole.enters = shapes[0].enters;
    whole.leaves = shapes[shapes.length - 1].leaves + axes[axes.length - 1];
    stack(lanes, shapes, axes, places, whole);
    return whole;
  }
}

function portsOf(nets, inner) {
  const placed = nets.map((net, at) => [inner.wants.has(net) ? inner.wants.get(net) : 0, at, net]);
  placed.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const ports = [];
  let last = null;
  for (const [u, at, net] of placed) {
    last = last === null ? u : Math.max(u, last + PORT);
    ports[at] = {net, u: last};
  }
  return ports;
}

function wantsOf(main, axes, shapes) {
  const found = new Map();
  shapes.forEach((shape, at) => {
    for (const [net, u] of shape.wants) {
      if (!found.has(net)) found.set(net, []);
      found.get(net).push(u + axes[at]);
    }
  });
  const wants = new Map();
  for (const [net, at] of found) wants.set(net, (Math.min(...at) + Math.max(...at)) / 2);
  if (main >= 0) for (const [net, u] of shapes[main].wants) wants.set(net, u + axes[main]);
  return wants;
}

function entries(cell, above, half) {
  if (cell.joins) return cell.ins.map(net => [net, 0]);
  let spread = spreadOf(cell.ins.length, half);
  const coming = cell.ins.filter(net => above.has(net)).map(net => [above.get(net), net]);
  const others = cell.ins.filter(net => !above.has(net));
  if (coming.length < 2)
    return [...coming.map(c => c[1]), ...others].map((net, at) => [net, at * spread]);
  coming.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const order = [...coming.map(c => c[1]), ...others];
  spread = Math.min(spread, (2 * half - 12) / order.length);
  return order.map((net, at) => [net, (at - (coming.length - 1) / 2) * spread]);
}

function spreadOf(count, half) {
  return count > 1 ? Math.min(PORT, (half - 6) / (count - 1)) : 0;
}

function axisOf(shape, before, axis, part) {
  if (part[0] === "row" && part[4]) return 0;
  const nets = new Set(shape.tops.map(p => p.net));
  const shared = before.bots.filter(p => nets.has(p.net));
  if (new Set(shared.map(p => p.net)).size === 1) return axis + shared[0].u - shape.wants.get(shared[0].net);
  return axis + before.leaves - shape.enters;
}

function axesOf(main, follows, shapes, above) {
  const places = [0];
  for (let at = 1; at < shapes.length; at++)
    places.push(places[at - 1] + shapes[at - 1].right + GAP + shapes[at].left);
  if (main >= 0) return places.map(place => place - places[main]);
  if (follows) return near(shapes, above, places);
  const last = shapes.length - 1;
  const middle = (places[0] - shapes[0].left + places[last] + shapes[last].right) / 2;
  return places.map(place => place - middle);
}

function near(shapes, above, places) {
  const middle = (places[0] + places[places.length - 1]) / 2;
  const groups = [];
  shapes.forEach((shape, at) => {
    const known = shape.tops.filter(p => above.has(p.net)).map(p => above.get(p.net) - p.u);
    let total = 0;
    for (const k of known) total += k;
    groups.push([known.length ? total / known.length - places[at] : -middle, 1]);
    while (groups.length > 1 && groups[groups.length - 2][0] > groups[groups.length - 1][0]) {
      const [mean, count] = groups.pop();
      const group = groups[groups.length - 1];
      const sum = group[0] * group[1] + mean * count;
      group[1] += count;
      group[0] = sum / group[1];
    }
  });
  const shifts = groups.flatMap(([mean, count]) => Array(count).fill(mean));
  return places.map((place, at) => place + shifts[at]);
}

function placeLanes(lanes, reach, outs) {
  const last = reach.length - 1;
  const spans = lanes.map(([, start, stops]) => [start + 1, Math.min(stops[stops.length - 1], last)]);
  const sources = lanes.map(([net, start]) => (start >= 0 && outs[start].get(net)) || 0);
  const places = Array(spans.length).fill(0);
  const order = spans.map((_, at) => at);
  order.sort((a, b) => (spans[a][1] - spans[a][0]) - (spans[b][1] - spans[b][0]) || spans[a][0] - spans[b][0]
    || sources[a] - sources[b]);
  for (const at of order) {
    const [begin, end] = spans[at];
    let place = reach[begin];
    for (let part = begin; part <= end; part++) place = Math.max(place, reach[part]);
    place += LANE;
    places[at] = place;
    for (let part = begin; part <= end; part++) reach[part] = place;
  }
  return places;
}

function stack(lanes, shapes, axes, places, whole) {
  const starts = new Map(), stops = new Map();
  const add = (map, key, at) => { if (!map.has(key)) map.set(key, []); map.get(key).push(at); };
  lanes.forEach(([, start, ends], at) => { add(starts, start, at); for (const end of ends) add(stops, end, at); });
  const reached = Array(lanes.length).fill(0);
  whole.tops = shapes[0].tops.map(p => ({net: p.net, u: p.u + axes[0], ends: p.ends}));
  for (const at of starts.get(-1) || []) {
    whole.tops.push({net: lanes[at][0], u: places[at], ends: false});
    whole.wants.set(lanes[at][0], places[at]);
  }
  for (const [net, u] of shapes[0].wants) whole.wants.set(net, u + axes[0]);
  const drawLane = (at, v) => {
    if (v > reached[at])
      whole.tracks.push({net: lanes[at][0], points: [[places[at], reached[at]], [places[at], v]], arrow: false});
  };
  let v = 0;
  shapes.forEach((shape, at) => {
    let beside = [];
    if (at) {
      beside = besideOf(lanes, shape, stops.get(at) || [], at, shapes[at - 1]);
      const routed = route(jointOf(lanes, at, shapes, axes, places, starts, stops, beside));
      whole.tracks.push(...moved(routed.tracks, 0, v));
      for (const begun of starts.get(at - 1) || []) reached[begun] = v + routed.length;
      for (const lane of stops.get(at) || [])
        if (!beside.includes(lane)) { drawLane(lane, v); reached[lane] = v + routed.length; }
      v += routed.length;
    }
    whole.parts.push([axes[at], v, shape]);
    const inward = [...beside].sort((a, b) => places[a] - places[b]);
    inward.forEach((lane, number) => {
      const [u, top, across, along] = shape.rect;
      const height = v + top + along * (number + 1) / (beside.length + 1);
      const side = axes[at] + u + across;
      whole.tracks.push({net: lanes[lane][0], arrow: true,
        points: [[places[lane], reached[lane]], [places[lane], height], [side, height]]});
    });
    v += shape.length;
  });
  whole.length = v;
  const last = shapes.length - 1;
  whole.bots = shapes[last].bots.map(p => ({net: p.net, u: p.u + axes[last]}));
  for (const at of stops.get(shapes.length) || []) {
    drawLane(at, v);
    whole.bots.push({net: lanes[at][0], u: places[at]});
  }
  whole.right = Math.max(whole.right, ...places);
}

function besideOf(lanes, shape, stopping, at, before) {
  if (!shape.sides) return [];
  const brought = new Set(before.bots.map(p => p.net));
  const found = stopping.filter(lane => {
    const ends = lanes[lane][2];
    return ends[ends.length - 1] === at && !brought.has(lanes[lane][0]);
  });
  const room = Math.floor(shape.rect[3] / 10);
  return found.length <= room && found.length < shape.tops.length ? found : [];
}

function entranceOf(term, shape) {
  return term[0] === "series" && shape.box < 0 ? shape.parts[0] : [0, 0, shape];
}

function makeWay(term, shape, came, under) {
  if (shape.tops.length !== 1 || under.has(shape.tops[0].net) || !came.has(shape.tops[0].net)) return;
  const {net, u, ends} = shape.tops[0], way = came.get(net) > 0 ? WAY : -WAY;
  if (entranceOf(term, shape)[2].sides) shape.tops = [{net, u: u + way, ends}];
  else shape.enters -= way;
}

function straightOf([net, start], shapes) {
  const source = start >= 0 ? shapes[start] : null;
  const port = source ? source.bots.find(p => p.net === net) : null;
  return port ? source.enters - port.u : null;
}

// The shape of a grid, as in lattice.py.
class Lattice {
  constructor(composer, [, rows, columns, lanes]) {
    this.terms = rows; this.columns = columns; this.lanes = lanes;
    this.rows = this.shapeRows(composer);
    this.place();
  }

  shape() {
    const whole = shapeOf(0, 0, 0);
    this.stack(whole);
    const parts = whole.parts;
    whole.left = Math.max(0, ...parts.map(([u, , s]) => s.left - u), ...this.places.map(u => -u));
    whole.right = Math.max(0, ...parts.map(([u, , s]) => s.right + u), ...this.places);
    const last = this.rows.length - 1;
    const first = Math.min(...this.rows[0].keys()), end = Math.min(...this.rows[last].keys());
    whole.enters = this.axes[first];
    whole.leaves = this.axis(last, end) + this.rows[last].get(end).leaves;
    return whole;
  }

  axis(row, column) { return this.axes[column] - this.rows[row].get(column).enters; }

  shapeRows(composer) {
    const found = [];
    let above = new Map();
    this.terms.forEach((row, at) => {
      const far = new Map(this.lanes.filter(lane => lane[2].includes(at)).map(lane => [lane[0], lane[3]]));
      const shapes = new Map();
      for (const [column, term] of row) {
        const came = new Map();
        for (const [net, c] of far) if (c !== column) came.set(net, FAR * (c - column) - FAR / 2);
        for (const [net, u] of above) came.set(net, u - FAR * column);
        const shape = composer.shape(term, came), under = found.length ? found[at - 1].get(column) : null;
        shapes.set(column, shape);
        if (under) makeWay(term, shape, came, new Set(under.bots.map(p => p.net)));
      }
      found.push(shapes);
      above = new Map();
      for (const [c, shape] of shapes) for (const p of shape.bots) above.set(p.net, FAR * c + p.u);
    });
    return found;
  }

  place() {
    const last = this.rows.length - 1, offsets = this.lanes.map(() => 0);
    this.axes = [];
    let edge = 0;
    for (let column = 0; column < this.columns; column++) {
      const shapes = this.rows.map(row => row.get(column));
      const reach = shapes.map(s => s ? s.left + s.enters : 0);
      const spans = new Map();
      this.lanes.forEach(([, start, stops, c], at) => {
        if (c === column) spans.set(at, [start + 1, Math.min(stops[stops.length - 1] - 1, last)]);
      });
      const wide = at => spans.get(at)[1] - spans.get(at)[0];
      const order = [...spans.keys()].sort((a, b) => wide(a) - wide(b) || spans.get(a)[0] - spans.get(b)[0] || a - b);
      const free = shapes.map(s => !s);
      const together = new Map();
      for (const at of order) {
        const bus = this.lanes[at][4], key = bus >= 0 ? "bus " + bus : at;
        together.set(key, [...(together.get(key) || []), at]);
      }
      for (const lanes of together.values()) {
        const begin = Math.min(...lanes.map(at => spans.get(at)[0])), end = Math.max(...lanes.map(at => spans.get(at)[1]));
        const stop = Math.min(end + 2, reach.length);
        const straight = lanes.length === 1 ? straightOf(this.lanes[lanes[0]], shapes) : null;
        if (straight !== null && free.slice(begin, stop).every(f => f)) {
          offsets[lanes[0]] = straight;
          free.fill(false, begin, stop);
          continue;
        }
        const place = Math.max(...reach.slice(begin, stop)) + LANE;
        reach.fill(place, begin, stop);
        for (const at of lanes) offsets[at] = place;
      }
      const axis = edge + Math.max(...reach) + (column ? GAP : 0);
      this.axes.push(axis);
      const rights = shapes.filter(s => s).map(s => s.right - s.enters);
      edge = axis + (rights.length ? Math.max(...rights) : 0);
    }
    const first = this.axes[Math.min(...this.rows[0].keys())];
    this.axes = this.axes.map(axis => axis - first);
    this.places = this.lanes.map((lane, at) => this.axes[lane[3]] - offsets[at]);
  }

  stack(whole) {
    const reached = this.lanes.map(() => 0);
    let v = 0;
    this.rows.forEach((row, at) => {
      const beside = new Map([...row.keys()].map(column => [column, this.beside(at, column)]));
      if (at) {
        const routed = route(this.joint(at, beside));
        whole.tracks.push(...moved(routed.tracks, 0, v));
        const aside = new Set([...beside.values()].flat());
        this.lanes.forEach(([, start, stops], lane) => {
          const stopping = stops.includes(at) && !aside.has(lane);
          if (stopping) this.draw(lane, reached, v, whole);
          if (start === at - 1 || stopping) reached[lane] = v + routed.length;
        });
        v += routed.length;
      } else this.enter(whole);
      const length = Math.max(...[...row.values()].map(s => s.length));
      for (const [column, shape] of row) {
        const u = this.axis(at, column);
        whole.parts.push([u, v, shape]);
        if (length > shape.length)
          for (const p of shape.bots)
            whole.tracks.push({net: p.net, points: [[p.u + u, v + shape.length], [p.u + u, v + length]], arrow: false});
        const [du, dv, first] = this.entrance(at, column);
        this.comeIn(beside.get(column), reached, whole, [u + du, v + dv, first], at);
      }
      v += length;
    });
    whole.length = v;
    this.leave(reached, whole);
  }

  enter(whole) {
    const want = (net, u) => { if (!whole.wants.has(net)) whole.wants.set(net, u); };
    for (const [column, shape] of this.rows[0]) {
      const u = this.axis(0, column);
      for (const p of shape.tops) whole.tops.push({net: p.net, u: p.u + u, ends: p.ends});
      for (const [net, at] of shape.wants) want(net, at + u);
    }
    this.lanes.forEach(([net, start], lane) => {
      if (start >= 0) return;
      whole.tops.push({net, u: this.places[lane], ends: false});
      want(net, this.places[lane]);
    });
  }

  leave(reached, whole) {
    const last = this.rows.length - 1;
    for (const [column, shape] of this.rows[last])
      for (const p of shape.bots) whole.bots.push({net: p.net, u: p.u + this.axis(last, column)});
    this.lanes.forEach(([net, , stops], lane) => {
      if (stops[stops.length - 1] !== this.rows.length) return;
      this.draw(lane, reached, whole.length, whole);
      whole.bots.push({net, u: this.places[lane]});
    });
  }

  beside(row, column) {
    const shape = this.entrance(row, column)[2];
    if (!shape.sides || shape.chips.length || !row) return [];
    const above = new Set();
    for (const other of this.rows[row - 1].values()) for (const p of other.bots) above.add(p.net);
    const read = new Set(shape.tops.map(p => p.net));
    const found = [];
    this.lanes.forEach(([net, , stops, c], lane) => {
      if (c === column && stops.includes(row) && read.has(net) && !above.has(net) && !this.isReadElsewhere(net, row, column))
        found.push(lane);
    });
    found.sort((a, b) => this.places[b] - this.places[a]);
    return new Set(found.map(at => this.places[at])).size <= Math.floor(shape.rect[3] / 8) ? found : [];
  }

  entrance(row, column) {
    const [, term] = this.terms[row].find(([c]) => c === column);
    return entranceOf(term, this.rows[row].get(column));
  }

  isReadElsewhere(net, row, column) {
    return [...this.rows[row]].some(([c, shape]) => c !== column && shape.tops.some(p => p.net === net));
  }

  joint(row, beside) {
    const joint = {ups: new Map(), downs: new Map(), beside: this.places};
    for (const [column, shape] of this.rows[row - 1])
      for (const p of shape.bots) pin(joint.ups, p.net, p.u + this.axis(row - 1, column), false);
    const aside = new Set([...beside.values()].flat());
    this.lanes.forEach(([net, start, stops], lane) => {
      const u = this.places[lane];
      if (stops.includes(row) && !aside.has(lane)) {
        pin(joint.ups, net, u, false);
        if (stops[stops.length - 1] > row) pin(joint.downs, net, u, false);
      } else if (start === row - 1) pin(joint.downs, net, u, false);
    });
    for (const [column, shape] of this.rows[row]) {
      const fromSide = new Set(beside.get(column).map(lane => this.lanes[lane][0]));
      for (const p of shape.tops)
        if (!fromSide.has(p.net)) pin(joint.downs, p.net, p.u + this.axis(row, column), p.ends);
    }
    return joint;
  }

  draw(lane, reached, v, whole) {
    if (v <= reached[lane]) return;
    const u = this.places[lane];
    whole.tracks.push({net: this.lanes[lane][0], points: [[u, reached[lane]], [u, v]], arrow: false});
    reached[lane] = v;
  }

  comeIn(beside, reached, whole, [axis, v, shape], row) {
    const [u, top, , along] = shape.rect;
    const places = [...new Set(beside.map(lane => this.places[lane]))].sort((a, b) => b - a);
    beside.forEach(lane => {
      const [net, , stops] = this.lanes[lane], x = this.places[lane];
      const height = v + top + along * (places.indexOf(x) + 1) / (places.length + 1);
      whole.tracks.push({net, points: [[x, reached[lane]], [x, height], [axis + u, height]], arrow: true});
      if (stops[stops.length - 1] > row) reached[lane] = height;
    });
  }
}

function pin(map, net, u, ends) {
  if (!map.has(net)) map.set(net, []);
  map.get(net).push({u, ends});
}

function jointOf(lanes, at, shapes, axes, places, starts, stops, beside) {
  const joint = {ups: new Map(), downs: new Map(), beside: places};
  for (const p of shapes[at - 1].bots) pin(joint.ups, p.net, p.u + axes[at - 1], false);
  for (const lane of stops.get(at) || []) {
    if (beside.includes(lane)) continue;
    const [net, , ends] = lanes[lane];
    pin(joint.ups, net, places[lane], false);
    if (ends[ends.length - 1] > at) pin(joint.downs, net, places[lane], false);
  }
  for (const lane of starts.get(at - 1) || []) pin(joint.downs, lanes[lane][0], places[lane], false);
  const fromSide = new Set(beside.map(lane => lanes[lane][0]));
  for (const p of shapes[at].tops)
    if (!fromSide.has(p.net)) pin(joint.downs, p.net, p.u + axes[at], p.ends);
  return joint;
}

function route(joint) {
  const nets = [...joint.downs.keys()].filter(net => joint.ups.has(net));
  if (!nets.length) return {tracks: [], length: STRAIGHT};
  const buses = busesOf(joint, nets);
  const levels = setLevels(buses, joint.beside);
  const ends = nets.some(net => joint.downs.get(net).some(p => p.ends));
  const length = levels ? FIRST + NEXT * (levels - 1) + (ends ? LAST : FIRST) : STRAIGHT;
  const tracks = [];
  for (const bus of buses)
    for (const net of bus.nets)
      for (const up of joint.ups.get(net))
        for (const down of joint.downs.get(net)) {
          const turns = up.u !== down.u ? cornersOf(bus, up.u, down.u) : [];
          tracks.push({net, points: [[up.u, 0], ...turns, [down.u, length]], arrow: down.ends});
        }
  return {tracks, length};
}

function cornersOf(bus, up, down) {
  const v = FIRST + NEXT * bus.level;
  if (!bus.rest) return [[up, v], [down, v]];
  const w = FIRST + NEXT * bus.rest.level;
  return [[up, v], [bus.way, v], [bus.way, w], [down, w]];
}

function busesOf(joint, nets) {
  const buses = [], ending = new Map();
  for (const net of nets) {
    const ups = joint.ups.get(net).map(p => p.u), downs = joint.downs.get(net).map(p => p.u);
    const only = downs.length === 1 && joint.downs.get(net)[0].ends ? downs[0] : null;
    if (only !== null && ending.has(only)) {
      const bus = ending.get(only);
      bus.nets.push(net);
      bus.ups.push(...ups);
      continue;
    }
    const bus = {nets: [net], ups, downs, level: -1, way: 0, rest: null};
    buses.push(bus);
    if (only !== null) ending.set(only, bus);
  }
  return buses;
}

const touchBus = (a, b) => a.low - APART < b.high && b.low - APART < a.high;

function crossings(above, below) {
  const inside = (u, bus) => bus.low < u && u < bus.high;
  return below.ups.filter(u => inside(u, above)).length + above.downs.filter(u => inside(u, below)).length;
}

function measureBus(bus, ...ways) {
  bus.low = Math.min(...bus.ups, ...bus.downs, ...ways);
  bus.high = Math.max(...bus.ups, ...bus.downs, ...ways);
}

function setLevels(buses, beside) {
  for (const bus of buses) measureBus(bus);
  const ends = buses.flatMap(bus => [...bus.ups, ...bus.downs]);
  const placed = [];
  let count = 0;
  new Order(buses.filter(bus => bus.low !== bus.high), ends, beside).give((bus, before) => {
    let least = 0;
    for (const a of before) least = Math.max(least, a.level + 1);
    const levels = new Set(placed.filter(a => touchBus(a, bus)).map(a => a.level));
    while (levels.has(least)) least++;
    bus.level = least;
    count = Math.max(count, least + 1);
    placed.push(bus);
  });
  return count;
}

class Order {
  constructor(buses, ends, beside) {
    this.buses = [...buses].sort((a, b) => a.low - b.low || a.high - b.high);
    this.ends = ends; this.beside = beside; this.taken = null;
    const ups = this.buses.flatMap((bus, at) => bus.ups.map(u => [u, at])).sort((a, b) => a[0] - b[0]);
    const firstNot = test => {  // where a test of places no longer holds
      let low = 0, high = ups.length;
      while (low < high) { const at = (low + high) >> 1; if (test(ups[at][0])) low = at + 1; else high = at; }
      return low;
    };
    this.before = this.buses.map((bus, at) => {
      const found = new Set();
      for (const down of bus.downs)
        for (let i = firstNot(u => u <= down - APART), end = firstNot(u => u < down + APART); i < end; i++)
          if (ups[i][1] !== at) found.add(ups[i][1]);
      return found;
    });
    this.after = this.buses.map(() => []);
    this.before.forEach((found, at) => { for (const other of found) this.after[other].push(at); });
    this.waits = this.before.map(found => found.size);
    this.half = new Map();
    this.more = null;
    if (this.buses.length > MOST_WEIGHED) return;
    this.more = this.buses.map(a => this.buses.map(b => a !== b && touchBus(a, b) ? crossings(a, b) - crossings(b, a) : 0));
  }

  moreOf(one, two) { return (this.more && this.more[one] && this.more[one][two]) || 0; }

  next(given) {
    const indices = this.waits.map((_, at) => at).filter(at => !given[at]);
    let best = -1, least = 0;
    for (const at of indices) {
      if (this.waits[at]) continue;
      const cost = this.more ? indices.reduce((sum, other) => sum + this.moreOf(at, other), 0) : 0;
      if (best < 0 || cost < least) { best = at; least = cost; }
    }
    return best;
  }

  give(take) {
    const given = [];
    let left = this.buses.length;
    while (left) {
      let at = this.next(given);
      if (at < 0) { at = this.cut(this.goingRound(this.waits.findIndex((_, at) => !given[at]), given)); left++; }
      const over = this.waits.map((_, other) => other).filter(other => given[other]
        && (this.before[at].has(other) || this.moreOf(other, at) < 0));
      given[at] = true;
      left--;
      take(this.buses[at], over.map(other => this.buses[other]));
      for (const after of this.after[at]) this.waits[this.half.has(after) ? this.half.get(after) : after]--;
    }
  }

  goingRound(at, given) {
    const way = [];
    while (!way.includes(at)) {
      way.push(at);
      at = Math.min(...[...this.before[at]].filter(other => !given[other]));
    }
    const size = at => this.buses[at].ups.length + this.buses[at].downs.length;
    return way.slice(way.indexOf(at)).reduce((a, b) => (size(b) - size(a) || b - a) < 0 ? b : a);
  }

  cut(at) {
    const bus = this.buses[at];
    bus.way = this.freePlace(bus.low, bus.high);
    const rest = bus.rest = {nets: bus.nets, ups: [], downs: bus.downs, level: -1, way: 0, rest: null};
    bus.downs = [];
    measureBus(bus, bus.way);
    measureBus(rest, bus.way);
    this.half.set(at, this.buses.length);
    this.buses.push(rest);
    this.before.push(new Set([...this.before[at], at]));
    this.waits.push(this.waits[at] + 1);
    this.before[at] = new Set();
    this.waits[at] = 0;
    this.after[at].push(this.half.get(at));
    this.after.push([]);
    return at;
  }

  freePlace(low, high) {
    this.taken = this.taken || [...this.ends, ...this.beside];
    const taken = this.taken.filter(u => low <= u && u <= high).sort((a, b) => a - b);
    let widest = 1;
    for (let at = 2; at < taken.length; at++)
      if (taken[at] - taken[at - 1] > taken[widest] - taken[widest - 1]) widest = at;
    const place = (taken[widest - 1] + taken[widest]) / 2;
    this.taken.push(place);
    return place;
  }
}

function turnedShape(shape, isDown) {
  const length = shape.length;
  const found = shapeOf(shape.right, shape.left, length);
  const [x, y, across, along] = shape.rect;
  const round = points => points.map(([u, v]) => [-u, length - v]);
  found.box = shape.box;
  found.sides = shape.sides;
  found.enters = -shape.enters;
  found.leaves = -shape.leaves;
  found.rect = [-x - across, length - y - along, across, along];
  found.tops = shape.tops.map(p => ({net: p.net, u: -p.u, ends: p.ends}));
  found.bots = shape.bots.map(p => ({net: p.net, u: -p.u}));
  found.wants = new Map([...shape.wants].map(([net, u]) => [net, -u]));
  found.parts = shape.parts.map(([u, v, part]) => [-u, length - v - part.length, turnedShape(part, isDown)]);
  found.tracks = shape.tracks.map(t => ({net: t.net, points: round(t.points), arrow: t.arrow}));
  found.chips = shape.chips.map(([net, u, v, across, along, text]) => [net, -u - across, length - v - along, across, along, text]);
  found.notes = shape.notes.map(([net, u, v, label, isBefore]) =>
    [net, -u, length - v - (isDown ? NOTE : label[1] + BESIDE), label, isBefore]);
  return found;
}

function uShape(u, cells, opened, isDown) {
  const down = new Composer(cells, opened, isDown), up = new Composer(cells, opened, isDown, null, true);
  const left = u.levels.map(level => down.entered(level[0]));
  const right = u.levels.map(level => turnedShape(up.entered(level[2], fromBelow(level, cells)), isDown));
  const bottom = down.entered(u.bottom);
  const ways = waysOf(u, left, right, bottom);
  if (!ways) return null;
  const [us, vs, rus, rvs, place] = placeArms(u, left, right, bottom, ways);
  return joinedU(u, left.map((s, at) => [us[at], vs[at], s]), right.map((s, at) => [rus[at], rvs[at], s]), bottom, ways, place);
}

function fromBelow([, nets, up], cells) {
  const found = new Map(), first = up[1][0];
  if (first[0] !== "item") return found;
  for (const other of cells.get(first[1]).ins) if (!nets.includes(other)) found.set(other, 0);
  return found;
}

function waysOf(u, left, right, bottom) {
  const line = [...left, bottom, ...[...right].reverse()];
  const across = new Set(u.levels.flatMap(level => level[1]));
  const found = [];
  for (let at = 0; at < line.length - 1; at++) {
    const came = new Set(line[at + 1].tops.map(p => p.net));
    if (at >= left.length) for (const net of across) came.delete(net);
    const nets = [...new Set(line[at].bots.map(p => p.net))].filter(net => came.has(net));
    if (nets.length !== 1) return null;
    found.push(nets[0]);
  }
  return found;
}

const outOf = (shape, net) => shape.bots.find(p => p.net === net).u;
const endsAt = (shape, net) => shape.tops.some(p => p.ends && p.net === net);

function heightOf(shape, count) {
  const [, v, first] = shape.parts[0];
  return first.sides ? v + first.rect[1] + (first.rect[3] - apartOf(shape, count) * (count - 1)) / 2 : shape.length + LAST;
}

function apartOf(shape, count) {
  const first = shape.parts[0][2];
  return Math.min(first.sides && count > 1 ? (first.rect[3] - FIRST) / (count - 1) : NEXT, NEXT);
}

function placeArms(u, left, right, bottom, ways) {
  const depth = left.length, us = [0];
  for (let at = 1; at < depth; at++)
    us.push(us[at - 1] + outOf(left[at - 1], ways[at - 1]) - left[at].wants.get(ways[at - 1]));
  let rus = [-right[depth - 1].wants.get(ways[depth])];
  for (let at = depth - 2; at >= 0; at--) {
    const net = ways[2 * depth - 1 - at];
    rus.push(rus[rus.length - 1] + outOf(right[at + 1], net) - right[at].wants.get(net));
  }
  rus.reverse();
  const reach = Math.max(...left.map((s, at) => us[at] + s.right));
  const nearest = Math.min(...right.map((s, at) => rus[at] - s.left));
  const enters = bottom.wants.get(ways[depth - 1]);
  const place = Math.max(reach + BETWEEN - nearest, 2 * (bottom.right - enters) + BETWEEN);
  rus = rus.map(u => place + u);
  const vs = [], rvs = [];
  let v = 0, room = -Infinity;
  left.forEach((shape, at) => {
    const other = right[at], count = u.levels[at][1].length;
    let top = v + shape.length + FIRST - heightOf(other, count);
    v += Math.max(room - top, 0);
    top = Math.max(top, room);
    vs.push(v);
    rvs.push(top);
    const more = NEXT * (count - 1);
    room = top + other.length + STRAIGHT + (other.parts[0][2].sides ? 0 : LAST + FIRST + more);
    v += shape.length + FIRST + LAST + more;
  });
  return [us, vs, rus, rvs, place / 2 - enters];
}

function joinedU(u, parts, rising, bottom, ways, place) {
  const depth = parts.length, whole = shapeOf(0, 0, 0);
  const add = (net, points, arrow) => whole.tracks.push({net, points, arrow});
  for (let at = 1; at < depth; at++) {
    const [[u0, v0, one], [, v1, two]] = [parts[at - 1], parts[at]];
    const x = u0 + outOf(one, ways[at - 1]);
    add(ways[at - 1], [[x, v0 + one.length], [x, v1]], endsAt(two, ways[at - 1]));
  }
  const [u0, v0, one] = parts[depth - 1], [u1, v1, first] = rising[depth - 1];
  let net = ways[depth - 1];
  const end = v0 + one.length;
  const nets = u.levels[depth - 1][1], count = nets.length;
  const turn = end + FIRST + (nets.includes(net) ? nets.indexOf(net) * apartOf(first, count) : NEXT * count);
  const begin = Math.max(end + FIRST + NEXT * count + LAST, v1 + first.length + STRAIGHT);
  let x = u0 + outOf(one, net), y = place + bottom.wants.get(net);
  add(net, [[x, end], [x, turn], [y, turn], [y, begin]], endsAt(bottom, net));
  net = ways[depth];
  const low = begin + bottom.length + FIRST;
  x = place + outOf(bottom, net);
  y = u1 + first.wants.get(net);
  add(net, [[x, low - FIRST], [x, low], [y, low], [y, v1 + first.length]], endsAt(first, net));
  for (let at = 0; at < depth - 1; at++) {
    const [[, above, upper], [side, v, lower]] = [rising[at], rising[at + 1]];
    net = ways[2 * depth - 1 - at];
    x = side + outOf(lower, net);
    add(net, [[x, v], [x, above + upper.length]], endsAt(upper, net));
  }
  u.levels.forEach(([, nets], at) => acrossU(nets, parts[at], rising[at], add));
  return enclosingU([...parts, [place, begin, bottom], ...rising], low, whole);
}

function acrossU(nets, [u0, v0, source], [u1, v1, target], add) {
  const [fu, , first] = target.parts[0];
  const end = v0 + source.length, low = v1 + target.length, apart = apartOf(target, nets.length);
  nets.forEach((net, at) => {
    const x = u0 + outOf(source, net), turn = end + FIRST + apart * at, y = u1 + (target.wants.get(net) || 0);
    if (first.sides) add(net, [[x, end], [x, turn], [u1 + fu + first.rect[0], turn]], true);
    else add(net, [[x, end], [x, turn], [y, turn], [y, low]], endsAt(target, net));
  });
}

function enclosingU(parts, low, whole) {
  const top = Math.min(...parts.map(([, v]) => v));
  whole.parts = parts.map(([u, v, shape]) => [u, v - top, shape]);
  whole.tracks = moved(whole.tracks, 0, -top);
  whole.left = Math.max(...parts.map(([u, , shape]) => shape.left - u));
  whole.right = Math.max(...parts.map(([u, , shape]) => shape.right + u));
  whole.length = Math.max(low, ...parts.map(([, v, shape]) => v + shape.length)) - top + FIRST;
  return whole;
}

function flatten(shape, isDown, margin) {
  const placed = {boxes: [], tracks: [], notes: [], chips: []};
  const pending = [[margin + shape.left, margin, shape]];
  const at = (u, v) => isDown ? [u, v] : [v, u];
  while (pending.length) {
    const [u, v, part] = pending.pop();
    if (part.box >= 0) {
      const [x, y, across, along] = part.rect;
      placed.boxes.push([part.box, ...at(u + x, v + y), ...at(across, along)]);
    }
    for (const t of part.tracks)
      placed.tracks.push({net: t.net, points: t.points.map(([a, b]) => at(u + a, v + b)), arrow: t.arrow});
    for (const [net, a, b, label, isBefore] of part.notes) placed.notes.push([net, ...at(u + a, v + b), label, isBefore]);
    for (const [net, a, b, across, along, text] of part.chips)
      placed.chips.push([net, ...at(u + a, v + b), ...at(across, along), text]);
    for (let i = part.parts.length - 1; i >= 0; i--) {
      const [a, b, inner] = part.parts[i];
      pending.push([u + a, v + b, inner]);
    }
  }
  return placed;
}

if (typeof module !== "undefined") module.exports = {Composer, flatten};
