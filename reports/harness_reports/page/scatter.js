// Scores of two methods, image by image.

const SVG = "http://www.w3.org/2000/svg", SIDE = 340, EDGE = 48;

function draw(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

class Scatter {
  constructor(root) {
    this.root = root;
    this.data = JSON.parse(document.getElementById(root.dataset.scatter + "-scatter").textContent);
    this.find = (selector) => root.querySelector(selector);
    const methods = this.data.methods.map((name, value) => new Option(name, value));
    this.find(".across").append(...methods);
    this.find(".up").append(...methods.map((option) => option.cloneNode(true)));
    this.find(".metric").append(...this.data.metrics.map((metric, value) => new Option(metric.name, value)));
    [this.find(".across").value, this.find(".up").value] = this.data.shown;
    for (const select of root.querySelectorAll("select")) select.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const metric = this.data.metrics[this.find(".metric").value];
    const [across, up] = [".across", ".up"].map((name) => Number(this.find(name).value));
    const points = this.data.images
      .map((image, at) => ({ image, x: metric.values[across][at], y: metric.values[up][at] }))
      .filter((point) => point.x !== null && point.y !== null);
    const all = points.flatMap((point) => [point.x, point.y]);
    const low = Math.min(...all), high = Math.max(...all), room = (high - low) * 0.05 || 1;
    const scale = (value) => EDGE + (SIDE - EDGE) * (value - low + room) / (high - low + 2 * room);
    const names = [across, up].map((at) => this.data.methods[at]);
    const picture = draw("svg", { viewBox: `0 0 ${SIDE + 8} ${SIDE + 8}`, role: "img", "aria-label": `${metric.name} of ${names[1]} against ${names[0]}, ${points.length} images` });
    picture.append(draw("path", { d: `M${EDGE} 4V${SIDE - EDGE + 4}H${SIDE + 4}` }));
    const flip = (value) => SIDE + 4 - scale(value);
    picture.append(draw("line", { x1: EDGE, y1: SIDE - EDGE + 4, x2: SIDE, y2: 4, "stroke-dasharray": "4 4" }));
    for (const value of all.length ? [low, high] : []) {
      picture.append(draw("text", { x: scale(value), y: SIDE - EDGE + 20, "text-anchor": "middle" }, value.toFixed(metric.decimals)));
      picture.append(draw("text", { x: EDGE - 4, y: flip(value) + 4, "text-anchor": "end" }, value.toFixed(metric.decimals)));
    }
    picture.append(draw("text", { x: (SIDE + EDGE) / 2, y: SIDE - 8, "text-anchor": "middle" }, names[0].slice(0, 48)));
    picture.append(draw("text", { x: 12, y: (SIDE - EDGE) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(SIDE - EDGE) / 2})` }, names[1].slice(0, 48)));
    for (const point of points) {
      const circle = draw("circle", { cx: scale(point.x), cy: flip(point.y), r: 4 });
      circle.append(draw("title", {}, `${point.image}: ${point.x.toFixed(metric.decimals)}, ${point.y.toFixed(metric.decimals)}`));
      circle.addEventListener("click", () => this.point(point.image));
      picture.append(circle);
    }
    this.find(".canvas").replaceChildren(picture);
    const better = points.filter((point) => (metric.higher ? point.y > point.x : point.y < point.x)).length;
    this.find(".said").textContent = `${names[1]} is better on ${better} of ${points.length} images.`;
  }

  point(image) {
    const gallery = galleries.get(this.root.dataset.scatter);
    const found = gallery && gallery.chooseByName(image);
    this.find(".said").textContent = found ? `${image} is shown above.` : `${image}: it is not among the pictures above.`;
  }
}

for (const root of document.querySelectorAll("[data-scatter]")) new Scatter(root);
