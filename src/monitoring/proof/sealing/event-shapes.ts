import { canonicalField, canonicalText, type CanonicalField } from '../../../base/json/canonical-json.js';
import { FieldShapes } from '../../../base/json/field-shapes.js';
import { EVENT_FIELDS } from './event-layout.js';
import { escapeName } from './own-fields.js';

export interface FieldWithSteps extends CanonicalField {
  /** The field's part of a JSON Pointer, encoded as in JSON text: `/status`. */
  readonly step: string;
}

const addSteps = (name: string): FieldWithSteps => ({
  ...canonicalField(name),
  step: canonicalText(`/${escapeName(name)}`).slice(1, -1),
});

export const STEPS = new FieldShapes(addSteps);

const SHAPELESS: ReadonlySet<string> = new Set(
  EVENT_FIELDS.filter(({ kind, group }) => kind === 'json' && group === undefined).map(({ name }) => name),
);

export interface OwnShape extends CanonicalField {
  /** Whether the field contains an object or a list of any shape. */
  readonly isShapeless: boolean;
}

export const EVENT_SHAPES = new FieldShapes((name): OwnShape => ({
  ...canonicalField(name),
  isShapeless: SHAPELESS.has(name),
}));
