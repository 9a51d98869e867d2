import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { change } from '../change-stream.js';
import type { StreamOperator } from '../enroll-stream.js';
import type { LedgerTransactions } from '../../monitoring/store/sessions/ledger-session.js';
import type { TestAnswer } from '../stream.dto.js';

const ASK = `
  INSERT INTO audit_stream_test (stream, id) VALUES ($1, $2)
      ON CONFLICT (stream) DO UPDATE SET (id, requested_at, answer, answered_at) = (EXCLUDED.id, EXCLUDED.requested_at, NULL, NULL)
  RETURNING id`;
const ANSWER = 'SELECT answer FROM audit_stream_test WHERE stream = $1 AND id = $2 AND answer IS NOT NULL';
const WAIT_MS = 30_000;
const LOOK_MS = 200;

/**
 * Lets the leader send a test event, even for a paused stream, with a signed act. Resolves with the answer, within 30 s.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`)
 */
export async function testStream(
  session: LedgerTransactions,
  stream: string,
  operator: StreamOperator,
  hurry: () => void = () => undefined,
): Promise<TestAnswer> {
  const id = randomUUID();
  await change(session, { stream, change: 'tested' }, operator, () => session.rows(ASK, [stream, id]));
  hurry();
  const giveUpAt = performance.now() + WAIT_MS;
  while (performance.now() < giveUpAt) {
    const [row] = await session.rows(ANSWER, [stream, id]);
    if (row) return { id, ...(row.answer as Omit<TestAnswer, 'id'>) }; // as the worker stored it
    await delay(LOOK_MS);
  }
  return { id, outcome: 'unanswered' };
}
