import type { ResolvedEventType } from '../catalogue/event-type.js';
import type { AuditActorInput, AuditInput } from '../event/audit-input.js';
import { translateCall, type TranslatedCall } from '../event/call-context.js';
import { inCamelCase } from '../event/either-case.js';

/**
 * Reads a call of a trail. `userId` and `sessionId` of the call belong to the actor. Those of its context name whom the event is about:
 * they become details, and the resource if the event type is about a user or a session. If no actor is known, the context's user is the
 * actor, unless the event type is about that user.
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

/** Whether the details of an event type have a field with that name. */
export function isListed({ details }: Pick<ResolvedEventType, 'details'>, name: string): boolean {
  return details !== undefined && 'fields' in details && details.fields.has(name);
}

function resourceOf(type: string, id: unknown): AuditInput['resource'] {
  return id === undefined ? undefined : { type, id };
}
