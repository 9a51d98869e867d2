import type { AuditEvent } from '../../../audit/nest-free.js';
import { PERSONAL_FIELDS } from './event-layout.js';
import { OWN_POINTERS, unescapeName } from './own-fields.js';
import { proofErrors } from '../log/proof.errors.js';

/** Says what is personal in a value: the whole value (`true`), or values inside it, by the names of fields or the indexes of items. */
export type PersonalTree = true | ReadonlyMap<string, PersonalTree>;

export type PersonalFields = ReadonlyMap<string, PersonalTree>;

export interface ClassifiedEvent {
  readonly event: AuditEvent;
  readonly tree: PersonalFields;
  /** {@link AuditEvent.once}, which is not sealed. */
  readonly once?: string;
}

/** Matches the pointers of personal values that do not have their own column. */
export const OBJECT_POINTER = /^\/(?:changes|details|metadata|error|detailsIssues|related)\//;
/** The values at these pointers are texts. */
export const TEXT_POINTER = /^\/(?:error|detailsIssues|related)\//;

/** Values at these positions are always personal, so no list of pointers names them. */
const ALWAYS = PERSONAL_FIELDS.filter(({ personal }) => personal === 'always');
export const ALWAYS_POINTERS: ReadonlySet<string> = new Set(ALWAYS.map(({ pointer }) => pointer));

/**
 * Builds the tree of an event from the JSON Pointers (RFC 6901) of its personal values, without those that are always personal.
 *
 * @throws `AUDIT_PERSONAL_PART_INVALID` for a pointer without a value, at a position that holds no personal values, or inside
 *   another personal value
 */
export function buildPersonalFields(event: AuditEvent, pointers: readonly string[]): PersonalFields {
  let key = `${pointers.length}`; // no field of an event has U+0000 in its name, so only the same pointers have the same key
  for (const { group = '', name } of ALWAYS) key += getField(getField(event, group), name) === undefined ? '-' : '+';
  key += pointers.join('\0');
  const { tree, positions } = PLANS.get(key) ?? cachePlan(key, createPlan(event, pointers));
  for (const position of positions)
    if (!hasValueAt(event, position)) throw proofErrors.AUDIT_PERSONAL_PART_INVALID(position.pointer);
  return tree;
}

interface Position {
  readonly pointer: string;
  readonly names: readonly string[];
  readonly last: string;
}

/** The tree of all events that have personal values at the same positions. */
interface Plan {
  readonly tree: PersonalFields;
  readonly positions: readonly Position[];
}

/** Most events of an application share a few plans, and a plan costs more than the rest of a check. */
const PLANS = new Map<string, Plan>();
const MAX_PLANS = 500;
const MAX_KEY_CHARACTERS = 2_000;

function cachePlan(key: string, plan: Plan): Plan {
  if (key.length > MAX_KEY_CHARACTERS) return plan;
  if (PLANS.size === MAX_PLANS) PLANS.clear();
  PLANS.set(key, plan);
  return plan;
}

type MutableTree = Map<string, true | MutableTree>;

function createPlan(event: AuditEvent, pointers: readonly string[]): Plan {
  const tree: MutableTree = new Map();
  const positions: Position[] = [];
  for (const pointer of pointers) {
    if (ALWAYS_POINTERS.has(pointer) || !(OWN_POINTERS.has(pointer) || OBJECT_POINTER.test(pointer)))
      throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
    positions.push(addPointer(tree, pointer));
  }
  for (const { group = '', name, pointer } of ALWAYS)
    if (getField(getField(event, group), name) !== undefined) addPointer(tree, pointer);
  return { tree, positions };
}

function addPointer(tree: MutableTree, pointer: string): Position {
  const names = pointer.slice(1).split('/').map(unescapeName);
  const last = names.pop() ?? '';
  let at = tree;
  for (const name of names) {
    const inner = at.get(name) ?? new Map<string, true | MutableTree>();
    if (inner === true) throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
    at.set(name, inner);
    at = inner;
  }
  if (at.has(last)) throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
  at.set(last, true);
  return { pointer, names, last };
}

function hasValueAt(event: AuditEvent, { pointer, names, last }: Position): boolean {
  const holder = names.reduce<unknown>(getField, event);
  const value = Array.isArray(holder) ? undefined : getField(holder, last);
  return value !== undefined && (typeof value === 'string' || !TEXT_POINTER.test(pointer));
}

function getField(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined;
  return (holder as Readonly<Record<string, unknown>>)[name]; // the line above checked that the holder has this field
}
