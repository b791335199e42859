// Pictures: one image at a time, by all methods at the same place and scale.

const LARGEST_ZOOM = 4; // as a power of two

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  Object.assign(element, attributes);
  element.append(...children);
  return element;
}

class Gallery {
  constructor(root) {
    this.root = root;
    this.data = JSON.parse(document.getElementById(root.dataset.gallery + "-gallery").textContent);
    this.at = 0;
    this.mode = "image";
    this.view = { zoom: 0, x: 0, y: 0 };
    this.find = (selector) => root.querySelector(selector);
    this.stage = this.find(".stage");
    this.fill();
    this.listen();
    this.show();
  }

  fill() {
    this.data.images.forEach((image, index) => {
      const picture = make("img", { src: image.thumbnail, alt: "", loading: "lazy" });
      const button = make("button", { type: "button" }, picture, image.name, make("small", { textContent: image.why }));
      button.addEventListener("click", () => this.choose(index));
      this.find(".strip").append(button);
    });
    for (const side of ["left", "right"]) {
      this.find("." + side).append(...this.data.sources.map((name, value) => new Option(name, value)));
    }
    this.find(".left").value = 0;
    this.find(".right").value = this.data.best;
    this.tiles = this.data.sources.map((name) => {
      const caption = make("figcaption", {}, name, make("small"));
      const figure = make("figure", {}, make("div", { className: "tile", tabIndex: 0, ariaLabel: name }), caption);
      figure.firstChild.setAttribute("role", "img");
      figure.dataset.method = name;
      this.find(".tiles").append(figure);
      return figure;
    });
  }

  listen() {
    for (const radio of this.root.querySelectorAll("[type=radio]")) {
      radio.addEventListener("change", () => { this.mode = radio.value; this.show(); });
    }
    for (const name of [".left", ".right"]) this.find(name).addEventListener("change", () => this.showStage());
    this.find(".split").addEventListener("input", (event) => this.root.style.setProperty("--split", event.target.value));
    this.find(".zoom").addEventListener("input", (event) => this.zoomTo(Number(event.target.value)));
    this.find(".reset").addEventListener("click", () => this.reset());
    const swap = this.find(".swap");
    const hold = (on) => () => this.stage.classList.toggle("swapped", on);
    swap.addEventListener("pointerdown", hold(true));
    for (const end of ["pointerup", "pointerleave", "pointercancel", "blur"]) swap.addEventListener(end, hold(false));
    for (const target of [swap, this.stage]) {
      target.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); hold(true)(); } });
      target.addEventListener("keyup", (event) => { if (event.key === " ") hold(false)(); });
    }
    for (const pane of [this.stage, ...this.tiles.map((figure) => figure.firstChild)]) this.listenTo(pane);
  }

  listenTo(pane) {
    pane.addEventListener("keydown", (event) => this.press(event));
    pane.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      this.zoomTo(this.view.zoom - Math.sign(event.deltaY) / 4);
    }, { passive: false });
    pane.addEventListener("pointerdown", (event) => {
      if (this.view.zoom === 0) return;
      pane.setPointerCapture(event.pointerId);
      let last = event;
      const move = (now) => {
        this.moveBy((now.clientX - last.clientX) / pane.clientWidth, (now.clientY - last.clientY) / pane.clientHeight);
        last = now;
      };
      pane.addEventListener("pointermove", move);
      for (const end of ["pointerup", "pointercancel"]) {
        pane.addEventListener(end, () => pane.removeEventListener("pointermove", move), { once: true });
      }
    });
  }

  press(event) {
    const step = 0.1;
    const keys = {
      ArrowLeft: () => this.moveBy(step, 0), ArrowRight: () => this.moveBy(-step, 0),
      ArrowUp: () => this.moveBy(0, step), ArrowDown: () => this.moveBy(0, -step),
      "+": () => this.zoomTo(this.view.zoom + 0.5), "=": () => this.zoomTo(this.view.zoom + 0.5),
      "-": () => this.zoomTo(this.view.zoom - 0.5), "0": () => this.reset(),
      ",": () => this.choose(this.at - 1), ".": () => this.choose(this.at + 1),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow") && this.view.zoom === 0) return; // the page scrolls
    event.preventDefault();
    keys[event.key]();
  }

  choose(index) {
    this.at = (index + this.data.images.length) % this.data.images.length;
    this.show();
    this.find(".strip").children[this.at].scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  chooseByName(name) {
    const index = this.data.images.findIndex((image) => image.name === name);
    if (index >= 0) this.choose(index);
    return index >= 0;
  }

  reset() { this.zoomTo(0); }

  zoomTo(zoom) {
    this.view.zoom = Math.min(LARGEST_ZOOM, Math.max(0, zoom));
    this.find(".zoom").value = this.view.zoom;
    this.moveBy(0, 0);
  }

  moveBy(x, y) { // in parts of the picture's size; the picture never leaves its frame
    const scale = 2 ** this.view.zoom, limit = (1 - 1 / scale) / 2;
    const within = (value) => Math.min(limit, Math.max(-limit, value));
    this.view.x = within(this.view.x + x / scale);
    this.view.y = within(this.view.y + y / scale);
    this.root.classList.toggle("zoomed", this.view.zoom > 0);
    this.root.style.setProperty("--zoom", scale);
    this.root.style.setProperty("--x", this.view.x);
    this.root.style.setProperty("--y", this.view.y);
  }

  picture(source) {
    const image = this.data.images[this.at], kept = image.pictures[source];
    const shown = kept && kept[this.mode];
    if (shown) return make("img", { src: shown, alt: `${this.data.sources[source]}, ${image.name}`, draggable: false });
    return make("div", { className: "absent", textContent: kept ? "nothing to show" : "not kept" });
  }

  show() {
    const image = this.data.images[this.at];
    this.root.style.setProperty("--ratio", image.width / image.height);
    [...this.find(".strip").children].forEach((button, index) => button.setAttribute("aria-pressed", index === this.at));
    this.tiles.forEach((figure, source) => {
      figure.firstChild.replaceChildren(this.picture(source));
      figure.lastChild.lastChild.textContent = image.scores[source];
    });
    for (const [name, mode] of [[".scale", "error"], [".residual-scale", "residual"]]) {
      const scale = this.find(name);
      if (scale) scale.hidden = this.mode !== mode;
    }
    this.showStage();
  }

  showStage() {
    this.find(".under").replaceChildren(this.picture(Number(this.find(".left").value)));
    this.find(".over").replaceChildren(this.picture(Number(this.find(".right").value)));
  }
}

const galleries = new Map();
const seen = new IntersectionObserver((entries) => { // pictures are unpacked when they come near
  for (const entry of entries.filter((each) => each.isIntersecting)) {
    seen.unobserve(entry.target);
    galleries.set(entry.target.dataset.gallery, new Gallery(entry.target));
  }
}, { rootMargin: "50%" });
for (const root of document.querySelectorAll("[data-gallery]")) seen.observe(root);
