// Datadog's TypeScript client against a running server: every thing lives once, and no answer holds what the client
// does not know. SITE, API_KEY and APPLICATION_KEY say where and as whom; the keys are an admin's.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import datadog from "@datadog/datadog-api-client";

const { client, v1, v2 } = datadog;
const DAY = 86_400_000;
const { SITE, API_KEY, APPLICATION_KEY } = process.env;
const tag = `ts ${Date.now()}`;
const address = (letter) => `${letter}-${Date.now()}@ts.example`;
const figures = { steps: 0, answers: 0, failed: 0 };

function connected(authMethods, site = SITE) {
  const baseServer = new client.BaseServerConfiguration(site, {});
  const configuration = client.createConfiguration({ baseServer, authMethods });
  for (const name of ["validate", "listRoleTemplates", "anonymizeUsers"]) {
    configuration.unstableOperations[`v2.${name}`] = true;
  }
  return Object.fromEntries(
    Object.entries({
      keys: v2.KeyManagementApi,
      users: v2.UsersApi,
      roles: v2.RolesApi,
      accounts: v2.ServiceAccountsApi,
      audit: v2.AuditApi,
      organizations: v2.OrganizationsApi,
      validation: v1.AuthenticationApi,
      oldKeys: v1.KeyManagementApi,
    }).map(([name, Api]) => [name, watched(new Api(configuration))]),
  );
}

// The same object, with every answer read to its last value.
function watched(api) {
  return new Proxy(api, {
    get(target, name) {
      const found = target[name];
      if (typeof found !== "function" || String(name).endsWith("WithPagination")) return found?.bind?.(target) ?? found;
      return async (...given) => {
        const answer = await found.apply(target, given);
        figures.answers += 1;
        assert.deepEqual(unparsed(answer), [], `${String(name)}: unparsed`);
        return answer;
      };
    },
  });
}

function unparsed(value, place = "$") {
  if (value === null || typeof value !== "object") return [];
  if (value.constructor?.name === "UnparsedObject") return [place];
  const inside = Object.entries(value).flatMap(([name, part]) => unparsed(part, `${place}.${name}`));
  return inside.length || !value._unparsed ? inside : [place];
}

async function step(name, act) {
  figures.steps += 1;
  try {
    await act();
  } catch (error) {
    figures.failed += 1;
    console.error(`FAILED ${name}: ${error.code ?? ""} ${JSON.stringify(error.body) ?? error.message}`);
  }
}

async function refused(code, words, call) {
  const error = await call().then(
    () => assert.fail(`expected ${code}`),
    (caught) => caught,
  );
  assert.equal(error.code, code);
  assert.ok(JSON.stringify(error.body).includes(words), JSON.stringify(error.body));
}

async function all(pages) {
  const found = [];
  for await (const item of pages) found.push(item);
  assert.deepEqual(unparsed(found), []);
  return found;
}

const body = (type, attributes, more = {}) => ({ body: { data: { type, attributes, ...more } } });
const ids = (answer) => answer.data.map((row) => row.id);
const { keys, users, roles, accounts, audit, organizations, validation, oldKeys } = connected({
  apiKeyAuth: API_KEY,
  appKeyAuth: APPLICATION_KEY,
});

await step("validation", async () => {
  assert.equal((await validation.validate()).valid, true);
  assert.deepEqual((await keys.validate()).data.attributes.apiKeyScopes, []);
  assert.equal((await keys.validateAPIKey()).status, "ok");
});

await step("API keys", async () => {
  const made = (await keys.createAPIKey(body("api_keys", { name: tag }))).data;
  const apiKeyId = made.id;
  assert.equal(made.attributes.key.length, 32);
  const listed = await keys.listAPIKeys({ filter: tag, sort: "-created_at", include: "created_by,modified_by" });
  assert.deepEqual(ids(listed), [apiKeyId]);
  assert.equal(listed.included.length, 1);
  const read = (await keys.getAPIKey({ apiKeyId, include: "created_by" })).data.attributes;
  assert.deepEqual([read.key, read.dateLastUsed], [undefined, null]);
  const renamed = body("api_keys", { name: `${tag} b` }, { id: apiKeyId });
  assert.equal((await keys.updateAPIKey({ apiKeyId, ...renamed })).data.attributes.name, `${tag} b`);
  await keys.deleteAPIKey({ apiKeyId });
  await refused(404, "API key not found", () => keys.deleteAPIKey({ apiKeyId }));
});

