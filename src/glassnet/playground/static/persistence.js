// What a tab keeps over being loaded anew: where it was, even if that is too much for an address.

const NAME = "glassnet";

/** Keep a state for as long as the address stays as it is. */
export function remember(state) {
  // Without a story in the address there is nothing that the server would not begin with.
  if (location.hash === "") { sessionStorage.removeItem(NAME); return; }
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ ...state, hash: location.hash }));
  } catch { sessionStorage.removeItem(NAME); } // there is no room: the address must do
}

/** The state that was kept for this address, or null. */
export function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME));
    return kept?.hash === location.hash ? kept : null;
  } catch { return null; }
}
