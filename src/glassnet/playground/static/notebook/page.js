// What a notebook runs of the page: a frame around it, whose messages go to the kernel and back.

const WATCHED = 1000; // milliseconds
const SANDBOX = "allow-scripts allow-downloads allow-modals allow-popups";

function render({ model, el }) {
  const view = crypto.randomUUID();
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", SANDBOX);
  Object.assign(frame, { title: "glassnet", allow: "clipboard-write; fullscreen" });
  Object.assign(frame.style, { width: "100%", height: `${model.get("height")}px`, border: "0" });
  const post = (message, transfer = []) => frame.contentWindow?.postMessage(message, "*", transfer);

  const stop = () => post({ ended: "stopped" });
  const send = (message) => { try { model.send(message); } catch { stop(); } };

  const hearPage = ({ source, data }) => {
    if (source !== frame.contentWindow || source === null) return;
    if (data.ready) {
      const kept = model.get("kept");
      send({ open: view, returns: kept !== null });
      post({ opened: kept });
    } else if (data.command) {
      send({ command: data.command, view });
    } else if (data.keep) {
      model.set("kept", data.keep);
      model.save_changes();
    }
  };
  const hearKernel = (content, buffers) => {
    if (content.view !== view) return;
    if (content.page) frame.srcdoc = content.page;
    else if (content.ended) post({ ended: content.ended });
    else if (content.text !== undefined) post({ message: content.text });
    else {
      const { buffer, byteOffset, byteLength } = buffers[0];
      const message = buffer.slice(byteOffset, byteOffset + byteLength);
      post({ message }, [message]);
    }
  };
  const follow = () => { frame.style.colorScheme = isDark() ? "dark" : "light"; };
  const themes = new MutationObserver(follow);
  for (const node of [document.documentElement, document.body]) {
    themes.observe(node, { attributes: true });
  }
  addEventListener("message", hearPage);
  model.on("msg:custom", hearKernel);
  model.on("comm_live_update", stop); // said when the kernel is started again
  const watching = setInterval(() => { if (isStopped(model.widget_manager)) stop(); }, WATCHED);
  // While this stands in the notebook, the still picture that is saved with it does not.
  const style = document.createElement("style");
  style.textContent = `.glassnet-still-${model.get("still")} { display: none; }`;
  el.classList.add("glassnet-live");
  el.append(style, frame);
  follow();
  send({ page: view });
  return () => {
    themes.disconnect();
    removeEventListener("message", hearPage);
    model.off("msg:custom", hearKernel);
    model.off("comm_live_update", stop);
    clearInterval(watching);
    send({ left: view });
  };
}

/** Whether there is no kernel any more; where a notebook keeps that to itself, nobody knows. */
function isStopped(/** @type {any} */ { kernel } = {}) {
  return kernel === null || kernel?.isDisposed || kernel?.status === "dead";
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
