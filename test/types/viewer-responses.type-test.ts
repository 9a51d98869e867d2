/** Nothing here runs: `npm run typecheck` fails if an answer lacks a field that the viewer reads, or if the field has another type. */
import type { LedgerEvent } from '../../src/monitoring/read/query/ledger-event.js';
import type { ActorProfile, Gaps, FieldValues } from '../../src/extensions/viewer/viewer-reads.dto.js';
import type { EventPage, IncludedParts, EventProof } from '../../src/monitoring/read/query/ledger-event.dto.js';
import type { EventOverview } from '../../src/extensions/viewer/overview/overview.dto.js';
import type * as gap from '../../viewer/src/events/gap.js';
import type * as viewed from '../../viewer/src/events/viewed-event.js';
import type * as person from '../../viewer/src/pages/person/actor-profile.js';
import type * as search from '../../viewer/src/pages/search/search-types.js';
import type * as sealed from '../../viewer/src/proof/sealed-entry.js';

interface Answers {
  readonly event: [LedgerEvent, viewed.ViewedEvent];
  readonly page: [EventPage, viewed.EventPage];
  readonly listed: [EventPage, viewed.EventPage<search.ListedEvent>];
  readonly tail: [LedgerEvent, search.ListedEvent];
  readonly overview: [EventOverview, search.EventOverview];
  readonly values: [FieldValues, search.FieldValues];
  readonly gaps: [Gaps, gap.Gaps];
  readonly profile: [ActorProfile, Omit<person.ActorProfile, 'holds' | 'erasures'>];
  readonly proof: [EventProof, sealed.EventProof];
  readonly parts: [Omit<IncludedParts, 'related' | 'gaps'>, NonNullable<viewed.OpenedEvent['included']>];
}

type Misread = { [Name in keyof Answers]: Answers[Name][0] extends Answers[Name][1] ? never : Name }[keyof Answers];

export const misread: readonly Misread[] = [] satisfies readonly never[];
export const isEveryAnswerRead = (name: Misread): never => name;
