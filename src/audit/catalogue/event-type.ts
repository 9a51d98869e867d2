import type { AuditOutcome, AuditSeverity } from '../event/outcomes.js';
import type { DetailsRule } from './check-details.js';

/** What a name says in an event. */
export interface EventTypeFacts {
  readonly type: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  /** Default: what follows from the outcome. */
  readonly severity?: AuditSeverity | undefined;
}

/** What a name means. */
export interface ResolvedEventType extends EventTypeFacts {
  /** Tags such as `pci_dss`. */
  readonly compliance: readonly string[];
  /** The detail fields that say something of a person. */
  readonly personal: ReadonlySet<string>;
  /** The detail fields that a team declares to be facts, whatever they hold; none: those that any event has. */
  readonly facts?: readonly string[];
  /** What the details are held against; none: any are welcome. */
  readonly details?: DetailsRule | undefined;
}

/** What all the event types of an action share. */
export interface KnownAction {
  readonly category: string;
  readonly compliance: readonly string[];
  /** The fields of all its types; none: any are welcome. */
  readonly details?: DetailsRule | undefined;
}
