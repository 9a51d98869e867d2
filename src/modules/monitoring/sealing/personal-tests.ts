import { isIdShape, isSlugShape, type AuditEvent, type FactRules } from '../../../audit/plain.js';

/** Whether the value of a layout field is personal. */
export type OwnTest = (value: unknown, event: AuditEvent, rules: FactRules) => boolean;

export const always: OwnTest = () => true;

/** A value is personal unless it is a text with a harmless shape. A team may declare the field at the pointer to be a fact. */
export const unlessShape =
  (pointer: string, isShape: (text: string) => boolean): OwnTest =>
  (value, _event, rules) =>
    !(typeof value === 'string' && isShape(value)) && !rules.isDeclared(pointer);

/** The id of an actor is personal unless it has the shape of an id, or names a service or a part of the system. */
export const unlessActorId: OwnTest = (id, { actor }, rules) => {
  const isPart = actor.type === 'service' || actor.type === 'system';
  return !(typeof id === 'string' && (isIdShape(id) || (isPart && isSlugShape(id)))) && !rules.isDeclared('/actor/id');
};

export const unlessPrincipal: OwnTest = (principal, _event, rules) => {
  const { id } = principal as { readonly id: string }; // an AuditPrincipal
  return !isIdShape(id) && !rules.isDeclared('/actor/onBehalfOf');
};

/** Whether an event's reason is personal: it is neither a known word, nor has the shape of an id or a time. */
export function isReasonPersonal(reason: string, rules: FactRules): boolean {
  return !rules.isDeclared('/reason') && !rules.isFact(reason, 'judged');
}
