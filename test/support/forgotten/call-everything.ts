import { ApiClient } from '../api-client.js';
import { ADMIN } from '../reference-app.js';
import { TailReader } from '../tail-reader.js';
import { buildBody, type OpenApi } from './open-api.js';
import { OTTILIE, OTTILIES_TEXT } from './ottilie.js';

export interface Callers {
  readonly url: string;
  readonly api: OpenApi;
  readonly person: ApiClient;
  readonly personId: string;
  readonly admin: ApiClient;
}

/** An operator writes some of these texts on purpose. The other routes would end the account or a session too early. */
const LEFT_OUT = new Set([
  'POST /audit/erasures',
  'POST /audit/holds',
  'POST /audit/holds/{id}/release',
  'DELETE /audit/holds/{id}/release',
  'DELETE /me',
  'DELETE /admin/users/{id}',
  'POST /auth/logout',
]);

/** Settings, shops and products belong to nobody, so an administrator's texts about them may stay. */
const SAYS_NOTHING_OF_PERSONS = /^(?!.*(user|member|order))/;

/** The calls put the person's data wherever a client can write. Most calls are refused. */
export async function callEverything({ url, api, person, personId, admin }: Callers): Promise<number> {
  const { name, email, ip, password } = OTTILIE;
  const nobody = new ApiClient(url, { 'x-forwarded-for': ip });
  const ids = [personId, encodeURIComponent(email), encodeURIComponent(name)];
  let calls = 0;
  for (const [pattern, operations] of Object.entries(api.paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      if (LEFT_OUT.has(`${method.toUpperCase()} ${pattern}`)) continue;
      const { schema } = requestBody?.content?.['application/json'] ?? {};
      const queries = method === 'get' ? buildQueries(parameters) : [''];
      for (const id of pattern.includes('{') ? ids : ['']) {
        for (const client of [nobody, person, admin]) {
          const text = client === admin && SAYS_NOTHING_OF_PERSONS.test(pattern) ? 'Corner shop' : OTTILIES_TEXT;
          const body = buildBody(schema, api, { id: personId, email, text }) as object | undefined;
          for (const query of queries) {
            const path = pattern.replaceAll(/\{\w+\}/g, id) + query;
            if (pattern === TAIL) await followBriefly(url + path, client, email);
            else await client.send(method.toUpperCase(), path, body, { 'x-request-id': email }).catch(() => undefined);
            calls++;
          }
        }
      }
      if ((await person.send('GET', '/auth/me')).status !== 200) await person.logIn(email, password);
      if ((await admin.send('GET', '/auth/me')).status !== 200) await admin.logIn(ADMIN.email, ADMIN.password);
    }
  }
  return calls;
}

/** The route's answer ends only after minutes. */
const TAIL = '/audit/events/tail';

async function followBriefly(url: string, { token }: ApiClient, requestId: string): Promise<void> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const from = url.includes('q=') ? '&after=-1' : '';
  const tail = await TailReader.open(url + from, { ...authorization, 'x-request-id': requestId });
  if (tail.response.status === 200) await tail.untilPlace();
  tail.leave();
}

function buildQueries(parameters: readonly { readonly name: string; readonly in: string }[]): readonly string[] {
  const names = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
  const all = new URLSearchParams(Object.fromEntries(names.map((name) => [name, OTTILIES_TEXT])));
  return ['', `?${all.toString()}`, `?q=${encodeURIComponent(OTTILIE.email)}`];
}
