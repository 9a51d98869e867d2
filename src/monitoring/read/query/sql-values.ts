/** Collects the values of a statement's placeholders. */
export class SqlValues {
  private readonly values: unknown[] = [];

  /** Adds a value, and returns the placeholder of the value. */
  bind(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** All values, in the order of their placeholders. */
  get list(): readonly unknown[] {
    return this.values;
  }
}
