import type { AuditEvent } from '../../../audit/plain.js';
import { VERDICTS } from '../alert-event.js';
import { ANSWERS, THREADS, type ThreadKind } from './thread-kinds.js';
import type { Answer, Answerer } from './thread.dto.js';

/** Builds an answer from the event that records it. */
export function answerOf(kind: ThreadKind, event: AuditEvent & { readonly index?: number }): Answer {
  const { answers, commentIn } = THREADS[kind];
  const { id, type, occurredAt: at, tenantId, resource, index } = event;
  const details = event.details as Readonly<Record<string, unknown>>; // checked below
  const comment = commentIn ? event[commentIn] : details.comment;
  const verdict = VERDICTS.find((each) => each === details.verdict);
  return {
    ...{ id, to: String(kind === 'day' ? details.day : resource?.id), at, by: answererOf(event) },
    answer: ANSWERS.find((each) => answers[each]?.type === type) ?? 'comment', // the query finds only these types
    ...(tenantId !== undefined && { tenantId }),
    ...(typeof comment === 'string' && { comment }),
    ...(verdict !== undefined && { verdict }),
    ...(index !== undefined && { index }),
  };
}

export function answererOf({ actor: { type, id, name } }: AuditEvent): Answerer {
  return { type, ...(id !== undefined && { id }), ...(name !== undefined && { name }) };
}
