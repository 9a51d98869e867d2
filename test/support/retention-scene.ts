import { copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { type AuditEvent } from '../../src/audit/index.js';
import { Catalogue, buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import type { StatementSigner } from '../../src/monitoring/proof/log/notes/statement.js';
import { Archives } from '../../src/monitoring/keep/archive/archives.js';
import { FolderArchiveStore } from '../../src/monitoring/keep/archive/archive-store.js';
import { freshKeyFile } from './fresh-key-file.js';
import {
  runRetention,
  type RetentionReport,
  type RetentionRunOptions,
} from '../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import type { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import { insertSealedEvents, storeEvents } from './stored-events.js';
import {
  resolvePolicy,
  type RetentionOptions,
} from '../../src/monitoring/keep/lifecycle/retention/retention-options.js';
import { idAt, sampleEvent } from './sample-event.js';

export function policyBy(rules: RetentionOptions): string {
  return resolvePolicy(rules, new Catalogue());
}

export async function makeArchives(
  signer: StatementSigner,
  prefix = 'audit-archives-',
): Promise<{ archives: Archives; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  return { archives: new Archives(new FolderArchiveStore(folder), signer), folder };
}

export type OnStep = NonNullable<RetentionRunOptions['onStep']>;

/** Each announcement is sealed when it is stored, as in an application. */
export function retireWith(
  sequencer: Pick<LogSequencer, 'run'>,
  { onStep, ...options }: Omit<RetentionRunOptions, 'onStep'> & { readonly onStep?: OnStep | undefined },
): Promise<RetentionReport> {
  return runRetention({
    ...options,
    onStep: async (step, retirement) => {
      if (step === 'archived') await sequencer.run();
      await onStep?.(step, retirement);
    },
  });
}

/** Copies a key file with what its key signed last, for a copy of the ledger. */
export async function copyKey(keyFile: string, ...endings: readonly string[]): Promise<string> {
  const copy = freshKeyFile();
  for (const ending of endings.length === 0 ? ['', '.last'] : endings)
    await copyFile(`${keyFile}${ending}`, `${copy}${ending}`);
  return copy;
}

export async function addEventsAt(
  client: pg.Client,
  time: string,
  count: number,
  fields: Partial<AuditEvent> = {},
): Promise<readonly string[]> {
  return addAt(time, count, fields, (events) => storeEvents(client, events, () => RULES));
}

/** Adds events without leaves, on a superuser's connection. */
export async function addSealedEventsAt(
  client: pg.Client,
  time: string,
  count: number,
  fields: Partial<AuditEvent> = {},
): Promise<readonly string[]> {
  await client.query('SELECT audit_event_make_partition($1)', [time]);
  return addAt(time, count, fields, (events) => insertSealedEvents(client, events, RULES));
}

const RULES = buildCatalogueFactRules();

async function addAt(
  time: string,
  count: number,
  fields: Partial<AuditEvent>,
  add: (events: readonly AuditEvent[]) => Promise<void>,
): Promise<readonly string[]> {
  const events = Array.from({ length: count }, () => sampleEvent({ id: idAt(time), occurredAt: time, ...fields }));
  await add(events);
  return events.map(({ id }) => id);
}
