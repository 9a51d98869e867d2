import { appendFile, copyFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import type { AuditEvent } from '../../../src/audit/index.js';
import { lockActs } from '../../../src/monitoring/keep/acts/store-act.js';
import { generateKeyPair } from '../../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey } from '../../../src/monitoring/proof/log/notes/note-signer.js';
import { parseNote, signNote } from '../../../src/monitoring/proof/log/notes/signed-note.js';
import type { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { RETENTION } from '../../../src/monitoring/store/ledger-roles.js';
import { RETENTION_LIMITS } from '../../../src/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../../../src/monitoring/store/sessions/ledger-session.js';
import { storeEvents } from '../../support/stored-events.js';
import { placeHold, releaseHold } from '../../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import { signErased } from '../../../src/monitoring/keep/lifecycle/erasure/sign-erased.js';
import { freshKeyFile, runSql, sampleEvent, tempFolder, withClient } from '../../support/index.js';
import { addEvents, makeSequencer, makeSigner, SAMPLE_RULES } from '../../support/log-scene.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { addEventsAt, makeArchives, policyBy, retireWith } from '../../support/retention-scene.js';
import { writeLogFiles } from '../../support/serve-log-files.js';

export interface TamperScene {
  readonly database: TestDatabase;
  /** The array's index is the place of the event; retired events are included. */
  readonly ids: readonly string[];
  readonly at: {
    /** Neither at the edge of a tile nor of a checkpoint. */
    readonly middle: number;
    readonly impersonal: number;
    readonly erased: number;
    /** It went with other events of its month. */
    readonly retired: number;
    readonly late: number;
  };
  /** Oldest first. */
  readonly notes: readonly string[];
  /** An auditor kept this checkpoint; the ledger signed two after it. */
  readonly kept: { readonly note: string; readonly size: number };
  readonly size: number;
  /** The auditor was given the key of the first year. */
  readonly verifierKey: string;
  readonly signer: CheckpointSigner;
  readonly signingKey: string;
  readonly formerSigner: CheckpointSigner;
  readonly witnessKey: string;
  readonly holds: { readonly active: string; readonly released: string };
  /** `key`, `key.last`, `checkpoints`, `verifier.key`, `kept.note`, `archives/` and `log/`, as it is downloaded. */
  readonly folder: string;
  remove(): Promise<void>;
}

const WITNESS = 'witness.example';

export async function makeTamperScene(): Promise<TamperScene> {
  const database = await createTestDatabase();
  const folder = await tempFolder('audit-tamper-');
  const former = await makeSigner();
  const holds = await fillFirstYear(database, former, folder);
  const signer = await changeKeys(database, former);
  const kept = await newestNote(database);
  const witness = generateKeyPair(WITNESS, { type: 'cosignature' });
  await cosign(database, kept, witness.signingKey);
  await seal(database, signer, [150, 10]);
  await addWaiting(database);
  const leaves = await database.superuserSql('SELECT event_id, index::int FROM audit_leaf ORDER BY index');
  const ids = leaves.map(({ event_id: id }) => String(id));
  const rows = await database.superuserSql('SELECT note FROM audit_checkpoint ORDER BY size');
  const notes = rows.map(({ note }) => String(note));
  const findIndex = async (condition: string): Promise<number> => {
    const [row] = await database.superuserSql(
      `SELECT index::int FROM audit_leaf leaf JOIN audit_event event ON event.id = leaf.event_id WHERE ${condition} ORDER BY index LIMIT 1`,
    );
    if (row === undefined) throw new Error(`The scene has no event with ${condition}.`);
    return Number(row.index);
  };
  const [rowsRetired] = await database.superuserSql(
    `SELECT first_index::int AS first FROM audit_retirement WHERE kind = 'rows'`,
  );
  await withClient(database.superuserUrl, (client) => writeLogFiles(client, join(folder, 'log')));
  await copyFile(signer.lastSigned.path, join(folder, 'key.last'));
  await writeFile(join(folder, 'key'), `${await readSecret(signer)}\n`);
  await writeFile(join(folder, 'checkpoints'), notes.map((note) => `${note}\n`).join(''));
  await writeFile(join(folder, 'kept.note'), kept);
  await writeFile(join(folder, 'verifier.key'), `${former.verifierKey}\n`);
  const size = getSize(kept);
  return {
    database,
    ids,
    at: {
      middle: size - 60,
      impersonal: await findIndex(`actor_type = 'system' AND type = 'order_created'`),
      erased: await findIndex('personal_commitment IS NOT NULL AND personal_salt IS NULL'),
      retired: Number(rowsRetired?.first),
      late: size + 50,
    },
    notes,
    kept: { note: kept, size },
    size: getSize(notes.at(-1) ?? ''),
    verifierKey: former.verifierKey,
    signer,
    signingKey: await readSecret(signer),
    formerSigner: former,
    witnessKey: witness.verifierKey,
    holds,
    folder,
    remove: async () => {
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

async function fillFirstYear(
  database: TestDatabase,
  signer: CheckpointSigner,
  folder: string,
): Promise<TamperScene['holds']> {
  const { sequencer } = makeSequencer(database.url, signer);
  const session = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
  const over = await placeHold(session, { reason: 'case 16', tenantId: 'globex' }, 'counsel', signer);
  await withClient(database.url, async (client) => {
    await addEventsAt(client, '2026-01-10T12:00:00.000Z', 40);
    await addEventsAt(client, '2026-02-10T12:00:00.000Z', 3, { category: 'payment' });
    await addEventsAt(client, '2026-02-11T12:00:00.000Z', 60);
    await addEvents(client, 160); // so that the announcements of the retirements are in the second bundle
  });
  await sequencer.run();
  const active = await placeHold(session, { reason: 'case 17', actorId: 'u-held', until: '2099-01-01' }, 'eve', signer);
  await releaseHold(session, over.id, { by: 'judge', reason: 'settled' }, signer);
  await sequencer.run();
  const { archives, folder: written } = await makeArchives(signer);
  const policy = policyBy({ days: 30, categories: { payment: 'forever' } });
  const report = await retireWith(sequencer, { connectionUrl: database.url, archives, policy });
  if (report.retired.length !== 2) throw new Error(`The scene retired not: ${JSON.stringify(report)}`);
  await cp(written, join(folder, 'archives'), { recursive: true });
  await rm(written, { recursive: true });
  await withClient(database.url, async (client) => {
    await storeEvents(client, [impersonalEvent()], () => SAMPLE_RULES);
    const [id] = await addEvents(client, 60);
    await sequencer.run();
    await erase(session, signer, String(id));
  });
  await session.close();
  await sequencer.close();
  return { active: active.id, released: over.id };
}

/** An erasure signs each page in the same transaction. */
async function erase(session: LedgerSession, signer: CheckpointSigner, id: string): Promise<void> {
  await session.inTransaction(async () => {
    await lockActs(session);
    await session.rows('SELECT audit_erase(ARRAY[$1::uuid])', [id]);
    await signErased(session, { id: uuidv7(), eventIds: [id] }, signer);
  });
}

/** The guide has both keys sign for a while, then the new key alone. */
async function changeKeys(database: TestDatabase, former: CheckpointSigner): Promise<CheckpointSigner> {
  const fresh = await makeSigner();
  const both = freshKeyFile();
  await copyFile(getFolderPath(fresh), both);
  await appendFile(both, `${await readSecret(former)}\n`);
  await copyFile(former.lastSigned.path, `${both}.last`);
  await seal(database, await makeSigner(both), [40]);
  await copyFile(`${both}.last`, fresh.lastSigned.path);
  await seal(database, fresh, [260]);
  return fresh;
}

async function seal(database: TestDatabase, signer: CheckpointSigner, counts: readonly number[]): Promise<void> {
  const { sequencer, failures } = makeSequencer(database.url, signer);
  for (const count of counts) {
    await withClient(database.url, (client) => addEvents(client, count));
    for (let steps = 0; steps < 3; steps++) await sequencer.run();
  }
  await sequencer.close();
  if (failures.length > 0) throw new Error(`The scene is not sealed: ${failures.join('; ')}`);
}

async function addWaiting(database: TestDatabase): Promise<void> {
  await withClient(database.url, (client) => addEvents(client, 2));
}

async function cosign(database: TestDatabase, note: string, signingKey: string): Promise<void> {
  const { text } = parseNote(note);
  const line = signNote(text, [parseSigningKey(signingKey)]).slice(text.length + 1);
  await database.sql('INSERT INTO audit_cosignature (size, witness_name, key_id, line) VALUES ($1, $2, 7, $3)', [
    getSize(note),
    WITNESS,
    line,
  ]);
  await database.sql(
    `INSERT INTO audit_publication (destination, size, root) SELECT 'file', size, root FROM audit_checkpoint WHERE size = $1`,
    [getSize(note)],
  );
}

function impersonalEvent(fields: Partial<AuditEvent> = {}): AuditEvent {
  const left = ['request', 'error', 'changes'];
  const own = Object.entries(sampleEvent(fields)).filter(([name]) => !left.includes(name));
  return { ...(Object.fromEntries(own) as unknown as AuditEvent), actor: { type: 'system' } }; // only optional fields were taken
}

/** The second line of a checkpoint's note is the size. */
function getSize(note: string): number {
  return Number(note.split('\n')[1]);
}

async function newestNote({ url }: TestDatabase): Promise<string> {
  const [row] = await runSql(url, 'SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1');
  return String(row?.note);
}

function getFolderPath(signer: CheckpointSigner): string {
  return signer.lastSigned.path.replace(/\.last$/, '');
}

async function readSecret(signer: CheckpointSigner): Promise<string> {
  return (await readFile(getFolderPath(signer), 'utf8')).trim();
}
