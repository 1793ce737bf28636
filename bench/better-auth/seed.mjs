// node seed.mjs HOW_MANY FILE: migrates, makes keys, writes them one a line; beside them, what memory then holds.
import { writeFileSync } from "node:fs";
import { getMigrations } from "better-auth/db/migration";
import { auth, memory } from "./auth.mjs";

const OF_EACH = 10; // keys of one user: in memory each use rewrites the list of its user's
const [howMany, file] = [Number(process.argv[2]), process.argv[3]];
await (await getMigrations(auth.options)).runMigrations();
const users = (await auth.$context).internalAdapter;
const keys = [];
while (keys.length < howMany) {
  const user = await users.createUser({ name: "Ada", email: `ada${keys.length}@bench.example`, emailVerified: true });
  const some = Array.from({ length: OF_EACH }, () => auth.api.createApiKey({ body: { userId: user.id, name: "bench" } }));
  keys.push(...(await Promise.all(some)).map((made) => made.key));
}
writeFileSync(file, keys.join("\n") + "\n");
writeFileSync(`${file}.memory`, JSON.stringify([...memory]));
process.exit(0);
