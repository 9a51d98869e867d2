import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

describe('the README', () => {
  let readme: string;
  let database: TestDatabase;
  let app: ReferenceApp;

  beforeAll(async () => {
    readme = await readFile('README.md', 'utf8');
    database = await createTestDatabase();
    const password = /ADMIN_PASSWORD='([^']+)' npm start/.exec(readme)?.[1] ?? '';
    app = await startReferenceApp(database.url, { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: password });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const block = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? '';

  it('has a walk-through that prints what it says', async () => {
    const script = block('bash').replace('http://localhost:3000', app.url);
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script]);

    expect(stdout.trimEnd().split('\n').slice(-8).join('\n')).toBe(block('text').trimEnd());
  });

  it('is at most two screens long, and links to what is there', async () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(110);
    for (const [, path] of readme.matchAll(/\]\(([^)#:]+)\)/g)) await stat(String(path));
  });
});
