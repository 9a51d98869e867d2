import type { ReplicaState } from '../store/replica-freshness.service.js';
import { toldBy, type StatePart } from './state-report.js';

/** What the state says of the replica that answers questions. It names no host: everybody may know how fresh an answer is. */
export function replicaPart(replica: ReplicaState | undefined): StatePart {
  const name = 'replica';
  if (!replica) return { name, status: 'off', says: 'The primary answers queries and exports.', facts: {} };
  const lagSeconds = Math.round(replica.lagSeconds);
  const facts = { asOf: replica.asOf?.toISOString() ?? null, lagSeconds };
  if (replica.problem) return { name, status: 'error', ...toldBy(replica.problem.message), facts };
  return { name, status: 'ok', says: `A replica answers queries and exports. It is ${lagSeconds} s behind.`, facts };
}
