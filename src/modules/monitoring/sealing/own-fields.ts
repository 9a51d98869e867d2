import {
  isErrorCodeShape,
  isErrorNameShape,
  isFieldNameShape,
  isIdShape,
  isRequestIdShape,
  isSlugShape,
  type AuditEvent,
  type FactRules,
} from '../../../audit/index.js';

/** Whether what an event has in a field of its own is personal. */
export type OwnTest = (value: unknown, event: AuditEvent, rules: FactRules) => boolean;

const always: OwnTest = () => true;

/** By the shape of an id. */
const unlessId =
  (pointer: string): OwnTest =>
  (value, _event, rules) =>
    !(typeof value === 'string' && isIdShape(value)) && !rules.isDeclared(pointer);

const unlessShape =
  (pointer: string, isShape: (text: string) => boolean): OwnTest =>
  (value, _event, rules) =>
    !(typeof value === 'string' && isShape(value)) && !rules.isDeclared(pointer);

/** What acts by itself is named by programmers. */
const unlessActorId: OwnTest = (id, { actor }, rules) => {
  const isPart = actor.type === 'service' || actor.type === 'system';
  return !(typeof id === 'string' && (isIdShape(id) || (isPart && isSlugShape(id)))) && !rules.isDeclared('/actor/id');
};

const unlessPrincipal: OwnTest = (principal, _event, rules) => {
  const { id } = principal as { readonly id: string }; // an AuditPrincipal
  return !isIdShape(id) && !rules.isDeclared('/actor/onBehalfOf');
};

/** The fields that may be personal, by the object of the event that they stand in. The others never are. */
export const OWN_FIELDS: Readonly<Record<'actor' | 'error' | 'request' | 'resource', ReadonlyMap<string, OwnTest>>> = {
  actor: new Map([
    ['id', unlessActorId],
    ['name', always],
    ['onBehalfOf', unlessPrincipal],
    ['sessionId', unlessId('/actor/sessionId')],
  ]),
  error: new Map([
    ['code', unlessShape('/error/code', isErrorCodeShape)],
    ['message', always],
    ['name', unlessShape('/error/name', isErrorNameShape)],
  ]),
  request: new Map([
    ['id', unlessShape('/request/id', isRequestIdShape)],
    ['ip', always],
    ['traceId', unlessShape('/request/traceId', isRequestIdShape)],
    ['userAgent', always],
  ]),
  resource: new Map([['id', unlessId('/resource/id')]]),
};

/** Whether an event's reason is personal: it is unless it is a known word, or has the shape of an id or a time. */
export function isReasonPersonal(reason: string, rules: FactRules): boolean {
  return !rules.isDeclared('/reason') && !rules.isFact(reason, 'judged');
}

/** Whether a JSON Pointer names fields that programmers named. */
export function isFactPath(path: string): boolean {
  return (
    path === '' ||
    path
      .split('/')
      .slice(1)
      .every((name) => isFieldNameShape(unescapeName(name)))
  );
}

/** A field's name as a JSON Pointer has it. */
export function escapeName(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

export function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
