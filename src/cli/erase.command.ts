import { setTimeout as pause } from 'node:timers/promises';
import { explainLedgerError } from '../modules/monitoring/store/sessions/classify-ledger-error.js';
import { ERASURE } from '../modules/monitoring/store/ledger-roles.js';
import { ERASURE_LIMITS } from '../modules/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { checkOptions, checkSubject } from '../modules/monitoring/lifecycle/erasure/check-request.js';
import { describeRemains } from '../modules/monitoring/lifecycle/erasure/remains.js';
import { countErasure } from '../modules/monitoring/lifecycle/erasure/dry-run.js';
import { erasureOf, findErasure, planErasure } from '../modules/monitoring/lifecycle/erasure/requests.js';
import type { Erasure, ErasureState } from '../modules/monitoring/lifecycle/erasure/erasure.dto.js';
import { totalEvents } from '../modules/monitoring/lifecycle/erasure/progress.js';
import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import { actSigner } from './key-of-environment.js';
import { readableArchives } from './archives-of.js';
import { defineCommand, type Call, type Outcome } from './define-command.js';
import { flag, text, texts, byOption } from './options.js';
import type { Progress } from './progress.js';
import { usePersonSource } from './person-source.js';
import { checkCertificates } from './check-certificates.js';
import { describeUndone } from '../modules/monitoring/lifecycle/erasure/certificate-file.js';
import { showLines } from './show-lines.js';
import { readVerifierKeys } from './verifier-keys.js';

const LOOK_MS = 250;
/** How long the application may take to start. */
const BEGIN_WITHIN_MS = 30_000;

const OPTIONS = {
  subject: text('<id>', 'the person’s id in the events'),
  identifier: texts('<text>', 'an e-mail address, a user name: events that hold it are erased as well'),
  reason: text('<text>', 'the reason, for the event and the certificate; without personal data'),
  by: byOption(),
  replay: text(
    '<file>',
    'the file with the certificates of erasures (AUDIT_ERASURE_FILE), or -: repeats the erasures that a restore of the database undid, and prints each',
  ),
  key: texts(
    '<key>',
    'for --replay and --dry-run: a verifier key, or a file with one on each line; default: for --replay the keys that the database names, for the archives of a dry run those of the key file',
  ),
  dryRun: flag('only count the events to erase, or list the erasures to repeat'),
};

export const command = defineCommand({
  name: 'erase',
  usage: ['--subject <id> --reason <text> [options]', '--replay <file> [--key <key>]… [options]'],
  about: [
    'Erases the personal parts of all events by or about a person, and of events that hold one of the identifiers: in the ledger, its archives and the tables of the application’s providers.',
    'The command requests the erasure by an act that the ledger’s key signs, and waits; the running application carries it out, because only it knows its providers. If you end the command early, the erasure continues. A dry run needs no application: the command counts what the ledger and its archives hold.',
  ],
  options: OPTIONS,
  connects: 'sealer',
  json: '"erasure"; for --replay "total", "undone", "repeated"',
  environment:
    'AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, for --dry-run AUDIT_ARCHIVE_DIR as well, with the application’s values.',
  examples: [`--subject u-1 --reason 'request of 3 March'`],
  exitCodes: '0 when the erasure is done or counted, 2 when it is not; the message then tells whether it is on record.',
  run: async (call) => {
    const { options, environment, operator: by, progress, sealer, refuse } = call;
    const { subject: id, reason, identifier: identifiers, replay: file, dryRun } = options;
    if (file !== undefined) {
      if (id !== undefined || reason !== undefined || identifiers.length > 0) {
        refuse('--replay takes neither --subject, --identifier nor --reason: they are not kept');
      }
      return replay(call, file);
    }
    const requester = { type: 'admin', id: by } as const;
    if (id === undefined || reason === undefined) {
      return refuse(id === undefined ? '--subject is missing' : '--reason is missing');
    }
    const subject = checkSubject({ id, identifiers });
    const request = { by: requester, reason, dryRun };
    checkOptions(request);
    if (dryRun) {
      const archives = await readableArchives(environment, options.key);
      return usePersonSource(await sealer(), archives, async (source) => {
        const { uncounted, ...counted } = await countErasure(source, subject);
        const erasure = { subjectId: id, requestedBy: requester, reason, dryRun, ...counted };
        const warnings = uncounted === undefined ? [] : [`The ledger may lack events of the person: ${uncounted}.`];
        return { text: describe(erasure), data: { erasure }, warnings };
      });
    }
    const url = await sealer();
    const signer = await actSigner(environment);
    return LedgerSession.use(url, ERASURE, ERASURE_LIMITS, async (session) => {
      const planned = await planErasure(session, subject, request, signer);
      return waitFor(session, planned, signer, progress).catch((error: unknown) => lostSight(planned, error));
    });
  },
});

