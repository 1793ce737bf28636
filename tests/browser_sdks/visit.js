// A customer's page: starts both SDKs as its setup says, and does what visitors do. What is left when the page is
// left, the SDKs send by beacons.
const setup = JSON.parse(document.getElementById("setup").textContent);
const products = { rum: window.DD_RUM, logs: window.DD_LOGS };
// More than one request takes; yet not so much that Chromium has no room left for what is sent when the page is left:
// versions 4 and 5 hold on to all they have sent, and a page may hold 64 KiB.
const LINES = 51;
const ACTIONS = 30;

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

async function visit({ rum, logs }) {
  rum.init(options(setup.rum));
  logs.init(options(setup.logs));
  rum.startSessionReplayRecording?.();
  rum.addAction("opened the visit", { words: "Grüße, 訪問者 – ☕" });
  rum.addError(new Error("a plate broke"), { plates: 1 });
  logs.logger.info("Grüße, 訪問者 – ☕", { url: "https://shop.example/?a=1&b=%26" });
  for (let line = 0; line < LINES; line += 1) logs.logger.info(`line ${line}`, { line });
  for (let action = 0; action < ACTIONS; action += 1) rum.addAction(`action ${action}`, { action });
  document.getElementById("greeting").textContent = "Welcome back";
  await fetch("/visit.css").then((answer) => answer.text());
  await new Promise((resolve) => setTimeout(resolve, 300));
  logs.logger.warn("the last line");
  rum.addAction("the last action");
  if (!setup.replays) rum.stopSessionReplayRecording();
}

window.leave = () => location.assign("/away.html");
window.more = (count) => {
  for (let line = 0; line < count; line += 1) products.logs.logger.info(`one more ${line}`);
};
visit(products).then(() => document.documentElement.setAttribute("data-visited", "yes"));
