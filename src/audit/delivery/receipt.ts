/** What became of an event at one provider. */
export type DeliveryResult =
  /** Stored by the provider. */
  | { readonly status: 'recorded' }
  /** Kept by a queue in front of the provider's store, which survives what that queue promises, and stored from there. */
  | { readonly status: 'accepted' }
  /** Written in the caller's transaction before its commit, which stores the event; its rollback undoes it. */
  | { readonly status: 'joined' }
  /** Offered to the provider after the commit, never after a rollback; `error`: why it could not be written before. */
  | { readonly status: 'deferred'; readonly error?: string }
  /** The provider could not take it; it is in the local spill, on disk, and will be replayed. */
  | { readonly status: 'spilled'; readonly error: string }
  /** Neither the provider nor the spill could take it. */
  | { readonly status: 'failed'; readonly error: string }
  /** The provider does not want this category, or is not waited for (`awaited: false`, `delivery: 'buffered'`). */
  | { readonly status: 'skipped'; readonly why: 'category' | 'not awaited' };

/** What `record()` resolves to. */
export interface AuditReceipt {
  readonly eventId: string;
  /** Whether at least one provider stored the event, or wrote it in the caller's transaction. What is only `accepted` is not recorded yet. */
  readonly recorded: boolean;
  /**
   * Present for a failure or denial that is counted instead of recorded, since its source had too many in a minute: no event of this id is
   * stored; the next `audit_failures_counted` has it in its number.
   */
  readonly counted?: true;
  /** Present for an event within `AuditContext.ignore`, which is not recorded: no event of this id is stored. */
  readonly ignored?: true;
  /** What each enabled provider did, by backend. */
  readonly providers: Readonly<Record<string, DeliveryResult>>;
}

/** Makes a receipt of the providers' results. */
export function makeReceipt(eventId: string, providers: Record<string, DeliveryResult>): AuditReceipt {
  let recorded = false;
  for (const backend in providers) {
    const status = providers[backend]?.status;
    if (status === 'recorded' || status === 'joined') recorded = true;
  }
  return { eventId, recorded, providers };
}
