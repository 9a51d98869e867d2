import type { SummaryEvent } from '../../summaries/summary.js';

export interface ListedEvent extends SummaryEvent {
  readonly id: string;
  /** Absent until the event is sealed. */
  readonly index?: number;
  readonly occurredAt: string;
  readonly type: string;
  readonly outcome: string;
  readonly severity: string;
  readonly tenantId?: string;
  readonly request?: { readonly ip?: string };
  /** The row changes of the operation, if the list does not show them as events of their own. */
  readonly rowChanges?: { readonly events: readonly string[] };
}

/** Row images and metadata are not requested: they can be large, and no sentence needs them. */
export const LISTED_FIELDS = [
  'id',
  'index',
  'occurredAt',
  'type',
  'action',
  'outcome',
  'severity',
  'actor',
  'names',
  'tenantId',
  'resource',
  'request.ip',
  'reason',
  'error',
  'details',
  'changes.diff',
  'rowChanges.events',
].join(',');

export interface CountedGroup {
  readonly value: string | null;
  readonly name?: string;
  /** Other ids of the same person. */
  readonly also?: readonly string[];
  readonly count: number;
  readonly margin?: number;
}

export interface HistogramStep {
  readonly start: string;
  readonly end: string;
  readonly count: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

export interface EventOverview {
  /** The id of the actor who reads. */
  readonly reader?: string;
  readonly from: string;
  readonly to: string;
  readonly total: number;
  readonly estimate?: { readonly sampled: number; readonly share: number; readonly margin: number };
  readonly histogram: { readonly step: string; readonly steps: readonly HistogramStep[] };
  readonly counts: Readonly<Record<string, { readonly groups: readonly CountedGroup[]; readonly others: number }>>;
}

export interface FieldValues {
  readonly values: readonly { readonly value: string; readonly name?: string; readonly count: number }[];
}
