import {
  canonicalField,
  canonicalText,
  FieldShapes,
  type CanonicalField,
  type FactRules,
  type FieldRule,
} from '../../../audit/plain.js';
import { EVENT_FIELDS } from './event-layout.js';
import { escapeName } from './own-fields.js';

interface SteppedField extends CanonicalField {
  /** The field's part of a JSON Pointer, encoded as in JSON text: `/status`. */
  readonly step: string;
}

const stepped = (name: string): SteppedField => ({
  ...canonicalField(name),
  step: canonicalText(`/${escapeName(name)}`).slice(1, -1),
});

/** The shapes of the objects inside an event. */
export const STEPS = new FieldShapes(stepped);

interface RuledField extends SteppedField {
  readonly rule: FieldRule;
}

const SHAPES_BY_RULE = new WeakMap<FactRules['ruleOf'], FieldShapes<RuledField>>();

/** Returns the shapes of an event's fields under the given rules. The same `ruleOf` always gets the same object. */
export function rulesByShape({ ruleOf }: FactRules): FieldShapes<RuledField> {
  const known = SHAPES_BY_RULE.get(ruleOf);
  if (known) return known;
  const made = new FieldShapes((name) => ({ ...stepped(name), rule: ruleOf(name) }));
  SHAPES_BY_RULE.set(ruleOf, made);
  return made;
}

const SHAPELESS: ReadonlySet<string> = new Set(
  EVENT_FIELDS.filter(({ kind, group }) => kind === 'json' && group === undefined).map(({ name }) => name),
);

/** A field of the event itself. */
export interface OwnShape extends CanonicalField {
  /** Whether the field contains an object or a list of any shape. */
  readonly isShapeless: boolean;
}

export const EVENT_SHAPES = new FieldShapes((name): OwnShape => ({
  ...canonicalField(name),
  isShapeless: SHAPELESS.has(name),
}));
