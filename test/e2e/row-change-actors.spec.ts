import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { storeContextKey } from '../support/context-scene.js';
import { ApiClient, eventually, closeAfterTests, tempFolder, testDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';

interface FullEvent {
  readonly type: string;
  readonly actor: { readonly type: string; readonly id?: string };
  readonly details: object;
  readonly metadata: { readonly operationId?: string };
}

const KEY = 'a context key of the reference app';

const folder = await tempFolder('audit-context-');
const file = join(folder, 'context.key');
await writeFile(file, KEY);
const database = await testDatabase();
const environment = { AUDIT_ROW_CHANGES: 'true', AUDIT_CONTEXT_KEY_FILE: file };
const { url } = await closeAfterTests(startReferenceApp(database.url, environment));
await storeContextKey(database, 'e2e', KEY);
const admin = new ApiClient(url);
await admin.logIn(ADMIN.email, ADMIN.password);

it('the reference application with AUDIT_ROW_CHANGES and AUDIT_CONTEXT_KEY_FILE names who changed a row, and by which operation', async () => {
  const product = { sku: 'pen-1', name: 'Pen', priceCents: 150 };
  const { body } = await admin.send<{ id: string }>('POST', '/products', product);
  const readEvents = async (filter: string): Promise<readonly FullEvent[]> =>
    (await admin.events(filter)) as unknown as readonly FullEvent[]; // as the API shows an event
  const [change] = await eventually(async () => {
    const found = await readEvents(`type=row_inserted&resourceId=${body.id}`);
    return found.length > 0 && found;
  });
  const id = change?.metadata.operationId;
  expect(id).toEqual(expect.any(String));
  const [operation] = await eventually(async () => {
    const found = (await readEvents('outcome=success')).filter(({ metadata }) => metadata.operationId === id);
    const others = found.filter(({ type }) => !type.startsWith('row_'));
    return others.length > 0 && others;
  });
  expect(change?.actor).toMatchObject({ type: operation?.actor.type, id: operation?.actor.id });
  expect(change?.details).not.toHaveProperty('unattributed');
});
