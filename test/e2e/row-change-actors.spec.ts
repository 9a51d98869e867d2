import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { storeContextKey } from '../support/context-scene.js';
import { startCommerce, type Commerce } from '../support/commerce/start-commerce.js';
import { eventually } from '../support/eventually.js';

interface FullEvent {
  readonly type: string;
  readonly actor: { readonly type: string; readonly id?: string };
  readonly details: object;
  readonly metadata: { readonly operationId?: string };
}

const KEY = 'a context key of the reference app';

describe('the reference application with AUDIT_ROW_CHANGES and AUDIT_CONTEXT_KEY_FILE', () => {
  let commerce: Commerce;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-context-'));
    const file = join(folder, 'context.key');
    await writeFile(file, KEY);
    commerce = await startCommerce({ AUDIT_ROW_CHANGES: 'true', AUDIT_CONTEXT_KEY_FILE: file });
    await storeContextKey(commerce, 'e2e', KEY);
  });
  afterAll(async () => {
    await commerce.close();
    await rm(folder, { recursive: true });
  });

  it('names who changed a row, and by which operation', async () => {
    const product = { sku: 'pen-1', name: 'Pen', priceCents: 150 };
    const { body } = await commerce.admin.send<{ id: string }>('POST', '/products', product);
    const eventsOf = async (filter: string): Promise<readonly FullEvent[]> =>
      (await commerce.admin.events(filter)) as unknown as readonly FullEvent[]; // as the API shows an event
    const [change] = await eventually(async () => {
      const found = await eventsOf(`type=row_inserted&resourceId=${body.id}`);
      return found.length > 0 && found;
    });
    const id = change?.metadata.operationId;
    expect(id).toEqual(expect.any(String));
    const [operation] = await eventually(async () => {
      const found = (await eventsOf('outcome=success')).filter(({ metadata }) => metadata.operationId === id);
      const others = found.filter(({ type }) => !type.startsWith('row_'));
      return others.length > 0 && others;
    });
    expect(change?.actor).toMatchObject({ type: operation?.actor.type, id: operation?.actor.id });
    expect(change?.details).not.toHaveProperty('unattributed');
  });
});
