import { DiscoveryService } from '@nestjs/core';
import type { SealedEvent } from '../read/query/ledger-event.js';

/** The options of `@LogConsumer`. */
export interface LogConsumerOptions {
  /** The name of the consumer, unique in the ledger: `^[a-z][a-z0-9-]{0,62}$`. With another name, the consumer begins again. */
  readonly name: string;
  /** Whether a new consumer gets the events that are already sealed. @defaultValue 'beginning' */
  readonly from?: 'now' | 'beginning';
  /** Whether retention waits until the consumer has handled an event. @defaultValue false */
  readonly delaysRetention?: boolean;
}

/** A provider of the application that gets every sealed event, in the order of the log. */
export interface LogConsumer {
  /**
   * Handles a batch. When the method resolves, the consumer moves on, and the events in `park` wait until somebody retries or drops them. If the method
   * throws, it gets the same batch again, after a growing pause. After a crash it also gets the same batch again, so it must be idempotent by event id.
   * Only one process at a time calls it; a replay calls it beside the live events.
   *
   * @param events sorted by `index`. Retired events are missing, and erased events have no personal values
   * @param signal aborted when the application shuts down, or another process takes over
   */
  handle(
    events: readonly SealedEvent[],
    signal: AbortSignal,
  ): Promise<{ readonly park?: readonly string[] } | undefined> | Promise<void>;
}

/** Marks a provider class that gets every sealed event, in order, at least once. */
export const LogConsumer = DiscoveryService.createDecorator<LogConsumerOptions>();
