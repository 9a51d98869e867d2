const MAX_SHAPES = 256;
const MAX_NAMES = 64;
const MAX_NAME_LENGTH = 64;

interface Shape<Field> {
  readonly names: readonly string[];
  readonly fields: readonly Field[];
}

/**
 * Caches values about the fields of objects, by the fields' names, in the order of canonical JSON (UTF-16 code units). Events repeat the
 * same shapes of objects, and a comparison of the names is faster than sorting the names and looking up each name. Caches 256 shapes of at
 * most 64 names of 64 characters.
 */
export class FieldShapes<Field> {
  /** The cached shapes, by the last name of each shape. */
  private readonly known = new Map<string, Shape<Field>[]>();
  private size = 0;

  /** @param make computes the value of a field from its name */
  constructor(private readonly make: (name: string) => Field) {}

  /** Returns the values of an object's fields. */
  of(object: object): readonly Field[] {
    const names = Object.keys(object);
    const last = names.at(-1);
    if (last === undefined) return NONE;
    const alike = this.known.get(last);
    if (alike) for (const { names: known, fields } of alike) if (areSame(known, names)) return fields;
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

const NONE: readonly never[] = [];

function isSmall(names: readonly string[]): boolean {
  return names.length <= MAX_NAMES && names.every(({ length }) => length <= MAX_NAME_LENGTH);
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}
