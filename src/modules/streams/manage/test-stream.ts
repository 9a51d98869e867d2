import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { change } from '../change-stream.js';
import type { StreamOperator } from '../register-stream.js';
import type { LedgerTransactions } from '../../monitoring/store/sessions/ledger-session.js';
import type { TestAnswer } from '../stream.dto.js';

const ASK = 'UPDATE audit_stream SET (test_id, test_answer) = ($2, NULL) WHERE name = $1 RETURNING name';
const ANSWER =
  'SELECT test_answer AS answer FROM audit_stream WHERE name = $1 AND test_id = $2 AND test_answer IS NOT NULL';
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
