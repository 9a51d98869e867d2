import { getErrorMessage } from '../../base/errors/error-facts.js';
import type { JsonObject } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/provider-discovery.service.js';
import { DELIVERY_TIMING } from './delivery-timing.js';
import type { QueueStatus } from './delivery-queue.js';
import type { OverflowStatus } from './spill/backend-overflow.js';
import { describeOrphan, findOrphans, type SpillStatus } from './spill/spill-folder.js';
import { throwTimeout, withTimeout } from '../../base/with-timeout.js';

/** The state of the delivery to a provider. Counts begin at the start of this process. */
export interface DeliveryStatus extends QueueStatus, OverflowStatus {
  /** Whether the application needs the provider: see `required` of `@AuditProvider`. */
  readonly required: boolean;
}

/** The state of a provider. */
export interface ProviderHealth extends DeliveryStatus {
  /** The result of the provider's own check. */
  readonly store?: JsonObject;
  /** Why the check failed, or the `problem` in its result. */
  readonly error?: string;
}

/** Runs a provider's own check, but waits for it only briefly. Never rejects. */
export async function checkStore({ instance }: RegisteredProvider): Promise<Pick<ProviderHealth, 'store' | 'error'>> {
  if (!instance.check) return {};
  const timeoutMs = DELIVERY_TIMING.checkMs;
  try {
    const store = await withTimeout(timeoutMs, instance.check(), () => throwTimeout(timeoutMs));
    return typeof store.problem === 'string' ? { store, error: store.problem } : { store };
  } catch (error) {
    return { error: getErrorMessage(error) };
  }
}

/**
 * `sound`: every event is stored, and nothing needs attention. `degraded`: something needs attention, but the required providers' events
 * are not lost. `down`: events cannot be stored anywhere. Such events are lost, or their operations are refused.
 */
export type AuditHealthState = 'sound' | 'degraded' | 'down';

export interface AuditHealth {
  readonly state: AuditHealthState;
  /** Why the state is not `sound`, the worst reason first. Each reason names the problem and what to do. */
  readonly reasons: readonly string[];
}

/** Judges the results of `AuditAggregator.health()` and `.spill()`. */
export function assessHealth(
  providers: Readonly<Record<string, ProviderHealth>>,
  spill: SpillStatus | undefined,
): AuditHealth {
  const all = Object.entries(providers);
  const losing = all.filter(([, health]) => isLosing(health, spill));
  // Events that one provider stores are not lost, unless another provider is required.
  const isEverybody = losing.length > 0 && losing.length === all.length && !all.some(([, { required }]) => required);
  const isDown = losing.some(([, { required }]) => required) || isEverybody;
  const reasons = [
    ...losing.map(
      ([backend, { lastProblem = 'no answer' }]) =>
        `Events for the audit provider "${backend}" are being lost: it stores none (${lastProblem}), and ` +
        `${explainFullSpill(spill)}. Repair the provider.`,
    ),
    ...all.flatMap(([backend, health]) => findProviderProblems(`the audit provider "${backend}"`, health)),
    ...(spill ? findSpillProblems(spill, (backend) => backend in providers) : []),
  ];
  return { state: isDown ? 'down' : reasons.length > 0 ? 'degraded' : 'sound', reasons };
}

function isLosing({ state, lastProblem, losing }: ProviderHealth, spill: SpillStatus | undefined): boolean {
  const isSuspended = state === 'suspended';
  return (isSuspended || lastProblem !== undefined) && (losing || (isSuspended && (spill === undefined || spill.full)));
}

function explainFullSpill(spill: SpillStatus | undefined): string {
  if (!spill) return 'there is no spill: set spillDir to a folder on a disk with free space';
  if (spill.full)
    return `the spill is full (${spill.bytes} of ${spill.maxBytes} bytes): raise maxSpillBytes, or free space in the spill`;
  return 'the spill cannot be written: see the log';
}

function findProviderProblems(name: string, health: ProviderHealth): readonly string[] {
  const { state, lastProblem = 'no answer', error, lost, spillPending, deadLetters } = health;
  const troubles: string[] = [];
  if (state === 'suspended')
    troubles.push(
      `Cannot deliver events to ${name}: ${lastProblem}. Repair the provider. The delivery is retried automatically.`,
    );
  if (error !== undefined) troubles.push(`The check of ${name} failed: ${error}`);
  if (spillPending)
    troubles.push(
      `Events for ${name} are in the spill, and are replayed automatically. If they remain there, see the log.`,
    );
  if (lost !== undefined)
    troubles.push(
      `${lost.events} events for ${name} were lost between ${lost.firstAt} and ${lost.lastAt}, and logged to stderr. An event ` +
        'audit_events_lost reports them when the provider is back.',
    );
  if (deadLetters > 0)
    troubles.push(
      `T${name.slice(1)} refuses ${deadLetters} events (dead letters). List the reasons with "nestjs-audit-ledger spill list", repair ` +
        'the cause, and replay or drop the dead letters.',
    );
  return troubles;
}

function findSpillProblems(spill: SpillStatus, isKnown: (backend: string) => boolean): readonly string[] {
  const { full, bytes, maxBytes, corruptLines, problem } = spill;
  const troubles: string[] = [];
  if (problem !== undefined)
    troubles.push(
      `The spill cannot be written (${problem}): events that a provider cannot store are lost. Repair its folder.`,
    );
  if (full)
    troubles.push(
      `The spill is full (${bytes} of ${maxBytes} bytes). Raise maxSpillBytes, or free space in the spill.`,
    );
  if (corruptLines > 0)
    troubles.push(
      `${corruptLines} lines of the spill cannot be read, and are in its .corrupt files. Repair or remove these files.`,
    );
  return [...troubles, ...findOrphans(spill, isKnown).map(describeOrphan)];
}
