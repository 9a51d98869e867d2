import type { AuditEvent } from '../../../src/audit/browser.js';
import type { EventProof } from '../proof/sealed-entry.js';
import type { Gap } from './gap.js';
import type { DisplayNames } from '../summaries/shown-names.js';

type Looser = 'schemaVersion' | 'outcome' | 'severity' | 'actor' | 'changes' | 'error' | 'details' | 'metadata';

/** All values are untrusted. */
export interface ViewedEvent extends Omit<AuditEvent, Looser> {
  readonly outcome: string;
  readonly severity: string;
  readonly actor: ViewedActor;
  readonly changes?: { readonly before?: unknown; readonly after?: unknown; readonly diff?: unknown };
  readonly error?: { readonly name?: string; readonly code?: string; readonly message?: string };
  readonly details?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Absent until the event is sealed. */
  readonly index?: number;
  readonly compliance?: readonly string[];
  readonly archive?: string;
  readonly names?: DisplayNames;
  readonly rowChanges?: { readonly events: readonly string[]; readonly records: number; readonly isComplete: boolean };
}

export interface ViewedActor extends Omit<AuditEvent['actor'], 'type' | 'onBehalfOf'> {
  readonly type: string;
  readonly onBehalfOf?: { readonly type: string; readonly id: string };
}

/** An event, with the parts of its page. */
export interface OpenedEvent extends ViewedEvent {
  readonly included?: {
    readonly relations?: readonly Relation[];
    readonly related?: RelatedEvents;
    readonly neighbours?: NeighbourList;
    readonly proof?: EventProof;
    readonly gaps?: readonly Gap[];
    readonly matched?: readonly ViewedEvent[];
  };
}

export type Relation = 'request' | 'session' | 'trace' | 'operation';

export interface RelatedEvents extends EventPage {
  readonly operation?: { readonly events: readonly EventReference[]; readonly rowChanges: readonly EventReference[] };
}

export interface NeighbourList {
  readonly before: readonly ViewedEvent[];
  readonly after: readonly ViewedEvent[];
}

export interface EventPage<Event = ViewedEvent> {
  readonly items: readonly Event[];
  readonly nextCursor: string | null;
  readonly archived?: { readonly included: boolean; readonly months: readonly string[] };
  readonly notes?: readonly string[];
}

export interface EventReference {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly actor: ViewedActor;
  readonly resource?: NonNullable<AuditEvent['resource']>;
}
