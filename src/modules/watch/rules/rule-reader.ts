import { nearestName } from '../../../audit/plain.js';
import { parseTimespan } from './parse-timespan.js';
import type { RuleDocument } from './rule-document.js';
import { problemOfValue } from './rule-field.js';
import { isMap } from './rule.js';

/** A map of YAML whose content is unchecked. */
export type Given = Readonly<Record<string, unknown>>;

const MOST_FIELDS = 5;

/** Reads single values of a rule. An invalid value becomes a problem of the document at its path, and a harmless default is returned. */
export class RuleReader {
  constructor(protected readonly document: RuleDocument) {}

  protected fields(path: readonly string[], given: unknown): readonly string[] {
    const fields = this.texts(path, given);
    if (fields.length > MOST_FIELDS) this.document.problem(path, `must have at most ${MOST_FIELDS} fields`);
    const aliases = this.aliasNames();
    for (const field of fields) {
      const problem = aliases.includes(field) ? undefined : problemOfValue(field);
      if (problem !== undefined) this.document.problem(path, problem);
    }
    return fields;
  }

  private aliasNames(): readonly string[] {
    const { correlation } = this.document.value ?? {};
    const aliases = isMap(correlation) ? correlation.aliases : undefined;
    return isMap(aliases) ? Object.keys(aliases) : [];
  }

  protected timespan(path: readonly string[], given: unknown): number | undefined {
    const ms = parseTimespan(given);
    if (ms === undefined)
      this.document.problem(path, 'must be a length of time such as 90s, 5m, 12h or 30d, at most 400d');
    return ms;
  }

  protected map(path: readonly string[], given: unknown): Given {
    if (isMap(given)) return given;
    this.document.problem(path, given === undefined ? 'is missing' : 'must be a map of keys and values');
    return {};
  }

  protected text(path: readonly string[], given: unknown): string | undefined {
    if (typeof given === 'string' && given.trim() !== '' && given.length <= 4_096) return given;
    this.document.problem(path, given === undefined ? 'is missing' : 'must be a text');
    return undefined;
  }

  protected texts(path: readonly string[], given: unknown): readonly string[] {
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (list.every((each) => typeof each === 'string')) return list; // just checked
    this.document.problem(path, given === undefined ? 'is missing' : 'must be a list of texts');
    return [];
  }

  protected word<Word extends string>(
    path: readonly string[],
    given: unknown,
    words: readonly Word[],
  ): Word | undefined {
    const word = words.find((each) => each === given);
    if (word === undefined) this.document.problem(path, `must be one of ${words.join(', ')}, not ${String(given)}`);
    return word;
  }

  protected flag(path: readonly string[], given: unknown): boolean {
    if (typeof given !== 'boolean') this.document.problem(path, 'must be true or false');
    return given === true;
  }

  protected knowsOnly(path: readonly string[], given: Given, known: readonly string[]): void {
    for (const key of Object.keys(given).filter((each) => !known.includes(each))) {
      const nearest = nearestName(key, known);
      const hint = nearest === undefined ? `the keys here are ${known.join(', ')}` : `did you mean ${nearest}?`;
      this.document.problem([...path, key], `is not supported (${hint})`);
    }
  }
}
