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

/** A field of details, of metadata, or of what stands in them. */
export interface SplitField extends CanonicalField {
  /** Its part of a JSON Pointer, as a text of JSON has it: `/status`. */
  readonly step: string;
  readonly rule: FieldRule;
}

/** What is known of the fields of details and the like, by the rules of their events. */
const SHAPES_BY_RULES = new WeakMap<FactRules, FieldShapes<SplitField>>();

/** The same shapes for the same rules. */
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

/** The fields of the event itself whose value is an object or a list. */
const SHAPELESS: ReadonlySet<string> = new Set(
  EVENT_FIELDS.filter(({ kind, group }) => kind === 'json' && group === undefined).map(({ name }) => name),
);

/** The fields of an event. */
export const EVENT_SHAPES = new FieldShapes((name) => ({
  ...canonicalField(name),
  /** Behind the commitment. */
  isBehind: name > 'personal',
  isShapeless: SHAPELESS.has(name),
}));

/** Where a personal value is stored. */
export interface OwnColumn {
  readonly pointer: string;
  /** Whether it has a column of its own. */
  readonly isOwn: boolean;
  /** Of the column, where its values are personal in one event and facts in another; else 0. */
  readonly bit: number;
}

/** A field of an object of the event that is known field by field. */
interface OwnField extends CanonicalField, OwnColumn {
  readonly isPersonal: OwnTest | undefined;
}

/** The fields of the objects that are known field by field. */
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

/** What the layout says of the field at a pointer. */
function columnAt(pointer: string): OwnColumn {
  const field = EVENT_FIELDS.find((each) => each.pointer === pointer);
  return { pointer, isOwn: field !== undefined, bit: field?.bit ?? 0 };
}

/** The reason of an event. */
export const REASON = columnAt('/reason');
