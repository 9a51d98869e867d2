import type { AuditEvent } from './audit-event.js';

/** The assumed size of an unmeasured event, for example of an event from the spill. */
const UNMEASURED_EVENT_BYTES = 2_048;

/** Returns the given object from its constructor, so that a subclass adds its private field to that object. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the constructor does the work
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Stores an event's size in a private field of the event itself, which copies, JSON and comparisons do not include. A WeakMap is thirty
 * times slower, and a symbol would be visible.
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
 * Returns the approximate size of an event's JSON: for a usual event, within about 30 %; for any event, at least a third of the true size.
 * An event that this process did not build, or a copy, has {@link UNMEASURED_EVENT_BYTES}.
 */
export function eventBytes(event: AuditEvent): number {
  return Measured.bytesOf(event) ?? UNMEASURED_EVENT_BYTES;
}

/** Notes the size of an event that is being built. */
export function noteBytes(event: object, bytes: number): void {
  new Measured(event, bytes);
}
