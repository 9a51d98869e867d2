import type { Anonymizer } from './redaction/anonymize.js';
import { normalizeText } from './normalize-text.js';

/** Makes the texts of an event's own fields, and counts their characters. */
export class OwnTexts {
  /** Characters of all texts so far. */
  length = 0;

  /** @param mark notes that a text was cut */
  constructor(
    private readonly mark: { exceeded: boolean },
    readonly anonymizer: Anonymizer | undefined,
  ) {}

  /** Returns `value` as a text of at most `limit` characters, as {@link normalizeText} does it. */
  of(value: unknown, limit: number): string | undefined {
    if (value === undefined) return undefined;
    const text = normalizeText(value, limit, this.mark);
    if (text !== undefined) this.length += text.length;
    return text;
  }

  /** Returns a personal value as such a text; in an anonymised event, its pseudonym. */
  ofPerson(value: unknown, limit: number): string | undefined {
    const text = this.of(value, limit);
    return text === undefined || !this.anonymizer ? text : this.anonymizer.pseudonym(text);
  }
}
