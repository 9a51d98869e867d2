import type { AuditEvent } from './audit-event.js';

/** The assumed size of an event that nobody measured, for example one read from the spill. */
const UNMEASURED_EVENT_BYTES = 2_048;

/** Returns the given object from its constructor, so that a subclass puts its private field on that object. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what it does is its constructor
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Keeps an event's size in a private field on the event itself, which copies, JSON and comparisons do not see. A WeakMap is thirty times as
 * slow, and a symbol would be visible.
 */
class Measured extends Given {
  readonly #bytes: number;

  constructor(event: object, bytes: number) {
    super(event);
    this.#bytes = bytes;
  }

  static bytesOf(event: object): number | undefined {
    return #bytes in event ? event.#bytes : undefined;
  }
}

/**
 * Returns the approximate size of an event's JSON without making it: the count from its building, within some 30 % for a usual event and
 * never less than a third; {@link UNMEASURED_EVENT_BYTES} for an event that was not built in this process, or is a copy.
 */
export function eventBytes(event: AuditEvent): number {
  return Measured.bytesOf(event) ?? UNMEASURED_EVENT_BYTES;
}

/** Notes the size of an event that is being built. */
export function noteBytes(event: object, bytes: number): void {
  new Measured(event, bytes);
}
