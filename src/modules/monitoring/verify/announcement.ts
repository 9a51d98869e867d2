import { parseJson, AuditError, canonicalJson } from '../../../audit/plain.js';
import { RETIREMENT_TYPE } from '../access/own-events.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { verifyAct } from '../acts/act-note.js';

/** The content of an event `audit_events_retired`: which places of the log were retired, and by which policy. */
export interface Announcement {
  readonly id: string;
  /** RFC 3339. */
  readonly occurredAt: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The statement of a retirement's act that its archive repeats. */
export interface StatedRetirement {
  readonly retirementId: string;
  readonly archive: string;
  readonly policy: string;
  /** RFC 3339. */
  readonly cutoff: string;
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly indexesDigest: string;
  readonly idsDigest: string;
}

/** The name of the act that an announcement carries. */
export const RETIREMENT_ACT = 'retirement';

const DAY_MS = 86_400_000;

interface SealedEvent extends Omit<Announcement, 'details'> {
  readonly type: string;
  readonly details: Announcement['details'] | null;
}

/**
 * Parses the announcement in an entry; `undefined` for an entry of another event, or an invalid one. It does not check whether the entry is
 * in the log.
 */
export function parseAnnouncement(entry: Uint8Array): Announcement | undefined {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (!bytes.includes(RETIREMENT_TYPE)) return undefined;
  try {
    const { id, type, occurredAt, details } = parseJson(bytes.toString()) as Partial<SealedEvent>; // of any shape
    // Anyone who may add events can add one whose details are null, or absent.
    const isStated = typeof details === 'object' && details !== null;
    return type === RETIREMENT_TYPE && isStated
      ? { id: String(id), occurredAt: String(occurredAt), details }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The statement of an announcement whose act was accepted. */
export function statedOf(entry: Uint8Array): StatedRetirement {
  return statedIn(parseAnnouncement(entry)?.details ?? {});
}

/** The statement in the details of such an announcement. */
export function statedIn(details: Announcement['details']): StatedRetirement {
  const text = (name: string): string => String(details[name]);
  return {
    retirementId: text('retirementId'),
    archive: text('archive'),
    policy: text('policy'),
    cutoff: text('cutoff'),
    events: Number(details.events),
    firstIndex: Number(details.firstIndex),
    lastIndex: Number(details.lastIndex),
    indexesDigest: text('indexesDigest'),
    idsDigest: text('idsDigest'),
  };
}

/** Why an announcement lacks a matching act that the ledger's key signed; `undefined` if it has one. Never throws. */
export function whyUnsigned({ details }: Announcement, trust: CheckpointTrust): string | undefined {
  const { act: note, ...stated } = details;
  if (typeof note !== 'string') return 'its event carries no signed act';
  try {
    const { statement } = verifyAct(note, trust);
    const isSame = canonicalJson(statement) === canonicalJson({ ...stated, act: RETIREMENT_ACT });
    return isSame ? undefined : 'its event says otherwise than the signed act in it';
  } catch (error) {
    if (error instanceof AuditError) return `its act is not accepted: ${error.message.replace(/\.$/, '')}`;
    throw error;
  }
}

/** Whether the events before its cutoff were old enough then, by the policy that it names. */
export function isDue({ occurredAt, details }: Announcement): boolean {
  const days = daysOf(details.policy);
  return days > 0 && Date.parse(String(details.cutoff)) + days * DAY_MS <= Date.parse(occurredAt);
}

function daysOf(policy: unknown): number {
  try {
    return Number((parseJson(String(policy)) as { days?: unknown }).days);
  } catch {
    return 0;
  }
}
