import type { ProviderHealth } from './provider-health.js';
import { describeOrphan, orphansOf } from './spill/orphans.js';
import type { LostEvents } from './spill/spill-overflow.js';
import type { SpillStatus } from './spill/spill-folder.js';

/**
 * `sound`: every event is stored where it belongs, and nothing needs attention. `degraded`: no event is being lost, but something needs
 * attention. `down`: events cannot be kept anywhere and are being lost, or their operations are refused.
 */
export type AuditHealthState = 'sound' | 'degraded' | 'down';

/** The state of the audit. */
export interface AuditHealth {
  readonly state: AuditHealthState;
  /** Why the state is not `sound`, the worst first: each with the finding and the remedy. */
  readonly reasons: readonly string[];
}

/** Judges the results of `AuditAggregator.health()` and `.spill()`. */
export function judgeHealth(
  providers: Readonly<Record<string, ProviderHealth>>,
  spill: SpillStatus | undefined,
): AuditHealth {
  const losses = Object.entries(providers).flatMap(([backend, health]) => {
    const loss = lossOf(backend, health, spill);
    return loss === undefined ? [] : [{ loss, required: health.required }];
  });
  const isDown = losses.some(({ required }) => required) || isEverybody(losses.length, providers);
  const reasons = [
    ...losses.map(({ loss }) => loss),
    ...Object.entries(providers).flatMap(([backend, health]) => troublesOf(backend, health)),
    ...troublesOfSpill(spill, (backend) => backend in providers),
  ];
  return { state: isDown ? 'down' : reasons.length > 0 ? 'degraded' : 'sound', reasons };
}

/** Whether every provider loses events and none is required: events that one provider stores are not lost. */
function isEverybody(losing: number, providers: Readonly<Record<string, ProviderHealth>>): boolean {
  const all = Object.values(providers);
  return losing > 0 && losing === all.length && !all.some(({ required }) => required);
}

function lossOf(backend: string, health: ProviderHealth, spill: SpillStatus | undefined): string | undefined {
  const { state, trouble, losing } = health;
  const takesNone = state === 'suspended' || trouble !== undefined;
  const hasNoRoom = losing || (state === 'suspended' && (spill === undefined || spill.full));
  if (!takesNone || !hasNoRoom) return undefined;
  return (
    `Events for the audit provider "${backend}" are being lost: it takes none (${trouble ?? 'no answer'}), and ` +
    `${whyNoRoom(spill)}. Repair the provider.`
  );
}

function whyNoRoom(spill: SpillStatus | undefined): string {
  if (!spill) return 'there is no spill: set spillDir to a folder on a disk with room';
  if (spill.full)
    return `the spill is full (${spill.bytes} of ${spill.maxBytes} bytes): raise maxSpillBytes, or make room`;
  return 'the spill cannot be written: the log says why';
}

function troublesOf(backend: string, health: ProviderHealth): readonly string[] {
  const { state, trouble, error, lost, spillPending, deadLetters, blocked } = health;
  const name = `the audit provider "${backend}"`;
  return [
    ...(state === 'suspended'
      ? [
          `Cannot bring events to ${name}: ${trouble ?? 'no answer'}. Repair it; the events are offered again automatically.`,
        ]
      : []),
    ...(error === undefined ? [] : [`The check of ${name} failed: ${error}`]),
    ...(spillPending
      ? [`Events for ${name} are in the spill, and are replayed automatically. If they stay there, see the log.`]
      : []),
    ...(lost === undefined ? [] : [describeLost(name, lost)]),
    ...(deadLetters > 0
      ? [
          `${name} refuses ${deadLetters} events (dead letters). See why with "nestjs-audit-ledger spill list", repair the ` +
            'cause, and replay or drop them.',
        ].map(capitalize)
      : []),
    ...(blocked > 0 ? [`${blocked} callers wait, since ${name} is slower than events come. Give it more speed.`] : []),
  ];
}

function describeLost(name: string, { events, isUnknown, firstAt, lastAt }: LostEvents): string {
  if (firstAt === undefined) {
    return `${events} events for ${name} were lost since the start. The log says why; it stays here until a restart.`;
  }
  return (
    `${isUnknown ? 'An unknown number of' : events} events for ${name} were lost between ${firstAt} and ${lastAt ?? firstAt}. An event audit_events_lost records it; when you ` +
    'have taken note of it, run "nestjs-audit-ledger spill acknowledge".'
  );
}

function troublesOfSpill(spill: SpillStatus | undefined, isKnown: (backend: string) => boolean): readonly string[] {
  if (!spill) return [];
  const { full, bytes, maxBytes, corruptLines, problem } = spill;
  return [
    ...(problem === undefined
      ? []
      : [`The spill cannot be written (${problem}): events that a provider cannot take are lost. Repair its folder.`]),
    ...(full ? [`The spill is full (${bytes} of ${maxBytes} bytes). Raise maxSpillBytes, or make room.`] : []),
    ...(corruptLines > 0
      ? [`${corruptLines} lines of the spill cannot be read, and are in its .corrupt files. Repair or remove them.`]
      : []),
    ...orphansOf(spill, isKnown).map(describeOrphan),
  ];
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
