import { setTimeout as pause } from 'node:timers/promises';
import { explainLedgerError } from '../../monitoring/store/sessions/classify-ledger-error.js';
import { ERASURE } from '../../monitoring/store/ledger-roles.js';
import { ERASURE_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { checkOptions, checkSubject } from '../../monitoring/keep/lifecycle/erasure/check-request.js';
import { describeRemnants } from '../../monitoring/keep/lifecycle/erasure/remnants.js';
import { countErasure } from '../../monitoring/keep/lifecycle/erasure/dry-run.js';
import { toErasure, findErasure, planErasure } from '../../monitoring/keep/lifecycle/erasure/erasure-requests.js';
import type { Erasure, ErasureState } from '../../monitoring/keep/lifecycle/erasure/erasure.dto.js';
import { totalEvents } from '../../monitoring/keep/lifecycle/erasure/erasure-progress.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import { readActSigner } from '../connection/key-settings.js';
import { archiveStore, readableArchives } from '../connection/open-archives.js';
import { defineCommand, type Call, type Outcome } from '../define-command.js';
import { flagOption, textOption, listOption, BY_OPTION } from '../options.js';
import type { Progress } from '../progress.js';
import { usePersonSource } from './person-source.js';
import { checkCertificates } from '../connection/check-certificates.js';
import { describeUndone } from '../../monitoring/keep/lifecycle/erasure/certificate-record.js';
import { showLines } from './show-lines.js';
import { readVerifierKeys } from '../verify/verifier-keys.js';

const POLL_MS = 250;
const BEGIN_WITHIN_MS = 30_000;

const OPTIONS = {
  subject: textOption('<id>', 'the person’s id in the events'),
  identifier: listOption('<text>', 'an e-mail address or user name: events that contain it are erased as well'),
  reason: textOption('<text>', 'the reason, which the event and the certificate record; without personal data'),
  by: BY_OPTION,
  replay: textOption(
    '<file>',
    'the file with the erasure certificates (AUDIT_ERASURE_FILE); the command repeats and prints each erasure that a restore of the database or an archive undid; - is the standard input',
  ),
  key: listOption(
    '<key>',
    'for --replay and --dry-run: a verifier key, or a file with one key per line; default: the keys named by the database (--replay) or in the key file (--dry-run)',
  ),
  dryRun: flagOption('only count the events to erase, or list the erasures to repeat'),
};

export const command = defineCommand({
  name: 'erase',
  usage: ['--subject <id> --reason <text> [options]', '--replay <file> [--key <key>]… [options]'],
  about: [
    'Erases the personal parts of all events by or about a person, and of events that contain one of the identifiers. This covers the ledger, its archives and the tables of the application’s providers.',
    'The command requests the erasure by a signed act, and waits. The running application carries it out, because only the application can reach its providers. If you end the command early, the erasure continues. A dry run needs no application: it only counts events of the ledger and its archives.',
  ],
  options: OPTIONS,
  connects: 'sealer',
  records: true,
  json: '"erasure"; for --replay "total", "undone", "repeated"',
  environment:
    'AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, and for --replay and --dry-run also AUDIT_ARCHIVE_DIR, with the application’s values.',
  examples: [`--subject u-1 --reason 'request of 3 March'`],
  exitCodes:
    '0 when the erasure is done or counted, 2 when the command failed; the message then states whether the erasure is recorded.',
  run: async (call) => {
    const { options, environment, operator: by, progress, sealer, refuse } = call;
    const { subject: id, reason, identifier: identifiers, replay: file, dryRun } = options;
    if (file !== undefined) {
      if (id !== undefined || reason !== undefined || identifiers.length > 0) {
        refuse('--replay cannot be combined with --subject, --identifier or --reason');
      }
      return replayCertificates(call, file);
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
    const signer = await readActSigner(environment);
    return useSession(url, ERASURE, ERASURE_LIMITS, async (session) => {
      const planned = await planErasure(session, subject, request, signer);
      return waitForErasure(session, planned, signer, progress).catch((error: unknown) =>
        toLostConnectionOutcome(planned, error),
      );
    });
  },
});

async function replayCertificates(
  { options, environment, operator, progress, sealer }: Call<typeof OPTIONS>,
  file: string,
): Promise<Outcome> {
  const url = await sealer();
  const verifierKeys = await readVerifierKeys(options.key);
  const archives = archiveStore(environment);
  const { total, undone } = await checkCertificates(url, [file], verifierKeys, archives);
  const reported = (repeated: number): object => ({ total, undone: undone.map(describeUndone), repeated });
  if (undone.length === 0) {
    const text = `Nothing to repeat: the ledger reflects all ${total} erasure(s) of ${file}.\n`;
    return { text, data: reported(0) };
  }
  if (options.dryRun) return { text: undone.map((each) => `${describeUndone(each)}\n`).join(''), data: reported(0) };
  const signer = await readActSigner(environment);
  return useSession(url, ERASURE, ERASURE_LIMITS, async (session) => {
    let text = '';
    for (const [nth, each] of undone.entries()) {
      progress.showParts(nth, undone.length, 'erasures');
      const { erasureId: id, finishedAt, subject, eventIds } = each.certificate;
      const reason = `repeats the erasure of ${finishedAt}, which a restore undid`;
      const request = { by: { type: 'admin', id: operator }, reason } as const;
      const planned = await planErasure(session, { id: each.subjectId ?? subject }, request, signer, { id, eventIds });
      const done = await waitForErasure(session, planned, signer, progress);
      text += `${describeUndone(each)} Repeated it${each.subjectId === undefined ? '; the person is unknown, so providers were not searched' : ''}.\n${showLines(done.text ?? '')}`;
      if (done.error !== undefined) return { ...done, text, data: reported(nth) };
    }
    const left = (await checkCertificates(url, [file], verifierKeys, archives)).undone;
    if (left.length === 0) {
      text += `Repeated ${undone.length} of ${total} erasure(s).\n`;
      return { text, data: reported(undone.length) };
    }
    const error = `${left.map(describeUndone).join('\n')}\nA legal hold may protect these events. Release it, and run the command again.`;
    return { text, data: reported(undone.length - left.length), error };
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

async function waitForErasure(
  session: LedgerSession,
  planned: Pick<Erasure, 'id'>,
  { trust }: StatementSigner,
  progress: Progress,
): Promise<Outcome> {
  const giveUpAt = performance.now() + BEGIN_WITHIN_MS;
  let reported: string | undefined;
  for (;;) {
    const record = await findErasure(session, planned.id, trust);
    if (!record) return { error: `The erasure ${planned.id} was withdrawn.` };
    const erasure = toErasure(record);
    if (erasure.state === 'done') return { text: describe(erasure), data: { erasure } };
    if (erasure.startedAt === undefined && performance.now() > giveUpAt) return toNotStartedOutcome(erasure);
    progress.showParts(STEPS.indexOf(erasure.state), STEPS.length - 1, `steps, ${totalEvents(erasure.counts)} events`);
    const { problem } = erasure;
    if (problem !== undefined && problem !== reported) progress.print(`The erasure ${erasure.id} waits: ${problem}`);
    reported = problem ?? reported;
    await pause(POLL_MS);
  }
}

function toLostConnectionOutcome({ id }: Pick<Erasure, 'id'>, error: unknown): Outcome {
  return { error: `The erasure ${id} is recorded and continues. ${explainLedgerError(error).message}` };
}

function toNotStartedOutcome({ id }: Erasure): Outcome {
  const error = `Cannot carry out the erasure ${id}: no running application started it. Start the application of this ledger; the erasure is recorded, and the application carries it out.`;
  return { error };
}

function describe(erasure: Pick<Erasure, 'counts' | 'remnants' | 'dryRun' | 'certificate'>): string {
  const { counts, remnants, dryRun, certificate } = erasure;
  const isKnown = Object.values(counts.events).some((relations) =>
    Object.keys(relations).some((name) => name !== 'identifier'),
  );
  const months = Object.entries(counts.events).map(([month, relations]) => {
    const parts = Object.entries(relations).map(([relation, count]) => `${relation} ${count}`);
    return `  ${month}: ${parts.join(', ')}`;
  });
  const providers = Object.entries(counts.providers).map(([backend, rows]) => `  ${backend}: ${rows} row(s)`);
  return [
    `${dryRun ? 'Would erase' : 'Erased'} the personal part of ${totalEvents(counts)} event(s)${months.length > 0 ? ':' : '.'}`,
    ...months,
    ...(isKnown || counts.held + counts.archived > 0
      ? []
      : [
          'Check the subject: no event is by or about it. --subject is the id in the events ("query who:<name>" shows it: u-1, not user/u-1), an e-mail address is an --identifier.',
        ]),
    `${counts.archived} event(s) in archives, ${counts.held} protected by legal holds, ${counts.namedInFacts} with an identifier in their facts.`,
    ...(counts.held > 0 ? ['When the holds are released ("hold list" names them), erase the person again.'] : []),
    ...(providers.length > 0 ? ['Providers:', ...providers] : []),
    ...(counts.refused > 0
      ? [`${counts.refused} event(s) are not in the log and were not changed: verify lists them.`]
      : []),
    ...(counts.deadLetters > 0 ? [`${counts.deadLetters} dead letter(s) in the spill: check them.`] : []),
    ...(counts.corruptLines > 0
      ? [`${counts.corruptLines} unreadable line(s) in .corrupt files of the spill: check them.`]
      : []),
    ...describeRemnants(remnants),
    ...(certificate === undefined ? [] : ['', certificate.trimEnd()]),
    '',
  ].join('\n');
}
