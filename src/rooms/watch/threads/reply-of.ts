import type { AuditEvent } from '../../../audit/nest-free.js';
import { VERDICTS } from '../alert-event.js';
import { REPLIES, THREADS, type ThreadKind } from './thread-kinds.js';
import type { Reply, ReplyAuthor } from './thread.dto.js';

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
