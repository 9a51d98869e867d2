import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { followStoredKeys } from '../modules/monitoring/verify/known-keys.js';
import { readStoredKeys } from '../modules/monitoring/verify/read-heads.js';
import { VERIFIER } from '../modules/monitoring/store/ledger-roles.js';
import { planErasure } from '../modules/monitoring/lifecycle/erasure/erasure-records.js';
import type { Erasure } from '../modules/monitoring/lifecycle/erasure/erasure.dto.js';
import type { ErasureRequester } from '../modules/monitoring/lifecycle/erasure/erasure.js';
import {
  describeUndone,
  findUndone,
  readKept,
  type UndoneErasure,
} from '../modules/monitoring/lifecycle/erasure/kept-certificates.js';
import type { Outcome } from './define-command.js';
import { readInput } from './read-input.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { showLines } from './show-lines.js';

/**
 * Compares the certificates in files with a ledger. Rejects with the system's error for a file that cannot be read, with the errors of
 * certificates and notes, and with the client's.
 *
 * @param verifierKeys default: those that the database names. Acts of key change lead from these keys to others
 */
export async function checkCertificates(url: string, files: readonly string[], verifierKeys: readonly string[]) {
  const texts = await Promise.all(files.map(async (file) => readInput(file)));
  if (texts.every((text) => text === '')) return { total: 0, undone: [] };
  return LedgerSession.use(url, VERIFIER, {}, async (snapshot) => {
    const given = trustOf(verifierKeys.length > 0 ? verifierKeys : await readStoredKeys(snapshot));
    const { trust } = await followStoredKeys(snapshot, given);
    const certificates = texts.flatMap((text) => readKept(text, trust));
    return { total: certificates.length, undone: await findUndone(snapshot, certificates) };
  });
}

export interface Replay {
  readonly url: string;
  readonly file: string;
  readonly verifierKeys: readonly string[];
  readonly by: ErasureRequester;
  readonly signer: () => Promise<StatementSigner>;
  readonly dryRun: boolean;
  readonly waitFor: (planned: Pick<Erasure, 'id'>) => Promise<Outcome>;
  readonly onErasure?: (done: number, total: number) => void;
}

/** Repeats the erasures that a restore undid, one after the other, and returns what it did. */
export async function replayErasures(session: LedgerSession, replay: Replay): Promise<Outcome> {
  const { url, file, verifierKeys, dryRun, waitFor, onErasure } = replay;
  const { total, undone } = await checkCertificates(url, [file], verifierKeys);
  const told = (repeated: number): object => ({ total, undone: undone.map(describeUndone), repeated });
  if (undone.length === 0) {
    const text = `Nothing to repeat: the ledger reflects all ${total} erasure(s) of ${file}.\n`;
    return { text, data: told(0) };
  }
  if (dryRun) {
    return {
      text: undone.map((each) => `${describeUndone(each)}\n`).join(''),
      data: told(0),
    };
  }
  const request = { by: replay.by, signer: await replay.signer() };
  let text = '';
  for (const [nth, each] of undone.entries()) {
    onErasure?.(nth, undone.length);
    const done = await waitFor(await plan(session, each, request));
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
}

function plan(
  session: LedgerSession,
  { certificate, subjectId }: UndoneErasure,
  { by, signer }: { readonly by: ErasureRequester; readonly signer: StatementSigner },
): Promise<Pick<Erasure, 'id'>> {
  const { erasureId: id, finishedAt, subject, eventIds } = certificate;
  const reason = `repeats the erasure of ${finishedAt}, which a restore undid`;
  return planErasure(session, { id: subjectId ?? subject }, { by, reason }, signer, { id, eventIds });
}
