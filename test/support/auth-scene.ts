import { uuidv7 } from 'uuidv7';
import type { AuditEvent } from '../../src/audit/index.js';
import { joinPersonal, type PersonalPart } from '../../src/monitoring/proof/sealing/personal-part.js';
import { ApiClient, type Answer } from './api-client.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from './reference-app.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { settled } from './settled.js';

export const PASSWORD = 'correct horse battery staple';

interface StoredEvent {
  readonly type: string;
  readonly outcome: string;
  readonly severity: string;
  readonly reason: string | null;
  readonly actorId: string | null;
  readonly credentialId: string | null;
  readonly resource: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly changes: unknown;
}

export interface Seen<Body> extends Answer<Body> {
  readonly events: readonly StoredEvent[];
  readonly types: readonly string[];
}

/** Any body: a missing field fails where the test uses the field. */
export type AnyBody = Record<string, string>;

const EVENTS = `
  SELECT type, outcome, severity, reason, actor_id AS "actorId", credential_id AS "credentialId",
         resource_type || ' ' || coalesce(resource_id, '') AS resource, details, changes, personal
    FROM audit_event WHERE request_id = $1 ORDER BY id`;
function joined({ personal, ...facts }: Readonly<Record<string, unknown>>): StoredEvent {
  const parts = Object.entries((personal ?? {}) as PersonalPart).filter(([at]) => /^\/(details|changes)\//.test(at)); // its column
  return joinPersonal(facts as unknown as AuditEvent, Object.fromEntries(parts)) as unknown as StoredEvent; // as EVENTS selects them
}

const TABLES = `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`;

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly client: ApiClient;
}

export class AuthScene {
  private readonly secrets = new Set<string>([PASSWORD, ADMIN.password]);

  private constructor(
    readonly database: TestDatabase,
    readonly app: ReferenceApp,
  ) {}

  static async open(environment: Readonly<Record<string, string>> = {}): Promise<AuthScene> {
    const database = await createTestDatabase();
    return new AuthScene(database, await startReferenceApp(database.url, environment));
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }

  async send(client: ApiClient, method: string, path: string, body?: object): Promise<Seen<AnyBody>> {
    const { requestId, ...answer } = await this.call(client, method, path, body);
    const events = await this.eventsOf(requestId);
    return { ...answer, events, types: events.map(({ type }) => type) };
  }

  /** As `send`, but does not wait for the events to be sealed. */
  async call(
    client: ApiClient,
    method: string,
    path: string,
    body?: object,
  ): Promise<Answer<AnyBody> & { readonly requestId: string }> {
    const requestId = uuidv7();
    const answer = await client.send<AnyBody>(method, path, body, { 'x-request-id': requestId });
    this.noteSecrets(body ?? {});
    this.noteSecrets(answer.body);
    return { ...answer, requestId };
  }

  async eventsOf(requestId: string): Promise<readonly StoredEvent[]> {
    await settled(this.database);
    return (await this.sql(EVENTS, requestId)).map(joined);
  }

  anybody(): ApiClient {
    return new ApiClient(this.app.url);
  }

  async person(): Promise<Person> {
    const client = this.anybody();
    const email = `${uuidv7()}@example.com`;
    const { body } = await this.call(client, 'POST', '/auth/register', { email, password: PASSWORD, name: 'Ada' });
    await this.enter(client, email, PASSWORD);
    return { id: textOf(body, 'id'), email, client };
  }

  async logIn(client: ApiClient, email: string, password = PASSWORD): Promise<Seen<AnyBody>> {
    const answer = await this.send(client, 'POST', '/auth/login', { email, password });
    client.token = answer.body.accessToken;
    return answer;
  }

  async admin(): Promise<ApiClient> {
    const client = this.anybody();
    await this.enter(client, ADMIN.email, ADMIN.password);
    return client;
  }

  private async enter(client: ApiClient, email: string, password: string): Promise<void> {
    const { body } = await this.call(client, 'POST', '/auth/login', { email, password });
    client.token = body.accessToken;
  }

  sql(statement: string, ...values: unknown[]): Promise<readonly Record<string, unknown>[]> {
    return this.database.sql(statement, values);
  }

  async leaks(): Promise<string[]> {
    const places = new Map([['log', this.app.logged()]]);
    for (const { name } of await this.database.superuserSql(TABLES)) {
      const table = String(name);
      const [row] = await this.database.superuserSql(`SELECT string_agg(t::text, ' ') AS text FROM "${table}" t`);
      places.set(table, String(row?.text));
    }
    const leaked: string[] = [];
    for (const [place, text] of places) {
      for (const secret of this.secrets) if (text.includes(secret)) leaked.push(`${place}: ${secret}`);
    }
    return leaked;
  }

  private noteSecrets(body: object): void {
    for (const [name, value] of Object.entries(body) as [string, unknown][]) {
      if (!/password|token|key$|code|secret|uri/i.test(name)) continue;
      for (const secret of [value].flat())
        if (typeof secret === 'string' && secret.length > 7) this.secrets.add(secret);
    }
  }
}

export function textOf(body: AnyBody, name: string): string {
  const text = body[name];
  if (typeof text === 'string') return text;
  throw new Error(`The answer has no text "${name}": ${JSON.stringify(body)}`);
}
