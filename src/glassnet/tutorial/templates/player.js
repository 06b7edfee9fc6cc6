// The slider shows another frame of the one image that holds them all.
const frames = JSON.parse(document.getElementById("frames").textContent);
const slider = document.querySelector(".player input");
const show = () => {
  const k = Number(slider.value), [epoch, loss] = frames[k];
  document.querySelector(".player .cells").style.backgroundPositionY =
    frames.length > 1 ? `${100 * k / (frames.length - 1)}%` : "0";
  document.querySelector(".player output").textContent =
    `after ${epoch} epoch${epoch === 1 ? "" : "s"}`
    + (loss === null ? "" : `, loss ${loss.toPrecision(4)}`);
};
slider.addEventListener("input", show);
show();
for (const answer of document.querySelectorAll("details.answer"))
  addEventListener("beforeprint", () => { answer.open = true; });