await step("application keys", async () => {
  const asked = body("application_keys", { name: tag, scopes: ["user_access_read"] });
  const made = (await keys.createCurrentUserApplicationKey(asked)).data;
  const appKeyId = made.id;
  assert.equal(made.attributes.key.length, 40);
  assert.deepEqual(ids(await keys.listCurrentUserApplicationKeys({ filter: tag })), [appKeyId]);
  assert.equal((await keys.listApplicationKeys({ filter: tag, include: "owned_by" })).included.length, 1);
  assert.equal((await keys.getCurrentUserApplicationKey({ appKeyId })).data.attributes.key, undefined);
  assert.equal((await keys.getApplicationKey({ appKeyId, include: "owned_by" })).data.id, appKeyId);
  const unscoped = { appKeyId, ...body("application_keys", { scopes: null }, { id: appKeyId }) };
  assert.equal((await keys.updateCurrentUserApplicationKey(unscoped)).data.attributes.scopes, null);
  const scoped = { appKeyId, ...body("application_keys", { scopes: ["monitors_read"] }, { id: appKeyId }) };
  assert.deepEqual((await keys.updateApplicationKey(scoped)).data.attributes.scopes, ["monitors_read"]);
  await keys.deleteCurrentUserApplicationKey({ appKeyId });
  await refused(404, "Application key not found", () => keys.deleteApplicationKey({ appKeyId }));
});

await step("personal access tokens", async () => {
  const attributes = { name: tag, scopes: ["user_access_read"], expiresAt: new Date(Date.now() + DAY) };
  const made = (await keys.createPersonalAccessToken(body("personal_access_tokens", attributes))).data;
  const tokenId = made.id;
  assert.deepEqual(ids(await keys.listPersonalAccessTokens({ filter: tag, sort: "-created_at" })), [tokenId]);
  assert.equal((await keys.getPersonalAccessToken({ tokenId })).data.attributes.lastUsedAt, null);
  const bearer = connected({ AuthZ: { accessToken: made.attributes.key } });
  assert.equal((await bearer.users.getCurrentUser()).data.id, made.relationships.ownedBy.data.id);
  await refused(403, "Forbidden", () => bearer.keys.listAPIKeys());
  const renamed = body("personal_access_tokens", { name: `${tag} b` }, { id: tokenId });
  assert.equal((await keys.updatePersonalAccessToken({ tokenId, ...renamed })).data.attributes.name, `${tag} b`);
  await keys.revokePersonalAccessToken({ tokenId });
  await keys.revokePersonalAccessToken({ tokenId });
  await refused(404, "Access token not found", () => keys.getPersonalAccessToken({ tokenId }));
});

await step("roles and users", async () => {
  const role = (await roles.createRole(body("roles", { name: tag }))).data;
  const roleId = role.id;
  const user = (await users.createUser(body("users", { email: address("user"), name: tag }))).data;
  const userId = user.id;
  const permission = (await roles.listPermissions()).data.find((one) => one.attributes.name === "dashboards_read");
  const granted = { roleId, body: { data: { type: "permissions", id: permission.id } } };
  const held = { roleId, body: { data: { type: "users", id: userId } } };
  assert.deepEqual(ids(await roles.listRoles({ filter: tag })), [roleId]);
  assert.equal((await roles.getRole({ roleId })).data.attributes.userCount, 0);
  assert.ok(ids(await roles.addPermissionToRole(granted)).includes(permission.id));
  assert.ok(ids(await roles.listRolePermissions({ roleId })).includes(permission.id));
  assert.ok(!ids(await roles.removePermissionFromRole(granted)).includes(permission.id));
  assert.deepEqual(ids(await roles.addUserToRole(held)), [userId]);
  assert.deepEqual(ids(await roles.listRoleUsers({ roleId })), [userId]);
  assert.deepEqual(ids(await roles.removeUserFromRole(held)), []);
  const renamed = body("roles", { name: `${tag} b` }, { id: roleId });
  assert.equal((await roles.updateRole({ roleId, ...renamed })).data.attributes.name, `${tag} b`);
  const clone = (await roles.cloneRole({ roleId, ...body("roles", { name: `${tag} c` }) })).data;
  assert.ok((await roles.listRoleTemplates()).data.length > 0);
  const taken = body("roles", { name: `${tag} c` });
  await refused(409, "Another role already has this name", () => roles.createRole(taken));
  for (const gone of [roleId, clone.id]) await roles.deleteRole({ roleId: gone });
  await users.disableUser({ userId });
});

