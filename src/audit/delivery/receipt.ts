/** The result of an event at one provider. */
export type DeliveryResult =
  /** Stored by the provider. */
  | { readonly status: 'recorded' }
  /** Kept by a durable queue in front of the provider's store; it is stored from there. */
  | { readonly status: 'accepted' }
  /** Written in the caller's transaction before its commit. The commit stores the event; a rollback undoes it. */
  | { readonly status: 'joined' }
  /** Offered to the provider after the commit, never after a rollback; `error`: why it could not be written before. */
  | { readonly status: 'deferred'; readonly error?: string }
  /** The provider could not take it; it is in the local spill, on disk, and will be replayed. */
  | { readonly status: 'spilled'; readonly error: string }
  /** Neither the provider nor the spill could take it. */
  | { readonly status: 'failed'; readonly error: string }
  /** The provider does not want this category, or is not awaited (`awaited: false`, `delivery: 'buffered'`). */
  | { readonly status: 'skipped'; readonly why: 'category' | 'not awaited' };

/** The result of `record()`. */
export interface AuditReceipt {
  readonly eventId: string;
  /**
   * Whether at least one provider stored the event, or wrote it in the caller's transaction. An event that is only `accepted` is not
   * recorded yet.
   */
  readonly recorded: boolean;
  /**
   * Present for a failure or denial that is counted instead of recorded, since its source had too many in a minute: no event with this id
   * is stored; the next `audit_failures_counted` event includes it.
   */
  readonly counted?: true;
  /** Present for an event within `AuditContext.ignore`, which is not recorded: no event with this id is stored. */
  readonly ignored?: true;
  /** The result of each enabled provider, by backend. */
  readonly providers: Readonly<Record<string, DeliveryResult>>;
}

/** Makes a receipt from the providers' results. */
export function makeReceipt(eventId: string, providers: Record<string, DeliveryResult>): AuditReceipt {
  let recorded = false;
  for (const backend in providers) {
    const status = providers[backend]?.status;
    if (status === 'recorded' || status === 'joined') recorded = true;
  }
  return { eventId, recorded, providers };
}

/**
 * Whether every awaited required provider is `done`, as `onFailure: 'closed'` demands; without required ones, at least one awaited one.
 * A provider without a result was not awaited. An event that nobody waits for cannot fail.
 */
export function meetsClosedPolicy(
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
