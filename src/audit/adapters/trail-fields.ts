import type { ResolvedEventType } from '../catalogue/event-type.js';
import type { AuditActorInput, AuditInput } from '../event/audit-input.js';
import { translateCall, type TranslatedCall } from '../event/call-context.js';
import { inCamelCase } from '../event/either-case.js';

/**
 * Reads a call of a trail. Its own `userId` and `sessionId` are the actor's; those of its context say whom it is about, so they are
 * details, and the resource where the event type is about a user or a session. Only where nobody is known to act, the context's
 * user is the actor, unless the event type says that it is about that user.
 */
export function readTrailCall(
  call: unknown,
  type: Pick<ResolvedEventType, 'category' | 'details'>,
  current: AuditActorInput | undefined,
): TranslatedCall {
  const { context, userId, sessionId, resourceType, resourceId, ...rest } = inCamelCase(call);
  const isContext = typeof context === 'object';
  const { userId: subject, sessionId: session, ...about } = { ...rest, ...inCamelCase(context) };
  if (context !== undefined && !isContext) about.context = context;
  const isNobody = userId === undefined && current?.id === undefined;
  const actorId = userId ?? (isNobody && !isListed(type, 'userId') ? subject : undefined);
  const isOfSession = type.category === 'session' && isListed(type, 'sessionId');
  const actorSession = sessionId ?? (isNobody && !isOfSession ? session : undefined);
  const direct = { userId: actorId, sessionId: actorSession, resourceType, resourceId };
  const translated = translateCall(about, direct, current);
  const others = {
    ...translated.others,
    ...(subject === undefined || (subject === actorId && !isListed(type, 'userId')) ? {} : { userId: subject }),
    ...(session === undefined || (session === actorSession && !isListed(type, 'sessionId'))
      ? {}
      : { sessionId: session }),
  };
  const resource =
    translated.input.resource ??
    (isOfSession ? resourceOf('session', session) : undefined) ??
    resourceOf('user', isListed(type, 'targetUserId') ? about.targetUserId : undefined) ??
    resourceOf('user', isListed(type, 'userId') ? subject : undefined);
  return { ...translated, input: { ...translated.input, ...(resource && { resource }) }, others };
}

/** Whether the details of an event type have a field of that name. */
export function isListed({ details }: Pick<ResolvedEventType, 'details'>, name: string): boolean {
  return details !== undefined && 'fields' in details && details.fields.has(name);
}

function resourceOf(type: string, id: unknown): AuditInput['resource'] {
  return id === undefined ? undefined : { type, id };
}
