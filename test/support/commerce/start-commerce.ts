import { ApiClient } from '../api-client.js';
import type { CommerceCallers } from './things.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../reference-app.js';
import { settled } from '../settled.js';
import { createTestDatabase } from '../test-database.js';

export interface Commerce extends CommerceCallers, Pick<ReferenceApp, 'app' | 'url' | 'logged'> {
  readonly customerId: string;
  readonly databaseUrl: string;
  readonly superuserUrl: string;
  settled(): Promise<number>;
  close(): Promise<void>;
}

const CUSTOMER = { email: 'carol@example.com', password: 'carol has a secret', name: 'Carol' } as const;

export async function registered(
  url: string,
  person: Readonly<Record<'email' | 'password' | 'name', string>>,
): Promise<{ readonly client: ApiClient; readonly id: string }> {
  const client = new ApiClient(url);
  const { body } = await client.send<{ id: string }>('POST', '/auth/register', person);
  await client.logIn(person.email, person.password);
  return { client, id: body.id };
}

export async function startCommerce(environment: Readonly<Record<string, string>> = {}): Promise<Commerce> {
  const database = await createTestDatabase();
  const { app, url, logged } = await startReferenceApp(database.url, environment);
  const [admin, nobody] = [new ApiClient(url), new ApiClient(url)];
  await admin.logIn(ADMIN.email, ADMIN.password);
  const { client: customer, id: customerId } = await registered(url, CUSTOMER);
  const close = async (): Promise<void> => {
    await app.close();
    await database.drop();
  };
  const { url: databaseUrl, superuserUrl } = database;
  return {
    ...{ admin, customer, customerId, nobody, app, url, logged, databaseUrl, superuserUrl, close },
    settled: () => settled(database),
  };
}
