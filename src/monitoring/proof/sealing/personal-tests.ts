import type { AuditEvent, FactRules } from '../../../audit/nest-free.js';
import { isIdShape, isSlugShape } from '../../../base/event/fact-shapes.js';

export type OwnTest = (value: unknown, event: AuditEvent, rules: FactRules) => boolean;

/** A value is a fact if it is a text of the given shape, or if the application declared the field a fact. Any other value is personal. */
export const isPersonalUnlessShape =
  (pointer: string, isShape: (text: string) => boolean): OwnTest =>
  (value, _event, rules) =>
    !(typeof value === 'string' && isShape(value)) && !rules.isDeclared(pointer);

/**
 * An actor's id is a fact if it has the shape of an id, or if the application declared the field a fact. The name of a service or of a
 * system part is also a fact.
 */
export const isActorIdPersonal: OwnTest = (id, { actor }, rules) => {
  const isPart = actor.type === 'service' || actor.type === 'system';
  return !(typeof id === 'string' && (isIdShape(id) || (isPart && isSlugShape(id)))) && !rules.isDeclared('/actor/id');
};

export const isPrincipalPersonal: OwnTest = (principal, _event, rules) => {
  const { id } = principal as { readonly id: string }; // an AuditPrincipal
  return !isIdShape(id) && !rules.isDeclared('/actor/onBehalfOf');
};

/** Whether an event's reason is personal: the field is not declared a fact, and the text does not count as a fact. */
export function isReasonPersonal(reason: string, rules: FactRules): boolean {
  return !rules.isDeclared('/reason') && !rules.isFact(reason, 'judged');
}
