import { appendOwnEvent } from '../../monitoring/inbox/append-own-event.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { awaitProcessed, readNewestPending } from '../../monitoring/store/await-sealed.js';
import { LogSequencer, type SequencerListener } from '../../monitoring/sealer/log-sequencer.js';
import { readHead } from '../../monitoring/sealer/stored-tree.js';
import type { CheckpointSigner } from '../../monitoring/proof/signing/checkpoint-signer.service.js';
import { SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import { readLedgerState } from '../../monitoring/store/ledger-state.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { LEADER_LIMITS, createPoolLimits } from '../../monitoring/store/sessions/session-limits.js';
import { TIMING } from '../../monitoring/store/timing.js';
import { EXIT_CODES } from '../command-result.js';
import { defineCommand, type Call, type Outcome } from '../define-command.js';
import {
  readKeySettings,
  getCheckpointMemoryPath,
  readCommandKey,
  type CommandEnvironment,
} from '../connection/key-settings.js';
import { readInboxKeys, readWriterKeys } from '../connection/writer-keys.js';
import { ledgerErrors } from '../../monitoring/errors/ledger.errors.js';
import { hasCode } from '../../audit/nest-free.js';
import { BY_OPTION, flagOption, textOption } from '../options.js';
import {
  discardParkedLines,
  listParkedLines,
  retryParkedLines,
  type ListedLine,
} from '../../monitoring/sealer/parked-lines.js';
import { fitTable } from './fit-table.js';

const MAX_LISTED = 1_000;
const LIMITS = createPoolLimits(60_000);

const OPTIONS = {
  unsigned: flagOption(
    'for parked retry: sign the lines by AUDIT_WRITER_KEY, so first make sure that your application wrote them. For lines without a valid signature',
  ),
  reason: textOption('<text>', 'for parked discard: the reason, which the event records'),
  by: BY_OPTION,
};

export const command = defineCommand({
  name: 'seal',
  usage: [
    '[options]',
    'parked [list] [options]',
    'parked retry [<number>…] [--unsigned]',
    'parked discard <number>… --reason <text>',
  ],
  about: [
    'Seals the stored events, signs a checkpoint, and ends: for jobs and serverless deployments, where no instance of the application runs for long. If an instance leads, the command wakes it, and waits until it has sealed the events. The command ends after a minute at the latest.',
    'The leader parks a line of the inbox that it cannot seal: a line that no version of the library writes, or whose values PostgreSQL refuses. seal parked shows the parked lines, without the values of their events. Correct the cause, and retry the lines; or discard forged lines.',
  ],
  arguments: [
    ['[action]', 'parked; without it, the command seals'],
    ['[words...]', 'for parked: list, retry or discard, and the numbers of lines, as list prints them; default: list'],
  ],
  actions: {
    parked: `show the oldest ${MAX_LISTED} parked lines, with the reason`,
    'parked retry': 'move lines back to the inbox, with their signatures; default: all',
    'parked discard': 'remove lines for good; an event records the reason, and the SHA-256 of each line',
  },
  options: OPTIONS,
  connects: 'sealer',
  records: (action, what) => action === undefined || what === 'discard',
  json: '"sealed", "size", "waiting", "waitingSeconds", "parked"; for parked "lines": [{ "number", "parkedAt", "storedAt", "type", "id", "lines", "reason" }] and "total"; for parked retry "retried"; for parked discard "discarded"',
  environment:
    'AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN and AUDIT_CHECKPOINT_MEMORY, with the application’s values; for parked retry --unsigned, AUDIT_WRITER_KEY and AUDIT_LEDGER_ORIGIN.',
  examples: ['', 'parked', 'parked retry', `parked discard 17 18 --reason 'forged on 2026-11-20'`],
  exitCodes:
    '0 when the events that waited are sealed, or the action is done; 1 when events still wait, or the ledger contradicts its last checkpoint; 2 when the command failed.',
  run: async (call) => {
    const [action, ...words] = call.words;
    if (action === 'parked') return runParkedCommand(words, call);
    if (action !== undefined) call.refuse(`the action must be parked, not ${action}`);
    const { unsigned, reason, by } = call.options;
    if (unsigned || (reason ?? by) !== undefined) call.refuse('--unsigned, --reason and --by are for "seal parked"');
    const url = await call.sealer();
    const signer = await readSigner(call.environment);
    const role = { ...SEQUENCER, name: 'seal' };
    return useSession(url, role, LEADER_LIMITS, (session) => seal(session, url, signer));
  },
});

/** In contrast to an application, the command makes no key file. The signer's file is imported here, because it loads Nest. */
async function readSigner(environment: CommandEnvironment): Promise<CheckpointSigner> {
  await readCommandKey(environment);
  const { file: signingKeyFile, key: signingKey, origin } = readKeySettings(environment);
  const checkpointMemory = getCheckpointMemoryPath(environment);
  const { CheckpointSigner: Signer } = await import('../../monitoring/proof/signing/checkpoint-signer.service.js');
  const signer = new Signer({ signingKeyFile, signingKey, origin, checkpointMemory });
  await signer.onModuleInit();
  return signer;
}

async function seal(session: LedgerSession, url: string, signer: CheckpointSigner): Promise<Outcome> {
  const position = await readNewestPending(session);
  const { size: sizeBefore } = await readHead(session);
  const { parkedLines: parkedBefore } = await readLedgerState(session);
  let lines = 0;
  const listener: SequencerListener = {
    ...{ onCheckpoint: () => undefined, onFailure: () => undefined },
    onParked: ({ length }) => (lines += length),
  };
  const sequencer = new LogSequencer(url, signer, listener);
  const { role, isOver } = await runAsLeader(session, sequencer, position, () => lines);
  const { lastError, foreignLockHolder } = sequencer;
  const isInconsistent = hasCode(lastError, 'AUDIT_LEDGER_INCONSISTENT');
  if (lastError instanceof Error && !isInconsistent) throw lastError;
  const isLeft = (await awaitProcessed(session, position, 0)) !== undefined;
  const why = isInconsistent ? lastError : isLeft ? explainExit(role, isOver) : undefined;
  const { size } = await readHead(session);
  const { waitingEvents: waiting, parkedLines, ...state } = await readLedgerState(session);
  const waitingSeconds = Math.round(state.waitingSeconds);
  const parked = Math.max(parkedLines - parkedBefore, 0);
  const late = waiting === 0 ? '' : ` ${waiting} event(s) wait, the oldest for ${waitingSeconds} s.`;
  return {
    exitCode: why === undefined ? EXIT_CODES.fine : EXIT_CODES.undecided,
    text: `Sealed ${size - sizeBefore} event(s). The log has ${size} event(s).${late}\n`,
    data: { sealed: size - sizeBefore, size, waiting, waitingSeconds, parked },
    warnings: [
      ...(parked > 0 ? [`Parked ${parked} line(s), which cannot be sealed: see nestjs-audit-ledger seal parked.`] : []),
      ...(foreignLockHolder.describe === undefined ? [] : [foreignLockHolder.describe]),
    ],
    error: why,
  };
}

/** Seals as the leader, or waits for the instance that leads. Resolves with the last role, and with whether the time is over. */
async function runAsLeader(
  session: LedgerSession,
  sequencer: LogSequencer,
  position: string | undefined,
  parkedLines: () => number,
): Promise<{ readonly role: LogSequencer['role']; readonly isOver: boolean }> {
  const endsAtMs = performance.now() + TIMING.sealCommandMs;
  const timer = setTimeout(() => void sequencer.stop(), TIMING.sealCommandMs);
  try {
    for (;;) {
      await sequencer.run();
      const { role } = sequencer;
      const leftMs = endsAtMs - performance.now();
      if (
        role === 'standby' &&
        leftMs > 0 &&
        (await awaitProcessed(session, position, Math.min(leftMs, TIMING.standbyMs)))
      )
        continue;
      const [lines, system] = [parkedLines(), { category: 'system', actor: { type: 'system' } } as const];
      if (lines > 0)
        await appendOwnEvent(session, 'audit_lines_parked', { ...system, severity: 'critical', details: { lines } });
      await sequencer.stop();
      if (role === 'leading') await sequencer.finish();
      return { role, isOver: leftMs <= 0 };
    }
  } finally {
    clearTimeout(timer);
    await sequencer.stop();
    await sequencer.close();
  }
}

function explainExit(role: LogSequencer['role'], isOver: boolean): Error | string {
  if (role === 'standby') return ledgerErrors.AUDIT_SEALING_LATE.afterWait(TIMING.sealCommandMs);
  if (isOver) return 'Cannot seal all events within the time limit. Run the command again: it continues.';
  return 'Cannot seal all events: a newer version of this library wrote the rest. Run the command of that version.';
}

async function runParkedCommand(
  [action = 'list', ...input]: readonly string[],
  { options, environment, operator, width, sealer, refuse }: Call<typeof OPTIONS>,
): Promise<Outcome> {
  const numbers = input.map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : refuse(`${word} is not a number`)));
  const use = async <Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> =>
    useSession(await sealer(), { ...SEQUENCER, name: 'parked' }, LIMITS, work);
  const refuseMissing = (missing: readonly number[]): never =>
    refuse(`no parked line has the number ${missing.join(', ')}; nothing was changed`);
  if (action === 'list' && numbers.length === 0) {
    const listed = await use((session) => listParkedLines(session, MAX_LISTED));
    return { text: describeParked(listed, width), data: listed };
  }
  if (action === 'retry') {
    const { problem } = readWriterKeys(environment);
    if (options.unsigned && problem !== undefined) refuse(`--unsigned needs AUDIT_WRITER_KEY: ${problem}`);
    const writer = options.unsigned ? readInboxKeys(environment) : undefined;
    const request = { numbers: numbers.length > 0 ? numbers : undefined, writer, refuse: refuseMissing };
    const retried = await use((session) => retryParkedLines(session, request));
    return {
      text: retried === 0 ? 'Nothing was moved.\n' : `Moved ${retried} line(s) back to the inbox.\n`,
      data: { retried },
    };
  }
  if (action === 'discard' && numbers.length > 0) {
    const reason = options.reason?.trim() ?? '';
    if (reason === '') refuse('--reason is missing');
    const request = { numbers, by: operator, reason, refuse: refuseMissing };
    await use((session) => discardParkedLines(session, request));
    const discarded = new Set(numbers).size;
    return { text: `Discarded ${discarded} line(s). An event records this.\n`, data: { discarded } };
  }
  return refuse('after parked comes list, retry, or discard with the numbers of lines');
}

function describeParked(
  { lines, total }: { readonly lines: readonly ListedLine[]; readonly total: number },
  width: number,
): readonly string[] {
  if (lines.length === 0) return ['Nothing is parked.'];
  const rows = lines.map(({ number, parkedAt, type = '', id = '', lines: count, reason }) => [
    ...[String(number), parkedAt, type, id, String(count), reason],
  ]);
  const more = total > lines.length ? [`… and ${total - lines.length} more.`] : [];
  return [...fitTable(['NUMBER', 'PARKED', 'TYPE', 'ID', 'LINES', 'REASON'], rows, width), ...more];
}
