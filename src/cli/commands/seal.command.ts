import { appendOwnEvent } from '../../monitoring/inbox/append-own-event.js';
import { awaitMark, markWaiting } from '../../monitoring/store/await-sealed.js';
import { LogSequencer, type SequencerListener } from '../../monitoring/sealer/log-sequencer.js';
import { readHead } from '../../monitoring/sealer/stored-tree.js';
import type { CheckpointSigner } from '../../monitoring/proof/signing/checkpoint-signer.service.js';
import { SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import { readLedgerState } from '../../monitoring/store/ledger-state.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { LEADER_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { TIMING } from '../../monitoring/store/timing.js';
import { EXIT_CODES } from '../command-result.js';
import { defineCommand, type Outcome } from '../define-command.js';
import {
  keyOfEnvironment,
  memoryOfEnvironment,
  readCommandKey,
  type CommandEnvironment,
} from '../connection/key-of-environment.js';
import { ledgerErrors } from '../../monitoring/errors/ledger.errors.js';
import { hasCode } from '../../audit/nest-free.js';

const ROLE = { ...SEQUENCER, name: 'seal' };

export const command = defineCommand({
  name: 'seal',
  usage: ['[options]'],
  about: [
    'Seals the stored events, signs a checkpoint, and ends: for jobs and serverless deployments, where no instance of the application runs for long. If an instance leads, the command wakes it, and waits until it has sealed the events. The command ends after a minute at the latest.',
  ],
  options: {},
  connects: 'sealer',
  records: true,
  json: '"sealed", "size", "waiting", "waitingSeconds", "parked"',
  environment:
    'AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN and AUDIT_CHECKPOINT_MEMORY, with the application’s values.',
  examples: [''],
  exitCodes:
    '0 when the events that waited are sealed; 1 when events still wait, or the ledger contradicts its last checkpoint; 2 when the command failed.',
  run: async ({ environment, sealer }) => {
    const url = await sealer();
    const signer = await signerOf(environment);
    return LedgerSession.use(url, ROLE, LEADER_LIMITS, (session) => seal(session, url, signer));
  },
});

/** In contrast to an application, the command makes no key file. The signer's file is imported here, because it loads Nest. */
async function signerOf(environment: CommandEnvironment): Promise<CheckpointSigner> {
  await readCommandKey(environment);
  const { file: signingKeyFile, key: signingKey, origin } = keyOfEnvironment(environment);
  const checkpointMemory = memoryOfEnvironment(environment);
  const { CheckpointSigner: Signer } = await import('../../monitoring/proof/signing/checkpoint-signer.service.js');
  const signer = new Signer({ signingKeyFile, signingKey, origin, checkpointMemory });
  await signer.onModuleInit();
  return signer;
}

async function seal(session: LedgerSession, url: string, signer: CheckpointSigner): Promise<Outcome> {
  const mark = await markWaiting(session);
  const { size: sizeBefore } = await readHead(session);
  const { parkedLines: parkedBefore } = await readLedgerState(session);
  let lines = 0;
  const listener: SequencerListener = {
    ...{ onCheckpoint: () => undefined, onFailure: () => undefined },
    onParked: ({ length }) => (lines += length),
  };
  const sequencer = new LogSequencer(url, signer, listener);
  const { role, isOver } = await lead(session, sequencer, mark, () => lines);
  const { lastError, stranger } = sequencer;
  const isInconsistent = hasCode(lastError, 'AUDIT_LEDGER_INCONSISTENT');
  if (lastError instanceof Error && !isInconsistent) throw lastError;
  const isLeft = (await awaitMark(session, mark, 0)) !== undefined;
  const why = isInconsistent ? lastError : isLeft ? whyLeft(role, isOver) : undefined;
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
      ...(parked > 0 ? [`Parked ${parked} line(s), which cannot be sealed: see nestjs-audit-ledger parked.`] : []),
      ...(stranger.says === undefined ? [] : [stranger.says]),
    ],
    error: why,
  };
}

/** Seals as the leader, or waits for the instance that leads. Resolves with the last role, and with whether the time is over. */
async function lead(
  session: LedgerSession,
  sequencer: LogSequencer,
  mark: string | undefined,
  parkedLines: () => number,
): Promise<{ readonly role: LogSequencer['role']; readonly isOver: boolean }> {
  const endsAtMs = performance.now() + TIMING.sealCommandMs;
  const timer = setTimeout(() => void sequencer.stop(), TIMING.sealCommandMs);
  try {
    for (;;) {
      await sequencer.run();
      const { role } = sequencer;
      const leftMs = endsAtMs - performance.now();
      if (role === 'standby' && leftMs > 0 && (await awaitMark(session, mark, Math.min(leftMs, TIMING.standbyMs))))
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

function whyLeft(role: LogSequencer['role'], isOver: boolean): Error | string {
  if (role === 'standby') return ledgerErrors.AUDIT_LEDGER_UNSETTLED(TIMING.sealCommandMs);
  if (isOver) return 'Cannot seal all events within the time limit. Run the command again: it continues.';
  return 'Cannot seal all events: a newer version of this library wrote the rest. Run the command of that version.';
}
