import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { AuditEvent } from '../../event/audit-event.js';
import { SpillFolder } from './spill-folder.js';
import { encodeEvent } from './spill-line.js';
import { newSegmentName } from './spill-file.js';
import { SPILL_KEYS, SPILL_LINES } from '../../../../test/support/spilled.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

it('a link in the spill is set aside, and what it leads to is neither stored nor touched', async () => {
  const parent = await tempFolder('spill-');
  const path = join(parent, 'spill');
  const folder = new SpillFolder(path, { maxBytes: 1024 * 1024, keys: SPILL_KEYS });
  await folder.prepare();
  const line = encodeEvent(SPILL_LINES, 'memory', { id: 'e-1', schemaVersion: 1, type: 'order_created' } as AuditEvent); // the spill reads only these fields
  await writeFile(join(parent, 'elsewhere'), line);
  await symlink(join(parent, 'elsewhere'), join(path, newSegmentName('memory')));
  const offered: AuditEvent[] = [];

  const summary = await folder.replay('memory', (events) => {
    offered.push(...events);
    return Promise.resolve({ done: true, dead: [] });
  });

  expect(offered).toEqual([]);
  expect(summary).toMatchObject({ replayed: 0, corrupt: 1 });
  expect(await readFile(join(parent, 'elsewhere'), 'utf8')).toBe(line);
  await rm(parent, { recursive: true });
});
