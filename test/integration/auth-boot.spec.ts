import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ApiClient, createTestDatabase, type TestDatabase } from '../support/index.js';
import { startReferenceApp, type ReferenceApp } from '../support/reference-app.js';

describe('the accounts at boot', () => {
  let database: TestDatabase;
  let output: string;
  const apps: ReferenceApp[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    output = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const app of apps.splice(0)) await app.close();
    await database.drop();
  });

  async function boot(environment: Record<string, string> = {}): Promise<string> {
    const variables = { ADMIN_EMAIL: 'Root@Example.com', ADMIN_PASSWORD: '', ...environment };
    const app = await startReferenceApp(database.url, variables);
    apps.push(app);
    return app.url;
  }

  const printed = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? 'none was printed';

  async function logInAsPrinted(url: string): Promise<ApiClient> {
    const client = new ApiClient(url);
    const email = printed(/shown only now: ([^,\s]+),/);
    expect(await client.logIn(email, printed(/password: (\S+)/))).toBe(200);
    return client;
  }
  async function me(url: string, { token }: ApiClient) {
    const client = new ApiClient(url);
    client.token = token;
    return client.send('GET', '/auth/me');
  }

  it('have one administrator, whose password is printed once, also when several instances start at once', async () => {
    // If both instances had one address, the unique index alone would ensure one administrator.
    const addresses = ['one@example.com', 'two@example.com'];
    const urls = await Promise.all(addresses.map((address) => boot({ ADMIN_EMAIL: address })));
    expect(output.match(/password: \S{24}$/gm)).toHaveLength(1);
    expect(await database.sql('SELECT roles FROM auth_user')).toEqual([{ roles: ['user', 'admin'] }]);
    const client = await logInAsPrinted(urls[0] ?? '');
    for (const url of urls) expect((await me(url, client)).status).toBe(200); // by one secret

    const person = { email: 'Root@Example.com', password: 'my own password', name: 'Eve' };
    expect((await client.send('POST', '/auth/register', person)).status).toBe(201);
    await database.sql(`UPDATE auth_user SET roles = ARRAY['user']`);
    output = '';
    await boot(); // by the address of somebody who has an account already
    expect(output).toBe('');
    expect(await database.sql(`SELECT 1 FROM auth_user WHERE 'admin' = ANY (roles)`)).toEqual([]);
  });
});
