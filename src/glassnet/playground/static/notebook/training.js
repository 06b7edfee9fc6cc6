// What a notebook runs of a training that is watched: its picture, where it is, and a stop button.

function render({ model, el }) {
  const picture = Object.assign(document.createElement("img"), { alt: "The training so far" });
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  const stop = Object.assign(document.createElement("button"), { textContent: "Stop" });
  const show = () => {
    picture.src = model.get("picture");
    status.textContent = model.get("text");
    stop.hidden = model.get("ended");
    picture.style.colorScheme = isDark() ? "dark" : "light";
  };
  stop.onclick = () => model.send({ stop: true });
  model.on("change", show);
  // While this stands in the notebook, the still picture that is saved with it does not.
  const style = document.createElement("style");
  style.textContent = `.glassnet-still-${model.get("still")} { display: none; }`;
  el.classList.add("glassnet-live");
  // The button stands above the picture, whose changes would move it away under a pointer.
  el.append(style, status, stop, picture);
  show();
  return () => model.off("change", show);
}

/** Whether the notebook writes light on dark, in whatever way it names its colours. */
function isDark() {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = getComputedStyle(document.body).color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return 0.3 * red + 0.6 * green + 0.1 * blue > 127;
}

export default { render };
