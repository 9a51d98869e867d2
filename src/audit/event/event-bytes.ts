import type { AuditEvent } from './audit-event.js';

const UNMEASURED_EVENT_BYTES = 2_048;

/** The constructor returns its argument. A subclass thus adds its private field to that argument. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the constructor does the work
class SuppliedEvent {
  constructor(input: object) {
    return input;
  }
}

/** Copies, JSON and comparisons omit private fields. A WeakMap is thirty times slower, and a symbol would be visible. */
class Measured extends SuppliedEvent {
  readonly #bytes: number;

  constructor(event: object, bytes: number) {
    super(event);
    this.#bytes = bytes;
  }

  static measureBytes(event: object): number | undefined {
    return #bytes in event ? event.#bytes : undefined;
  }
}

/**
 * Returns the approximate size of an event's JSON in bytes: usually within 30 %, at least a third of the true size. Returns {@link
 * UNMEASURED_EVENT_BYTES} for a copy, and for an event that another process built.
 */
export function measureEvent(event: AuditEvent): number {
  return Measured.measureBytes(event) ?? UNMEASURED_EVENT_BYTES;
}

export function noteBytes(event: object, bytes: number): void {
  new Measured(event, bytes);
}
