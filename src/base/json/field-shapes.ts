const MAX_SHAPES = 256;
const MAX_NAMES = 64;
const MAX_NAME_LENGTH = 64;

interface Shape<Field> {
  readonly names: readonly string[];
  readonly fields: readonly Field[];
}

/**
 * Caches one value for each field name of an object. The values are in the order of canonical JSON (UTF-16 code units). Many events have
 * the same field names. Comparing names is faster than sorting them and looking up each one. The cache holds at most 256 lists of names,
 * with at most 64 names of 64 characters each.
 */
export class FieldShapes<Field> {
  private readonly known = new Map<string, Shape<Field>[]>();
  private size = 0;

  /** @param make computes the value of a field from its name */
  constructor(private readonly make: (name: string) => Field) {}

  /** Returns the values for the names of an object's fields, in the order of canonical JSON. */
  of(object: object): readonly Field[] {
    const names = Object.keys(object);
    const last = names.at(-1);
    if (last === undefined) return NO_NAMES;
    const alike = this.known.get(last);
    if (alike) for (const { names: known, fields } of alike) if (areEqualLists(known, names)) return fields;
    const fields = (names.length === 1 ? names : names.toSorted()).map((name) => this.make(name)); // toSorted() without a comparison sorts by code units
    if (isSmall(names)) this.remember(last, { names, fields });
    return fields;
  }

  private remember(last: string, shape: Shape<Field>): void {
    if (this.size === MAX_SHAPES) {
      this.known.clear();
      this.size = 0;
    }
    const alike = this.known.get(last);
    if (alike) alike.push(shape);
    else this.known.set(last, [shape]);
    this.size++;
  }
}

const NO_NAMES: readonly never[] = [];

function isSmall(names: readonly string[]): boolean {
  return names.length <= MAX_NAMES && names.every(({ length }) => length <= MAX_NAME_LENGTH);
}

function areEqualLists(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}
