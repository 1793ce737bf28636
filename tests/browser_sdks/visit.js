// A customer's page: starts both SDKs as its setup says, and does what visitors do. What is left when the page is
// left, the SDKs send by beacons.
const setup = JSON.parse(document.getElementById("setup").textContent);
const products = { rum: window.DD_RUM, logs: window.DD_LOGS };
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function options({ address, kind, ...given }) {
  if (kind === "proxy") return { ...given, proxy: address };
  if (kind === "proxyUrl") return { ...given, proxyUrl: address };
  if (kind === "straight") {
    return { ...given, proxy: ({ path, parameters }) => `${address}${path}?${parameters}` };
  }
  if (kind === "function") {
    const onward = (path, parameters) => encodeURIComponent(`${path}?${parameters}`);
    return { ...given, proxy: ({ path, parameters }) => `${address}&ddforward=${onward(path, parameters)}` };
  }
  return given;
}

// Goes on until a request is full and sent. What is left is little then: what fills another one while the page ends is
// fetched, cut off, and by versions 4 and 5 asked for once more; nor have these two more than 64 KiB for a whole page.
async function fill(token, words, more) {
  const isFull = ({ url, text }) => url.includes(token) && (text === null || text.includes(`${words} 0`));
  for (let turn = 0; turn < 100 && !ledger.some(isFull); turn += 1) {
    more(`${words} ${turn}`, { turn });
    await pause(0);
  }
}

async function visit({ rum, logs }) {
  rum.init(options(setup.rum));
  logs.init(options(setup.logs));
  rum.startSessionReplayRecording?.();
  rum.addAction("opened the visit", { words: "Grüße, 訪問者 – ☕" });
  rum.addError(new Error("a plate broke"), { plates: 1 });
  logs.logger.info("Grüße, 訪問者 – ☕", { url: "https://shop.example/?a=1&b=%26" });
  await fetch("/visit.css").then((answer) => answer.text());
  document.getElementById("greeting").textContent = "Welcome back";
  for (let turn = 0; turn < 200 && !isRecorded; turn += 1) await pause(25);
  await fill(setup.rum.clientToken, "action", (words, context) => rum.addAction(words, context));
  await fill(setup.logs.clientToken, "line", (words, context) => logs.logger.info(words, context));
  rum.stopSessionReplayRecording(); // what is being packed while a page ends is lost, or sent twice by version 5
  logs.logger.warn("the last line");
  rum.addAction("the last action");
}

window.leave = () => location.assign("/away.html");
window.more = (count) => {
  for (let line = 0; line < count; line += 1) products.logs.logger.info(`one more ${line}`);
};
visit(products).then(() => document.documentElement.setAttribute("data-visited", "yes"));
