import {
  canonicalField,
  canonicalText,
  FieldShapes,
  type CanonicalField,
  type FactRules,
  type FieldRule,
} from '../../../audit/plain.js';
import { EVENT_FIELDS } from './event-layout.js';
import { escapeName, OWN_FIELDS } from './own-fields.js';
import type { OwnTest } from './personal-tests.js';

interface SplitField extends CanonicalField {
  /** The field's part of a JSON Pointer, encoded as in JSON text: `/status`. */
  readonly step: string;
  readonly rule: FieldRule;
}

const SHAPES_BY_RULES = new WeakMap<FactRules, FieldShapes<SplitField>>();

/** Returns the shapes of an event's fields under the given rules. The same rules always get the same object. */
export function shapesOf(rules: FactRules): FieldShapes<SplitField> {
  const known = SHAPES_BY_RULES.get(rules);
  if (known) return known;
  const made = new FieldShapes((name) => ({
    ...canonicalField(name),
    step: canonicalText(`/${escapeName(name)}`).slice(1, -1),
    rule: rules.ruleOf(name),
  }));
  SHAPES_BY_RULES.set(rules, made);
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

export interface OwnColumn {
  readonly pointer: string;
  /** Whether the value has its own column. */
  readonly isOwn: boolean;
  /** The bit of a column whose values are personal in some events and facts in other events; 0 for any other column. */
  readonly bit: number;
}

interface OwnField extends CanonicalField, OwnColumn {
  readonly isPersonal: OwnTest | undefined;
}

/** The shapes of the objects whose fields are all in the layout. */
export const OWN_SHAPES: Readonly<Record<keyof typeof OWN_FIELDS, FieldShapes<OwnField>>> = {
  actor: ownShapes('actor'),
  error: ownShapes('error'),
  request: ownShapes('request'),
  resource: ownShapes('resource'),
};

function ownShapes(group: keyof typeof OWN_FIELDS): FieldShapes<OwnField> {
  return new FieldShapes((name) => ({
    ...canonicalField(name),
    ...columnAt(`/${group}/${name}`),
    isPersonal: OWN_FIELDS[group].get(name),
  }));
}

function columnAt(pointer: string): OwnColumn {
  const field = EVENT_FIELDS.find((each) => each.pointer === pointer);
  return { pointer, isOwn: field !== undefined, bit: field?.bit ?? 0 };
}

export const REASON = columnAt('/reason');
