import { z } from 'zod';
import { namedSchema, time } from '../../../read/responses/shape.js';
import { moment, longText, shortText } from '../../../read/query/texts.js';

const REASON = longText(1_000).describe('The reason');

/** The body of `POST /audit/holds`, which places a legal hold. */
export const HoldRequest = namedSchema(
  'HoldRequest',
  z
    .strictObject({
      reason: REASON,
      until: moment
        .optional()
        .describe('When the hold ends: at a time, or after a day. Default: the hold lasts until its release'),
      tenantId: shortText.optional().describe('Covers events of this tenant'),
      actorId: shortText.optional().describe('Covers events by this actor, or on behalf of this actor'),
      resourceType: shortText
        .optional()
        .describe('Covers events about resources of this type, or related to such a resource'),
      resourceId: shortText
        .optional()
        .describe('Covers only events about, or related to, the resource with this id; needs resourceType'),
      occurredFrom: moment.optional().describe('Covers events from this time on'),
      occurredTo: moment.optional().describe('Covers events before this time, or until the end of this day'),
    })
    .meta({ example: { reason: 'Case 2026-17', actorId: 'u-1', occurredFrom: '2026-01-01' } }),
);

export type HoldRequest = z.infer<typeof HoldRequest>;

/** The body of `POST /audit/holds/:id/release`. */
export const HoldRelease = namedSchema(
  'HoldRelease',
  z.strictObject({ reason: REASON }).meta({ example: { reason: 'The case is closed' } }),
);

/** A legal hold. While a hold is active, the events that it covers are neither retired nor erased. */
export const LegalHold = namedSchema(
  'LegalHold',
  z.object({
    ...HoldRequest.shape,
    id: z.uuid(),
    placedAt: time,
    placedBy: z.string(),
    isActive: z.boolean().describe('false if the hold was released, or has ended'),
    releasedAt: time.exactOptional(),
    releasedBy: z.string().exactOptional(),
    releaseReason: z.string().exactOptional(),
  }),
);
export type LegalHold = z.infer<typeof LegalHold>;