await step("users", async () => {
  const email = address("invited");
  const userId = (await users.createUser(body("users", { email, name: tag }))).data.id;
  assert.equal((await users.getUser({ userId })).data.attributes.status, "Pending");
  assert.ok((await all(users.listUsersWithPagination({ pageSize: 2 }))).length > 2);
  const renamed = body("users", { name: `${tag} b` }, { id: userId });
  assert.equal((await users.updateUser({ userId, ...renamed })).data.attributes.name, `${tag} b`);
  const invitation = { type: "user_invitations", relationships: { user: { data: { type: "users", id: userId } } } };
  const [sent] = (await users.sendInvitations({ body: { data: [invitation] } })).data;
  assert.equal((await users.getInvitation({ userInvitationUuid: sent.id })).data.relationships.user.data.id, userId);
  await users.deleteUserInvitations({ userId });
  assert.equal((await users.listUserOrganizations({ userId })).included.length, 1);
  assert.deepEqual((await users.listUserPermissions({ userId })).data, []);
  await refused(409, "already exists", () => users.createUser(body("users", { email })));
  await users.disableUser({ userId });
  await refused(404, "not found", () => users.disableUser({ userId }));
  assert.ok((await users.getCurrentUser()).included.length > 2);
});

await step("service accounts", async () => {
  const attributes = { email: address("robot"), name: tag, serviceAccount: true };
  const serviceAccountId = (await accounts.createServiceAccount(body("users", attributes))).data.id;
  const where = { serviceAccountId };
  const named = body("application_keys", { name: tag });
  const appKeyId = (await accounts.createServiceAccountApplicationKey({ ...where, ...named })).data.id;
  assert.deepEqual(ids(await accounts.listServiceAccountApplicationKeys(where)), [appKeyId]);
  const key = { ...where, appKeyId };
  assert.equal((await accounts.getServiceAccountApplicationKey(key)).data.attributes.scopes, null);
  await accounts.updateServiceAccountApplicationKey({ ...key, ...body("application_keys", { name: `${tag} b` }, { id: appKeyId }) });
  await accounts.deleteServiceAccountApplicationKey(key);
  const scoped = body("service_access_tokens", { name: tag, scopes: ["user_access_read"] });
  const tokenId = (await accounts.createServiceAccountAccessToken({ ...where, ...scoped })).data.id;
  assert.deepEqual(ids(await accounts.listServiceAccountAccessTokens(where)), [tokenId]);
  assert.ok(ids(await keys.listPersonalAccessTokens({ filterOwnedBy: [serviceAccountId] })).includes(tokenId));
  const token = { ...where, tokenId };
  assert.equal((await accounts.getServiceAccountAccessToken(token)).data.attributes.expiresAt, null);
  await accounts.updateServiceAccountAccessToken({ ...token, ...body("service_access_tokens", { name: `${tag} b` }, { id: tokenId }) });
  await accounts.revokeServiceAccountAccessToken(token);
  await users.disableUser({ userId: serviceAccountId });
});

await step("audit events", async () => {
  const hour = { filterFrom: new Date(Date.now() - DAY / 24), filterTo: new Date(Date.now() + 60_000) };
  assert.equal((await audit.listAuditLogs({ pageLimit: 2, ...hour })).data.length, 2);
  assert.ok((await all(audit.listAuditLogsWithPagination({ pageLimit: 5, ...hour }))).length > 5);
  const search = { filter: { from: "now-15m", to: "now", query: "*" }, page: { limit: 5 }, sort: "timestamp" };
  assert.ok((await all(audit.searchAuditLogsWithPagination({ body: search }))).length > 5);
  assert.ok((await audit.searchAuditLogs()).data.length > 0);
});

await step("the organization", async () => {
  const orgConfigName = "admin_only_invites";
  assert.ok((await organizations.listOrgConfigs()).data.length > 0);
  assert.equal((await organizations.getOrgConfig({ orgConfigName })).data.attributes.value, false);
  for (const value of [true, false]) {
    const changed = await organizations.updateOrgConfig({ orgConfigName, ...body("org_configs", { value }) });
    assert.equal(changed.data.attributes.value, value);
  }
  assert.equal((await organizations.listOrgs()).included.length, 1);
});

await step("the first version", async () => {
  const made = (await oldKeys.createAPIKey({ body: { name: `${tag} v1` } })).apiKey;
  assert.ok((await oldKeys.listAPIKeys()).apiKeys.some((one) => one.name === made.name));
  assert.equal((await oldKeys.getAPIKey({ key: made.key })).apiKey.key.slice(-4), made.key.slice(-4));
  await oldKeys.updateAPIKey({ key: made.key, body: { name: `${tag} v1b` } });
  await oldKeys.deleteAPIKey({ key: made.key });
});

await step("what the client does not know would be noticed", async () => {
  const strange = createServer((_request, response) => response.end('{"data":[{"id":"1","type":"wizards"}]}'));
  await new Promise((ready) => strange.listen(0, "127.0.0.1", ready));
  const apis = connected({ apiKeyAuth: "none" }, `http://127.0.0.1:${strange.address().port}`);
  await assert.rejects(apis.users.listUsers(), /listUsers: unparsed/);
  strange.close();
});

console.log(`${figures.steps} steps, ${figures.answers} answers checked, ${figures.failed} failed`);
process.exit(figures.failed ? 1 : 0);
