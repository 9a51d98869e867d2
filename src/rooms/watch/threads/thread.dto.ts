import { z } from 'zod';
import { named, time } from '../../../monitoring/read/responses/shape.js';
import { prose, shortText } from '../../../monitoring/read/query/texts.js';
import { VERDICTS } from '../alert-event.js';
import { REPLIES, MOST_CHARACTERS, THREADS, type ThreadKind } from './thread-kinds.js';
import type { AuditEvent } from '../../../audit/nest-free.js';

const VERDICT = z.enum(VERDICTS).describe('An attack, a mistake of the rule, or a legitimate action');

/** The body of `POST /audit/threads/:kind/:id`. */
export const NewReply = named(
  'NewReply',
  z
    .strictObject({
      kind: z
        .enum(REPLIES)
        .describe('alert: acknowledge, resolve; suppression: end; day: comment, sign_off; event: comment, review'),
      comment: prose(MOST_CHARACTERS)
        .optional()
        .describe('Required for comment and end; at most 1,000 characters for end'),
      verdict: VERDICT.optional().describe('Required for resolve'),
      tenantId: shortText
        .optional()
        .describe('For a day: the tenant whose events you answer for. Default: your only tenant, or all events'),
    })
    .meta({ example: { kind: 'resolve', verdict: 'benign', comment: 'Ada forgot her password.' } }),
);
export type NewReply = z.infer<typeof NewReply>;

export const ReplyAuthor = named(
  'ReplyAuthor',
  z.object({
    type: z.string().meta({ example: 'user' }),
    id: z.string().exactOptional().describe('Absent if the person was erased'),
    name: z.string().exactOptional(),
  }),
);
export type ReplyAuthor = z.infer<typeof ReplyAuthor>;

/** A signed answer of a person to an alert, to a suppression, to the review of a day, or to an event. */
export const Reply = named(
  'Reply',
  z.object({
    id: z.uuid().describe('The id of the event that records the answer'),
    to: z.string().describe('The id of the alert, of the suppression or of the event; or the day'),
    kind: z.enum(REPLIES),
    at: time,
    by: ReplyAuthor,
    tenantId: z.string().exactOptional(),
    comment: z.string().exactOptional().describe('Absent after an erasure'),
    verdict: VERDICT.exactOptional(),
    index: z.int().exactOptional().describe('The sequence number of this event; absent until the event is sealed'),
  }),
);
export type Reply = z.infer<typeof Reply>;

/** An answer, after somebody gave it. */
export const RecordedReply = named(
  'RecordedReply',
  z.object({
    ...Reply.shape,
    changed: z.boolean().describe('false: this is an earlier answer, and nothing was recorded'),
  }),
);
export type RecordedReply = z.infer<typeof RecordedReply>;

export function replyOf(thread: ThreadKind, event: AuditEvent & { readonly index?: number }): Reply {
  const { answers, commentIn } = THREADS[thread];
  const { id, type, occurredAt: at, tenantId, resource, index } = event;
  const details = event.details as Readonly<Record<string, unknown>>; // checked below
  const comment = commentIn ? event[commentIn] : details.comment;
  const verdict = VERDICTS.find((each) => each === details.verdict);
  return {
    ...{ id, to: String(thread === 'day' ? details.day : resource?.id), at, by: authorOf(event) },
    kind: REPLIES.find((each) => answers[each]?.type === type) ?? 'comment', // the query finds only these types
    ...(tenantId !== undefined && { tenantId }),
    ...(typeof comment === 'string' && { comment }),
    ...(verdict !== undefined && { verdict }),
    ...(index !== undefined && { index }),
  };
}

export function authorOf({ actor: { type, id, name } }: AuditEvent): ReplyAuthor {
  return { type, ...(id !== undefined && { id }), ...(name !== undefined && { name }) };
}
