import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import { encodeEntry, sealFacts } from '../../src/monitoring/proof/sealing/seal-event.js';
import { encodeBundle } from '../../src/monitoring/proof/log/tiles/entry-bundle.js';
import { newTiles } from './new-tiles.js';
import { formatTilePath } from '../../src/monitoring/proof/log/tiles/tile-path.js';
import { toFacts, LEDGER_COLUMNS } from '../../src/monitoring/store/ledger-row.js';

type Row = Readonly<Record<string, unknown>>;

/** An auditor's download omits a bundle when one of its events is gone. `size` is the checkpoint to stop at. */
export async function writeLogFiles(
  client: pg.ClientBase,
  folder: string,
  size = Number.MAX_SAFE_INTEGER,
): Promise<readonly Uint8Array[]> {
  const events = await client.query<Row>(
    `SELECT event.* FROM audit_leaf leaf LEFT JOIN LATERAL (SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = leaf.event_id) event ON true
      WHERE leaf.index < $1 ORDER BY leaf.index`,
    [size],
  );
  const entries = events.rows.map((row) => {
    if (row.id === null) return new Uint8Array();
    const commitment = row.personal_commitment as Buffer | null; // the column's type
    return encodeEntry(sealFacts(toFacts(row), commitment?.toString('base64')));
  });
  const tiles = await client.query<{ level: number; index: string; hashes: Buffer }>('SELECT * FROM audit_tile');
  for (const { level, index, width } of newTiles(0, entries.length)) {
    const tile = tiles.rows.find((row) => row.level === level && Number(row.index) === index);
    await write(
      join(folder, formatTilePath({ level, index, width })),
      (tile?.hashes ?? Buffer.alloc(0)).subarray(0, 32 * width),
    );
    if (level > 0) continue;
    const bundle = entries.slice(index * 256, index * 256 + width).filter(({ length }) => length > 0);
    if (bundle.length < width) continue;
    await write(join(folder, formatTilePath({ level: 'entries', index, width })), encodeBundle(bundle));
  }
  const newest = 'SELECT note FROM audit_checkpoint WHERE size <= $1 ORDER BY size DESC LIMIT 1';
  const notes = await client.query<{ note: string }>(newest, [size]);
  await write(join(folder, 'checkpoint'), Buffer.from(notes.rows[0]?.note ?? ''));
  return entries;
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
