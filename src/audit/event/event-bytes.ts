import type { AuditEvent } from './audit-event.js';

/** What is reckoned for an event that nobody measured, such as one read back from the spill. */
const UNMEASURED_EVENT_BYTES = 2_048;

/** Its constructor returns the given object, so that a subclass puts its private field on that one. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what it does is its constructor
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Keeps an event's size in a private field on the event itself, where no copy, JSON or comparison sees it. A WeakMap costs
 * thirty times as much, and a symbol would be seen.
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
 * About how many bytes an event's JSON has, without making it: what its building counted, within some 30 % for a usual
 * event and never less than a third; {@link UNMEASURED_EVENT_BYTES} for an event that was not built in this process, or is a copy.
 */
export function eventBytes(event: AuditEvent): number {
  return Measured.bytesOf(event) ?? UNMEASURED_EVENT_BYTES;
}

/** Notes the size of an event that is being built. */
export function noteBytes(event: object, bytes: number): void {
  new Measured(event, bytes);
}
