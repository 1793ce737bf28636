// better-auth with its API key plugin, in one of two modes: "installed" as its documentation has it, "fastest" with
// everything in this process's memory. Rate limiting is off in both: the default is ten requests a day and key.
import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import Database from "better-sqlite3";
import pg from "pg";

export const MODE = process.env.MODE;
export const memory = new Map();

const storage = {
  get: (key) => memory.get(key) ?? null,
  set: (key, value) => void memory.set(key, value),
  delete: (key) => void memory.delete(key),
};

function database(url) {
  if (url.startsWith("postgres")) return new pg.Pool({ connectionString: url });
  const file = new Database(url.replace("sqlite://", ""));
  file.pragma("journal_mode = WAL");
  file.pragma("synchronous = NORMAL");
  return file;
}

const fastest = { storage: "secondary-storage", deferUpdates: true };

export const auth = betterAuth({
  baseURL: "http://127.0.0.1",
  secret: "a benchmark has no secrets, only long strings",
  database: database(process.env.DATABASE_URL),
  emailAndPassword: { enabled: true },
  logger: { disabled: true },
  telemetry: { enabled: false },
  secondaryStorage: MODE === "fastest" ? storage : undefined,
  advanced: MODE === "fastest" ? { backgroundTasks: { handler: (task) => void task } } : {},
  plugins: [apiKey({ rateLimit: { enabled: false }, ...(MODE === "fastest" ? fastest : {}) })],
});