/** Repeats the erasures that a restore undid, one after the other, and returns what it did. */
async function replay(
  { options, environment, operator, progress, sealer }: Call<typeof OPTIONS>,
  file: string,
): Promise<Outcome> {
  const url = await sealer();
  const verifierKeys = await readVerifierKeys(options.key);
  const { total, undone } = await checkCertificates(url, [file], verifierKeys);
  const told = (repeated: number): object => ({ total, undone: undone.map(describeUndone), repeated });
  if (undone.length === 0) {
    const text = `Nothing to repeat: the ledger reflects all ${total} erasure(s) of ${file}.\n`;
    return { text, data: told(0) };
  }
  if (options.dryRun) return { text: undone.map((each) => `${describeUndone(each)}\n`).join(''), data: told(0) };
  const signer = await actSigner(environment);
  return LedgerSession.use(url, ERASURE, ERASURE_LIMITS, async (session) => {
    let text = '';
    for (const [nth, each] of undone.entries()) {
      progress.showParts(nth, undone.length, 'erasures');
      const { erasureId: id, finishedAt, subject, eventIds } = each.certificate;
      const reason = `repeats the erasure of ${finishedAt}, which a restore undid`;
      const request = { by: { type: 'admin', id: operator }, reason } as const;
      const planned = await planErasure(session, { id: each.subjectId ?? subject }, request, signer, { id, eventIds });
      const done = await waitFor(session, planned, signer, progress);
      text += `${describeUndone(each)} Repeated it${each.subjectId === undefined ? '; nothing says any more whose it was, so that providers were not searched' : ''}.\n${showLines(done.text ?? '')}`;
      if (done.error !== undefined) return { ...done, text, data: told(nth) };
    }
    const left = (await checkCertificates(url, [file], verifierKeys)).undone;
    if (left.length === 0) {
      text += `Repeated ${undone.length} of ${total} erasure(s).\n`;
      return { text, data: told(undone.length) };
    }
    const error = `${left.map(describeUndone).join('\n')}\nA legal hold may keep these events: release it, and run this again.`;
    return { text, data: told(undone.length - left.length), error };
  });
}

const STEPS: readonly ErasureState[] = [
  'planned',
  'erasing',
  'searching',
  'archives',
  'providers',
  'recording',
  'sealing',
  'done',
];

async function waitFor(
  session: LedgerSession,
  planned: Pick<Erasure, 'id'>,
  { trust }: StatementSigner,
  progress: Progress,
): Promise<Outcome> {
  const giveUpAt = performance.now() + BEGIN_WITHIN_MS;
  let told: string | undefined;
  for (;;) {
    const record = await findErasure(session, planned.id, trust);
    if (!record) return { error: `The erasure ${planned.id} was withdrawn.` };
    const erasure = erasureOf(record);
    if (erasure.state === 'done') return { text: describe(erasure), data: { erasure } };
    if (erasure.startedAt === undefined && performance.now() > giveUpAt) return notBegun(erasure);
    progress.showParts(STEPS.indexOf(erasure.state), STEPS.length - 1, `steps, ${totalEvents(erasure.counts)} events`);
    const { problem } = erasure;
    if (problem !== undefined && problem !== told) progress.say(`The erasure ${erasure.id} waits: ${problem}`);
    told = problem ?? told;
    await pause(LOOK_MS);
  }
}

function lostSight({ id }: Pick<Erasure, 'id'>, error: unknown): Outcome {
  const seen = `The erasure ${id} is on record and continues. ${explainLedgerError(error).message}`;
  return { error: seen };
}

function notBegun({ id }: Erasure): Outcome {
  const error = `Cannot carry out the erasure ${id} now: no application that has its ledger there began with it. It stays on record, and begins when the application runs.`;
  return { error };
}

function describe(erasure: Pick<Erasure, 'counts' | 'remains' | 'dryRun' | 'certificate'>): string {
  const { counts, remains, dryRun, certificate } = erasure;
  const months = Object.entries(counts.events).map(([month, relations]) => {
    const parts = Object.entries(relations).map(([relation, count]) => `${relation} ${count}`);
    return `  ${month}: ${parts.join(', ')}`;
  });
  const providers = Object.entries(counts.providers).map(([backend, rows]) => `  ${backend}: ${rows} row(s)`);
  return [
    `${dryRun ? 'Would erase' : 'Erased'} the personal part of ${totalEvents(counts)} event(s)${months.length > 0 ? ':' : '.'}`,
    ...months,
    `${counts.archived} event(s) in archives, ${counts.held} kept by legal holds, ${counts.namedInFacts} with an identifier in their facts.`,
    ...(providers.length > 0 ? ['Providers:', ...providers] : []),
    ...(counts.refused > 0
      ? [`${counts.refused} event(s) have no place in the log and were left as they are: verify names them.`]
      : []),
    ...(counts.deadLetters > 0 ? [`${counts.deadLetters} dead letter(s) in the spill: look at them.`] : []),
    ...describeRemains(remains),
    ...(certificate === undefined ? [] : ['', certificate.trimEnd()]),
    '',
  ].join('\n');
}
