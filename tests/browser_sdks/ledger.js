// Loaded before any SDK: writes down what the page has Chromium send, so that the next page can still tell.
const ledger = [];
let isRecorded = false; // whether any of a replay has been packed
const REPLAY = 1; // the number that a packing worker knows it by, in all but the oldest version

function note(url, body) {
  ledger.push({ url: new URL(url, location).href, text: typeof body === "string" ? body : null });
  sessionStorage.setItem("ledger", JSON.stringify(ledger));
}

const { fetch: fetching, XMLHttpRequest: Requests } = window;
const beacon = navigator.sendBeacon.bind(navigator);
const { open, send } = Requests.prototype;

window.Worker = class extends window.Worker {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      isRecorded ||= data.type === "wrote" && (data.streamId ?? REPLAY) === REPLAY;
    });
  }
};
window.fetch = (address, options) => {
  if (options?.method === "POST") note(address, options.body);
  return fetching(address, options);
};
navigator.sendBeacon = (address, body) => {
  const isTaken = beacon(address, body);
  if (isTaken) note(address, body);
  return isTaken;
};
Requests.prototype.open = function opened(method, address, ...more) {
  this.address = address;
  return open.call(this, method, address, ...more);
};
Requests.prototype.send = function sent(body) {
  note(this.address, body);
  return send.call(this, body);
};
