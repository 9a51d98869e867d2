import { parseJson } from '../../../audit/nest-free.js';
import { appendOwnEvent } from '../../../monitoring/inbox/append-own-event.js';
import { settle } from '../../../monitoring/store/await-sealed.js';
import { TIMING } from '../../../monitoring/store/timing.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import {
  compareStates,
  digestOfState,
  isRewrite,
  isSuspicious,
  readCaptureState,
  textOfState,
  type Alteration,
  type StatePart,
} from './capture-state.js';

const ATTESTED_TYPE = 'audit_capture_attested';
const ALTERED_TYPE = 'audit_capture_altered';

const MAX_NAMED = 200;

const LAST_STATE = 'SELECT position, event_id, state FROM audit_capture_state ORDER BY position DESC LIMIT 1';
const STORE_STATE = `
  INSERT INTO audit_capture_state (event_id, state, follows) VALUES ($1, $2, $3) ON CONFLICT (follows) DO NOTHING RETURNING position`;
const LAST_SEALED = `
  SELECT id, details->>'stateDigest' AS digest FROM audit_event
   WHERE type IN ('${ATTESTED_TYPE}', '${ALTERED_TYPE}') ORDER BY id DESC LIMIT 1`;

const OUTRUN = new Error('Another instance stored the same difference first.');

/**
 * Compares the capture of tables with the last attestation, and stores an event with the differences. Resolves with the differences; the
 * list is empty if another instance stored the differences first. Rejects with the error of the PostgreSQL client, or with `AUDIT_LEDGER_UNSETTLED` if
 * the last attestation is not sealed yet. Nothing is stored then.
 *
 * @param session stores the attestation
 * @param auditor reads events
 */
export async function attestCapture(session: LedgerSession, auditor: LedgerSession): Promise<readonly Alteration[]> {
  try {
    return await session.inTransaction(() => attest(session, auditor));
  } catch (error) {
    if (error === OUTRUN) return [];
    throw error;
  }
}

/** The order of the reads matters: if another instance attests in between, the INSERT finds a conflict, and nothing is stored. */
async function attest(session: LedgerSession, auditor: LedgerSession): Promise<readonly Alteration[]> {
  const [last] = await session.rows(LAST_STATE);
  await settle(auditor, TIMING.attestMs); // so the event of that state is found
  const [sealed] = await auditor.rows(LAST_SEALED);
  const now = await readCaptureState(session);
  if (!last && !sealed && now.length === 0) return [];
  const before = last ? (parseJson(String(last.state)) as readonly StatePart[]) : []; // textOfState wrote it
  const isAsSealed = sealed
    ? last?.event_id === sealed.id && digestOfState(String(last?.state)) === sealed.digest
    : true;
  const isFirst = !last && !sealed;
  const alterations: readonly Alteration[] = [
    ...(isAsSealed ? [] : [{ what: 'attestation_altered', of: 'the last attestation' } as const]),
    ...(isFirst ? [] : compareStates(before, now)),
  ];
  if (alterations.length === 0 && !isFirst) return [];
  const state = textOfState(now);
  const event = await appendOwnEvent(session, isFirst ? ATTESTED_TYPE : ALTERED_TYPE, {
    category: 'system',
    severity: alterations.some(isSuspicious) ? 'error' : alterations.some(isRewrite) ? 'warning' : 'info',
    outcome: 'success',
    actor: { type: 'system' },
    details: {
      alterations: alterations.slice(0, MAX_NAMED).map(({ what, of }) => ({ what, of })),
      count: alterations.length,
      parts: now.length,
      stateDigest: digestOfState(state),
    },
  });
  const stored = await session.rows(STORE_STATE, [event.id, state, last?.position ?? 0]);
  if (stored.length === 0) throw OUTRUN;
  return alterations;
}
