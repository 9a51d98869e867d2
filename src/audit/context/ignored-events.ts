import { isOwnEvent } from '../catalogue/own-events.js';
import type { AuditEvent } from '../event/audit-event.js';

const MAX_TYPES = 32;

export function countType(types: Record<string, number>, type: string): void {
  const name = Object.hasOwn(types, type) || Object.keys(types).length < MAX_TYPES ? type : 'other';
  types[name] = (Object.hasOwn(types, name) ? (types[name] ?? 0) : 0) + 1;
}

/** Counts the events that one `AuditContext.ignore` leaves out, until its work ends. */
export class IgnoredEvents {
  private readonly types: Record<string, number> = {};
  private events = 0;
  private isOver = false;

  /** Whether to leave out the event. Counts an event that is left out. Events after the end of the work are recorded as usual. */
  ignores({ type }: AuditEvent): boolean {
    if (this.isOver || isOwnEvent(type)) return false;
    countType(this.types, type);
    this.events++;
    return true;
  }

  end(): void {
    this.isOver = true;
  }

  get isOn(): boolean {
    return !this.isOver;
  }

  get facts(): { readonly events: number; readonly types: Readonly<Record<string, number>> } {
    return { events: this.events, types: { ...this.types } };
  }
}
