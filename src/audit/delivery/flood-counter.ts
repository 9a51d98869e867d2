import { countType } from '../context/ignored-events.js';
import type { AuditActor, AuditEvent } from '../event/audit-event.js';

/** The length of a window, in which one source's failures are counted together. */
export const COUNTED_MS = 60_000;

const MAX_SOURCES = 10_000;

/** The source of failures: an address (for IPv6 its /64), an actor, or all sources beyond the limit. */
export type FailureSource =
  | { readonly kind: 'ip'; readonly ip: string }
  | { readonly kind: 'actor'; readonly actor: Pick<AuditActor, 'type' | 'id'> }
  | { readonly kind: 'many' };

/** The failures of one source that were counted instead of recorded. */
export interface CountedFailures {
  readonly source: FailureSource;
  readonly events: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly types: Readonly<Record<string, number>>;
  /** The tenant of all failures; `undefined` for several tenants or without a tenant. */
  readonly tenantId: string | undefined;
}

/** What a {@link FloodCounter} reports. */
export interface FloodReports {
  /** Called with the first counted failure of a flood. Resolves when the fact that counting began is stored. Never rejects. */
  began(source: FailureSource, first: AuditEvent): Promise<void>;
  /** Called once for each count. */
  counted(counted: CountedFailures): void;
}

interface Window {
  readonly source: FailureSource;
  startedAtMs: number;
  /** All failures of the window, including the recorded failures. */
  failures: number;
  /** Whether to count every failure, since the source was over the limit in the previous window. */
  fromTheFirst: boolean;
  /** Resolves when the fact that counting began is stored. */
  began: Promise<void> | undefined;
  counted: Counting | undefined;
}

interface Counting extends CountedFailures {
  events: number;
  lastAt: string;
  readonly types: Record<string, number>;
  tenantId: string | undefined;
}

/**
 * Rate limit of recorded failures: counts a source's failures and denials above a limit per minute. A source's window begins with its first failure. Up to the limit, the
 * source's failures are recorded. Further failures are counted, and the count is reported at the window's end. After a window over the
 * limit, all failures of the next window are counted, so a long flood causes one count per minute. The fact that
 * counting began is stored before any counted failure is answered, so a crash loses numbers, but never the fact.
 *
 *   quiet ── a failure ──▶ recording ── over the limit ──▶ counting ── end of the window ──▶ reported, counting all
 *     ▲                        │ end of the window                                                │ a window within the limit
 *     └────────────────────────┴──────────────────────────────────────────────────────────────────┘
 */
export class FloodCounter {
  private readonly windows = new Map<string, Window>();

  /** @param limit how many failures of a source are recorded in a minute */
  constructor(
    private readonly limit: number,
    private readonly now: () => number,
    private readonly reports: FloodReports,
  ) {}

  /**
   * Counts an event over the limit. The promise resolves when the fact that counting began is stored. Returns `undefined` if the event must
   * be recorded: it is within the limit, not a failure, without a source, or a server error.
   */
  count(event: AuditEvent): Promise<void> | undefined {
    if ((event.outcome !== 'failure' && event.outcome !== 'denied') || isServerFault(event)) return undefined;
    const windows = listFailureSources(event).map(([key, source]) => this.getWindow(key, source));
    for (const window of windows) window.failures++;
    const over = windows.find(({ failures, fromTheFirst }) => fromTheFirst || failures > this.limit);
    if (!over) return undefined;
    countInWindow(over, event);
    return (over.began ??= this.reports.began(over.source, event));
  }

  /** Reports the counts of the windows that have ended. Call `tick` often, since ended windows count towards {@link MAX_SOURCES}. */
  tick(): void {
    const now = this.now();
    for (const [key, window] of this.windows) if (isWindowOver(window, now)) this.close(key, window, now);
  }

  flush(): void {
    for (const window of this.windows.values()) this.reportWindow(window);
    this.windows.clear();
  }

  get sources(): number {
    return this.windows.size;
  }

  private getWindow(key: string, source: FailureSource): Window {
    const now = this.now();
    const known = this.windows.get(key);
    if (known && isWindowOver(known, now)) this.close(key, known, now);
    const open = this.windows.get(key);
    if (open) return open;
    if (this.windows.size >= MAX_SOURCES && source.kind !== 'many') return this.getWindow('many', { kind: 'many' });
    const begin = { startedAtMs: now, failures: 0, fromTheFirst: false };
    const window: Window = { source, ...begin, began: undefined, counted: undefined };
    this.windows.set(key, window);
    return window;
  }

  private close(key: string, window: Window, now: number): void {
    this.reportWindow(window);
    if (window.failures <= this.limit || now - window.startedAtMs >= 2 * COUNTED_MS) {
      this.windows.delete(key);
      return;
    }
    window.startedAtMs += COUNTED_MS;
    window.failures = 0;
    window.fromTheFirst = true;
  }

  private reportWindow(window: Window): void {
    const { counted } = window;
    window.counted = undefined;
    if (counted) this.reports.counted(counted);
  }
}

function isWindowOver({ startedAtMs }: Window, now: number): boolean {
  return now - startedAtMs >= COUNTED_MS;
}

/** A server fault does not count, since every request fails with one while a database is down. */
function isServerFault({ severity, request }: AuditEvent): boolean {
  return (
    severity === 'critical' || (request?.statusCode === undefined ? severity === 'error' : request.statusCode >= 500)
  );
}

function countInWindow(window: Window, { occurredAt, type, tenantId }: AuditEvent): void {
  const counted = (window.counted ??= {
    source: window.source,
    events: 0,
    firstAt: occurredAt,
    lastAt: occurredAt,
    types: {},
    tenantId,
  });
  counted.events++;
  counted.lastAt = occurredAt;
  if (counted.tenantId !== tenantId) counted.tenantId = undefined;
  countType(counted.types, type);
}

/** An attacker may try many accounts from one address, or one account from many addresses. */
function listFailureSources({
  actor,
  request,
}: AuditEvent): readonly (readonly [key: string, source: FailureSource])[] {
  const sources: (readonly [string, FailureSource])[] = [];
  if (request?.ip !== undefined) {
    const network = toNetwork(request.ip);
    sources.push([`ip ${network}`, { kind: 'ip', ip: network }]);
  }
  const { type, id } = actor;
  if (id !== undefined) sources.push([`actor ${type} ${id}`, { kind: 'actor', actor: { type, id } }]);
  return sources;
}

/** For IPv6, one host has a whole /64. */
function toNetwork(ip: string): string {
  if (!ip.includes(':') || ip.includes('.')) return ip;
  const [head = '', tail] = ip.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last].slice(0, 4);
  return `${groups.join(':').replace(/(?<!:0)(?::0)+$/, '')}::`;
}
