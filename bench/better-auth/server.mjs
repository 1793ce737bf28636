// Two processes that answer 200 to a good key in X-API-Key, 401 to any other.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { auth, memory, MODE } from "./auth.mjs";

const GOOD = Buffer.from('{"outcome":"valid"}');
const BAD = Buffer.from('{"outcome":"unknown"}');

async function answer(request, response) {
  const { valid } = await auth.api.verifyApiKey({ body: { key: request.headers["x-api-key"] ?? "" } });
  const body = valid ? GOOD : BAD;
  response.writeHead(valid ? 200 : 401, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  process.on("SIGTERM", () => {
    workers.forEach((worker) => worker.process.kill("SIGTERM"));
    process.exit(0);
  });
} else {
  if (MODE === "fastest") {
    for (const [key, value] of JSON.parse(readFileSync(process.env.MEMORY, "utf8"))) memory.set(key, value);
  }
  createServer(answer).listen(Number(process.env.PORT), "127.0.0.1");
}
