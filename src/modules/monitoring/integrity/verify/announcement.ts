import { parseJson } from '../../../../audit/index.js';
/** What an event `audit_events_retired` says: which places of the log were retired, by which policy. */
export interface Announcement {
  readonly id: string;
  readonly occurredAt: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const TYPE = 'audit_events_retired';
const DAY_MS = 86_400_000;

/** The announcement of an entry; `undefined` for one of another event, or of none. Whether the entry is in the log is not looked at. */
export function parseAnnouncement(entry: Uint8Array): Announcement | undefined {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (!bytes.includes(TYPE)) return undefined;
  try {
    const { id, type, occurredAt, details } = parseJson(bytes.toString()) as Announcement & { readonly type: string }; // a sealed event
    return type === TYPE ? { id, occurredAt, details } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the events before the cutoff that it names were old enough then, by the policy that it names. */
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
