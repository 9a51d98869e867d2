import { isOwnEvent } from '../catalogue/own-events.js';
import type { AuditEvent } from '../event/audit-event.js';

/** How many types a count names; events of further types are counted as `other`. */
const MAX_TYPES = 32;

/** Counts the events that one `AuditContext.ignore` leaves out, until its work is done. */
export class IgnoredEvents {
  private readonly types = new Map<string, number>();
  private events = 0;
  private isOver = false;

  /** Whether the event is left out; if so, counts it. Events after the end of the work are recorded as usual. */
  takes({ type }: AuditEvent): boolean {
    if (this.isOver || isOwnEvent(type)) return false;
    const name = this.types.has(type) || this.types.size < MAX_TYPES ? type : 'other';
    this.types.set(name, (this.types.get(name) ?? 0) + 1);
    this.events++;
    return true;
  }

  end(): void {
    this.isOver = true;
  }

  /** Whether the work is still being done. */
  get isOn(): boolean {
    return !this.isOver;
  }

  /** The number of events, in total and by type. */
  get facts(): { readonly events: number; readonly types: Readonly<Record<string, number>> } {
    return { events: this.events, types: Object.fromEntries(this.types) };
  }
}
