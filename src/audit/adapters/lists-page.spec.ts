import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { AuditModule } from '../audit.module.js';
import { readFieldSafely } from '../event/read-safely.js';
import { REDACTED } from '../event/sensitive-names.js';
import { InMemoryAuditProvider } from '../testing/in-memory-audit.provider.js';
import { AuditTrail } from './audit-trail.service.js';

const ROW = /^\| `(\w+)` +\| `(\w+)` +\| (?:`(\w+)`)? *\| (.*?) *\|$/gm;

it('docs/reference/lists.md says where each name and context field of the lists is found', async () => {
  const rows = [...(await readFile('docs/reference/lists.md', 'utf8')).matchAll(ROW)];
  const imports = [AuditModule.forRoot({ maxFailuresPerMinute: false })];
  const module = await Test.createTestingModule({ imports, providers: [InMemoryAuditProvider] }).compile();
  await module.init();
  const memory = module.get(InMemoryAuditProvider);

  expect(new Set(rows.map(([, name]) => name)).size).toBe(186);
  for (const [index, [, name = '', type, field, places = '']] of rows.entries()) {
    memory.clear();
    const value = `value-${index}`;
    const context = field === undefined ? {} : { [field]: value };
    await module.get(AuditTrail).record(name, { userId: 'admin-1', context });
    const [event] = memory.events;
    expect(event?.type).toBe(type);
    // Of a log-in that failed, the account is the resource.
    expect([event?.actor.id, event?.resource?.id]).toContain('admin-1');
    const found = [...places.matchAll(/`([\w.]+)`/g)].map(([, path = '']) =>
      path.split('.').reduce<unknown>(readFieldSafely, event),
    );
    expect(found.length > 0).toBe(field !== undefined);
    for (const one of found) expect([value, REDACTED]).toContain(one);
  }
  await module.close();
});
