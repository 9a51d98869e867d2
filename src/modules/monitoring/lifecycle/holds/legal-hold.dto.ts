import { z } from 'zod';
import { named, time } from '../../answers/shape.js';
import { moment, prose, shortText } from '../../query/texts.js';

const REASON = prose(1_000).describe('Why');

/** The body of `POST /audit/holds`, which places a legal hold. */
export const HoldRequest = named(
  'HoldRequest',
  z
    .strictObject({
      reason: REASON,
      until: moment.optional().describe('When it ends by itself; default: it has to be released'),
      tenantId: shortText.optional().describe('Holds what is of this tenant'),
      actorId: shortText.optional().describe('Holds what this actor did, or was done on behalf of it'),
      resourceType: shortText.optional().describe('Holds what was done to resources of this type'),
      resourceId: shortText.optional().describe('Only to this one'),
      occurredFrom: moment.optional().describe('Holds what occurred then or later'),
      occurredTo: moment.optional().describe('Holds what occurred before'),
    })
    .meta({ example: { reason: 'Case 2026-17', actorId: 'u-1', occurredFrom: '2026-01-01' } }),
);

export type HoldRequest = z.infer<typeof HoldRequest>;

/** The body of `POST /audit/holds/:id/release`. */
export const HoldRelease = named(
  'HoldRelease',
  z.strictObject({ reason: REASON }).meta({ example: { reason: 'The case is closed' } }),
);

/** A legal hold. While it is active, the events that it covers are neither retired nor erased. */
export const LegalHold = named(
  'LegalHold',
  z.object({
    ...HoldRequest.shape,
    id: z.uuid(),
    placedAt: time,
    placedBy: z.string(),
    isActive: z.boolean().describe('Whether it is neither released nor over'),
    releasedAt: time.exactOptional(),
    releasedBy: z.string().exactOptional(),
    releaseReason: z.string().exactOptional(),
  }),
);
export type LegalHold = z.infer<typeof LegalHold>;
