import { ApiClient } from '../api-client.js';
import type { CommerceCallers } from './route-case.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../reference-app.js';
import { createTestDatabase } from '../test-database.js';

/** The reference application on a database of its own, and who calls it. */
export interface Commerce extends CommerceCallers, Pick<ReferenceApp, 'app' | 'url' | 'logged'> {
  readonly databaseUrl: string;
  /** Of the superuser, to the same database. */
  readonly superuserUrl: string;
  close(): Promise<void>;
}

const CUSTOMER = { email: 'carol@example.com', password: 'carol has a secret', name: 'Carol' } as const;

/** Starts it; the administrator and the customer are logged in. */
export async function startCommerce(environment: Readonly<Record<string, string>> = {}): Promise<Commerce> {
  const database = await createTestDatabase();
  const { app, url, logged } = await startReferenceApp(database.url, environment);
  const [admin, customer, nobody] = [new ApiClient(url), new ApiClient(url), new ApiClient(url)];
  await admin.logIn(ADMIN.email, ADMIN.password);
  await customer.send('POST', '/auth/register', CUSTOMER);
  await customer.logIn(CUSTOMER.email, CUSTOMER.password);
  const close = async (): Promise<void> => {
    await app.close();
    await database.drop();
  };
  const { url: databaseUrl, superuserUrl } = database;
  return { admin, customer, nobody, app, url, logged, databaseUrl, superuserUrl, close };
}
