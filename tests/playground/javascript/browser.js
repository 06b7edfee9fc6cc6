// What the page's modules need of a browser, as far as their logic goes. Nothing is drawn.

globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
globalThis.ImageData = class {
  constructor(width, height) {
    Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
  }
};
globalThis.location = { hash: "", pathname: "/page/", href: "http://127.0.0.1:1/page/" };
globalThis.history = {
  state: null, steps: 0,
  replaceState(state, _, address) {
    this.state = state;
    location.hash = address.startsWith("#") ? address : "";
    location.href = new URL(address, location.href).href;
  },
  pushState(...step) {
    this.steps += 1;
    this.replaceState(...step);
  },
};
