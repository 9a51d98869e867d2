export type DeliveryResult =
  /** Stored by the provider. */
  | { readonly status: 'recorded' }
  /** Accepted by a durable queue in front of the provider's store. */
  | { readonly status: 'accepted' }
  /** Written in the caller's transaction. A commit stores the event; a rollback removes it. */
  | { readonly status: 'joined' }
  /** To be delivered after the commit, never after a rollback. `error`: why the event could not be written in the transaction. */
  | { readonly status: 'deferred'; readonly error?: string }
  /** Cannot be written in the caller's transaction, whose COMMIT this library does not see. Call the receipt's `deliver` after the COMMIT. */
  | { readonly status: 'pending'; readonly error?: string }
  /** Stored in the local spill, on disk, since the provider could not store the event. The event will be replayed. */
  | { readonly status: 'spilled'; readonly error: string }
  /** Lost, and logged to stderr: neither the provider nor the spill could store it. */
  | { readonly status: 'failed'; readonly error: string }
  /** The provider does not want this category, or no caller waits for the provider (`awaited: false`). */
  | { readonly status: 'skipped'; readonly reason: 'category' | 'not_awaited' };

/** The result of `record()`. */
export interface AuditReceipt {
  /** The id of the event; of the earlier event, if {@link duplicateOf} is set. */
  readonly eventId: string;
  /**
   * Whether at least one provider stored the event, or wrote it in the caller's transaction. An event that is only `accepted` is not
   * recorded yet.
   */
  readonly recorded: boolean;
  /** Set for a failure or denial over the limit of its source: not stored, but counted in the next `audit_failures_counted` event. */
  readonly counted?: true;
  /**
   * Set if an earlier event took the call's `idempotencyKey`: the id of that event. Not set if the earlier event is not sealed yet, or the
   * ledger does not answer; the ledger still seals only one of the events.
   */
  readonly duplicateOf?: string;
  /** Set for an event within `AuditContext.ignore`, which is not stored. */
  readonly ignored?: true;
  /** The result of each enabled provider, by backend. */
  readonly providers: Readonly<Record<string, DeliveryResult>>;
  /** Delivers the event to the providers with the status `pending`. Call this method after the COMMIT. Absent if no provider is left. */
  deliver?(): Promise<AuditReceipt>;
}

export function makeReceipt(eventId: string, providers: Record<string, DeliveryResult>): AuditReceipt {
  let recorded = false;
  for (const backend in providers) {
    const status = providers[backend]?.status;
    if (status === 'recorded' || status === 'joined') recorded = true;
  }
  return { eventId, recorded, providers };
}

/**
 * Whether the results satisfy `onFailure: 'closed'`: `done` is true for every awaited required provider; without required providers, for
 * at least one awaited provider. A provider without a result does not count. Without any awaited provider, returns `true`.
 */
export function satisfiesClosedPolicy(
  providers: readonly { readonly backend: string; readonly awaited: boolean; readonly required: boolean }[],
  results: Readonly<Record<string, DeliveryResult>>,
  done: (result: DeliveryResult) => boolean,
): boolean {
  const waitedFor = providers.flatMap(({ backend, awaited, required }) => {
    const result = results[backend];
    return awaited && result !== undefined && result.status !== 'skipped' ? [{ required, isDone: done(result) }] : [];
  });
  const required = waitedFor.filter((each) => each.required);
  if (required.length > 0) return required.every(({ isDone }) => isDone);
  return waitedFor.length === 0 || waitedFor.some(({ isDone }) => isDone);
}
