// What comes along with a published page: files beside it, or elements of the file it stands in.

const elementOf = (id) => globalThis.document?.getElementById(id);

/** What publication/site.py says of them. @type {any} */
export const published = JSON.parse(elementOf("published")?.textContent ?? "{}");

/** Whether a part stands in the file of the page. */
export const hasPart = (name) => Boolean(elementOf(`part-${name}`));

/** The packed bytes of a part; `onBytes` hears how many have come. */
export async function part(name, onBytes = (_) => {}) {
  const element = elementOf(`part-${name}`);
  if (element) {
    const bytes = bytesOf(element.textContent);
    onBytes(bytes.length);
    return bytes.buffer;
  }
  const answer = await fetch(published.parts[name].address);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return new Response(answer.body.pipeThrough(counting(onBytes))).arrayBuffer();
}

/** Where a module can be loaded from. */
export async function moduleAddress(name) {
  const address = published.modules[name];
  if (address) return new URL(address, document.baseURI).href;
  // Not as a blob: from a disk, browsers take none for a module.
  const source = new TextDecoder().decode(await unzipped(await part(name)));
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** The bytes of a text in base64. */
export function bytesOf(text) {
  const found = atob(text);
  const bytes = new Uint8Array(found.length);
  for (let k = 0; k < found.length; k++) bytes[k] = found.charCodeAt(k); // many times Array.from
  return bytes;
}

/** Bytes that gzip packed. Fails for damaged ones, since it has a checksum. */
export function unzipped(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

const counting = (onBytes) => new TransformStream({
  transform(chunk, controller) {
    onBytes(chunk.length);
    controller.enqueue(chunk);
  },
});
