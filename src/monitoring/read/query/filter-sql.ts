import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS_CATEGORY } from '../access/own-events.js';
import { EVENT_FIELDS, type LayoutField } from '../../proof/sealing/event-layout.js';
import { createFirstIdAt } from '../../store/id-time.js';
import { isRelated } from '../../store/is-related.js';
import { buildFactColumn, CLASSIFIED_COLUMNS, PERSONAL_COLUMNS } from '../../store/event-columns.js';
import type { ListFilters } from './event-query.dto.js';
import { getFieldFilter, type FieldFilter, type FieldName } from './field-filters.js';
import { SQL_OPERATORS } from './filter-values.js';
import {
  buildChangedNeedle,
  buildChangedPath,
  buildFieldNeedles,
  buildFieldPath,
  buildPersonalChangedPaths,
  buildPersonalFieldPaths,
  buildPersonalWordPath,
  buildWordPath,
  buildWordPattern,
} from './json-filter.js';
import {
  buildPredicates,
  type FieldPredicate,
  type FilterMeaning,
  type PathPredicate,
  type Predicate,
  type ValueTest,
} from './predicates.js';
import { ROW_CHANGE_TYPES, TRUNCATION_TYPES } from './records/row-change.js';
import type { SqlValues } from './sql-values.js';
import { resolveMeaning, type SentenceActions } from './word-meanings.js';

/**
 * Translates a query into conditions on `audit_event`. A time range becomes a range of ids, so that PostgreSQL reads only the months of the
 * range.
 */
export function buildConditions(
  query: ListFilters,
  {
    access,
    values,
    meaning,
  }: { readonly access: LedgerAccess; readonly values: SqlValues; readonly meaning: FilterMeaning },
  dialect = LEDGER,
): readonly string[] {
  return buildPredicateConditions(buildPredicates(query, meaning), access, values, dialect);
}

/** The SQL expressions that differ between the table `audit_event` and the columns of archives. */
export interface FilterDialect {
  /** Returns an expression for the value of a column, or for the member of that value which a filter compares. */
  readonly column: (name: string, member?: string) => string;
  readonly isWithin: (address: string, network: string, values: SqlValues) => string;
  readonly matchesSpelling: (text: string, pattern: string) => string;
  /** Combines a slow condition, such as a pattern, with a second condition, which is evaluated only if the slow condition is true. */
  readonly when: (condition: string, then?: string) => string;
}

const LEDGER: FilterDialect = {
  column: (name, member) => (member === undefined ? name : `${name}_${member}`), // a generated column, which has an index
  isWithin: (address, network, values) => `${address} <<= ${values.bind(network)}::inet`,
  matchesSpelling: (text, pattern) => `${text} ~ ${pattern}`,
  when: (condition, then) => (then === undefined ? condition : `(${condition} AND ${then})`),
};

/**
 * Writes conditions that make PostgreSQL read a page in the order of the ids. PostgreSQL estimates that few events match a regular
 * expression. Without a CASE, PostgreSQL would read and sort the whole time range. With a CASE, PostgreSQL estimates that half of the
 * events match. PostgreSQL then reads event by event until the page is full.
 */
export const SCAN_DIALECT: FilterDialect = {
  ...LEDGER,
  when: (condition, then = 'true') => `CASE WHEN ${condition} THEN ${then} ELSE false END`,
};

/**
 * Translates predicates into SQL conditions. The dialect determines whether the conditions are for `audit_event` or for the columns of
 * archives.
 */
export function buildPredicateConditions(
  predicates: readonly Predicate[],
  access: LedgerAccess,
  values: SqlValues,
  dialect = LEDGER,
): readonly string[] {
  const sql = new ConditionWriter(access, values, dialect);
  return predicates.flatMap((predicate) => sql.of(predicate));
}

/**
 * Returns an expression for the value of a column that the caller may see. For a caller with the scope `subject`, a personal value of
 * another person's event is NULL.
 */
export function shownColumn(
  { column, filtered }: Pick<FieldFilter, 'column' | 'filtered'>,
  access: LedgerAccess,
  values: SqlValues,
): string {
  const value = LEDGER.column(column, filtered);
  if (access.scope !== 'subject' || !canBePersonal(column)) return value;
  const own = buildOwnCondition(value, access, values);
  return buildPersonalBitTest(column)
    ? `CASE WHEN ${buildFactColumn(column)} IS NOT NULL THEN ${value} ELSE ${own} END`
    : own;
}

const OPERATION = `metadata->>'operationId'`;

export const IS_ROW_CHANGE = `type IN (${[...ROW_CHANGE_TYPES, ...TRUNCATION_TYPES].map((type) => `'${type}'`).join(', ')})`;

/** The SQL condition that excludes row changes whose operation has an event. */
const IS_UNFOLDED = `NOT (${IS_ROW_CHANGE} AND request_id IS NOT NULL AND EXISTS (
  SELECT FROM audit_event AS operation
   WHERE operation.request_id = audit_event.request_id AND NOT operation.${IS_ROW_CHANGE} AND operation.outcome <> 'attempted'
     AND operation.${OPERATION} = audit_event.${OPERATION}))`;

/** The type and the id of a resource are searched as one text: `order/o-1`. */
const SEARCHED = ['actor', 'request', 'resource', undefined]
  .flatMap((group) => {
    const columns = EVENT_FIELDS.filter((field) => field.isSearched && field.group === group);
    const joined = columns.filter(({ pointer }) => pointer === '/resource/type' || pointer === '/resource/id');
    return [joined, ...columns.filter((column) => !joined.includes(column)).map((column) => [column])];
  })
  .filter((columns) => columns.length > 0);

/** A search for the reads about somebody does not find what this person read. */
const SEARCHED_IN_READS = SEARCHED.filter(([field]) => field?.group !== 'actor');

/** The text has one line for each group of columns that the caller may see. */
function searchedText(access: LedgerAccess, values: SqlValues, searched = SEARCHED): string {
  const shown = ({ column, kind }: LayoutField): string => {
    const value = shownColumn({ column }, access, values);
    return kind === 'inet' ? `host(${value})` : value;
  };
  const lines = searched.map((columns) =>
    columns.length === 1 ? columns.map(shown).join('') : `concat_ws('/', ${columns.map(shown).join(', ')})`,
  );
  return `concat_ws(chr(10), ${lines.join(', ')})`;
}

/**
 * Returns an expression for a personal value that the caller may see. For a caller with the scope `subject`, the value is NULL, except in
 * the person's own events.
 */
export function buildOwnCondition(value: string, access: LedgerAccess, values: SqlValues): string {
  return access.scope === 'subject' ? `CASE WHEN actor_id = ${values.bind(access.subjectId)} THEN ${value} END` : value;
}

/**
 * Returns a condition that a column is one of the values. With a single value, PostgreSQL can use an index that sorts the events with this
 * value by id.
 */
export function buildIsAny(column: string, expected: readonly unknown[], values: SqlValues): string {
  return expected.length === 1
    ? `${column} = ${values.bind(expected[0])}`
    : `${column} = ANY (${values.bind(expected)}::text[])`;
}

/** PostgreSQL evaluates an AND within an OR from left to right, so the cheap text search precedes the JSON condition. */
class ConditionWriter {
  constructor(
    private readonly access: LedgerAccess,
    private readonly values: SqlValues,
    private readonly dialect: FilterDialect,
  ) {}

  of(predicate: Predicate): readonly string[] {
    const { values } = this;
    switch (predicate.on) {
      case 'field':
        return [this.writeField(predicate)];
      case 'path':
        return [this.writePath(predicate)];
      case 'words':
        return predicate.words.map((word) => this.writeWord(word, predicate.findsReads));
      case 'about':
        return [this.writeRecord(predicate.type, predicate.id)];
      case 'related':
        return [joinWithOr(predicate.anyOf.map(({ type, id }) => this.writeRelated(type, id)))];
      case 'changed':
        return [joinWithOr(predicate.anyOf.map((pointer) => this.writeChanged(pointer)))];
      case 'rows':
        return [IS_UNFOLDED];
      case 'time': {
        const { from, to } = predicate;
        const begin = from ? [`id >= ${values.bind(createFirstIdAt(from))}::uuid`] : [];
        return [...begin, ...(to ? [`id < ${values.bind(createFirstIdAt(to))}::uuid`] : [])];
      }
    }
  }

  private writeField({ field, anyOf: tests, isNot, or }: FieldPredicate): string {
    const passes = [this.passes(field, tests)];
    if (or !== undefined) {
      const isOfType = or.ofResource === undefined ? '' : `resource_type = ${this.values.bind(or.ofResource)} AND `;
      passes.push(`(${isOfType}${this.passes(or.field, or.anyOf)})`);
    }
    return this.writeUnless(isNot, joinWithOr(passes));
  }

  /**
   * Each part of the condition can use an index. The other events of an operation are included only if the operation has one of the
   * record's newest 10,000 events.
   */
  private writeRecord(type: string, id: string): string {
    const { access } = this;
    if (type === 'user' && access.scope === 'subject' && access.subjectId === id) return 'true'; // row-level security already requires this condition
    const test = [{ is: 'equal', values: [id] }] as const;
    const isResource = `(resource_type = ${this.values.bind(type)} AND ${this.passes('resourceId', test)})`;
    const own = [isResource, this.writeRelated(type, id)];
    if (type === 'session') own.push(this.passes('sessionId', test));
    if (type === 'api_key') own.push(this.passes('credentialId', test));
    if (type === 'user') own.push(this.passes('actorId', test), this.passes('onBehalfOf', test));
    const operations = (value: string): string =>
      `ANY (ARRAY(SELECT ${value} FROM audit_event WHERE (${own.join(' OR ')}) AND request_id IS NOT NULL
        AND ${OPERATION} IS NOT NULL ORDER BY id DESC LIMIT 10000))`;
    return joinWithOr([
      ...own,
      `(request_id = ${operations('request_id')} AND ${OPERATION} = ${operations(OPERATION)})`,
    ]);
  }

  private writeRelated(type: string, id?: string): string {
    const { access, values } = this;
    const row = { related: 'related', personal: buildOwnCondition('personal', access, values) };
    return isRelated(row, values.bind(type), id === undefined ? id : values.bind(id));
  }

  private passes(field: FieldName, tests: readonly ValueTest[]): string {
    const { column, filtered } = getFieldFilter(field);
    const value = this.dialect.column(column, filtered);
    return this.writeShown(column, joinWithOr(tests.map((test) => this.test(value, test))));
  }

  private writePath({ root, path, anyOf: tests, isNot }: PathPredicate): string {
    const needles = isNot ? undefined : buildFieldNeedles(path, tests); // most events match a filter with `ne`, so a text search would save nothing
    const containsAny = (column: string): string =>
      needles
        ? joinWithOr(needles.map((text) => `position(${this.values.bind(text)} in ${column}::text) > 0`))
        : 'true';
    const inPersonal = buildPersonalFieldPaths(root, path, tests).map((one) => this.matches('personal', one));
    const inFacts = this.matches(root, buildFieldPath(path, tests));
    const inOwn = this.writeOwn(`(${containsAny('personal')} AND ${joinWithOr(inPersonal)})`);
    return this.writeUnless(isNot, `((${containsAny(root)} AND ${inFacts}) OR ${inOwn})`);
  }

  /** A path with a name that may come from data is in the personal part. */
  private writeChanged(pointer: string): string {
    const inPersonal = buildPersonalChangedPaths(pointer).map((path) => this.matches('personal', path));
    const mayHold = `position(${this.values.bind(buildChangedNeedle(pointer))} in personal::text) > 0`;
    return joinWithOr([
      this.matches('changes', buildChangedPath(pointer)),
      this.writeOwn(`(${mayHold} AND ${joinWithOr(inPersonal)})`),
    ]);
  }

  /**
   * A search of all fields as one text is fast. Only the few events that contain the word are then searched field by field. A word of the
   * sentence that the viewer shows about an event also finds the event.
   */
  private writeWord(word: string, findsReads: boolean): string {
    const { access, values } = this;
    const { texts, always, done } = resolveMeaning(word);
    const pattern = values.bind(buildWordPattern(texts));
    const columns = SEARCHED.flat().map((field) => shownColumn(field, access, values));
    const all = `concat_ws('/', ${columns.join(', ')}, details, changes, related, ${buildOwnCondition('personal', access, values)})`;
    const found = [
      this.matches('details', buildWordPath(texts)),
      this.matches('changes', buildWordPath(texts)),
      this.matches('related', buildWordPath(texts)),
      this.writeOwn(
        joinWithOr(
          ['details', 'changes', 'related'].map((root) => this.matches('personal', buildPersonalWordPath(root, texts))),
        ),
      ),
    ];
    const isOther = `category <> ${values.bind(LEDGER_READS_CATEGORY)}`;
    const isLookedAt = findsReads ? 'true' : isOther;
    const text = searchedText(access, values);
    const shown = findsReads
      ? `CASE WHEN ${isOther} THEN ${text} ELSE ${searchedText(access, values, SEARCHED_IN_READS)} END`
      : text;
    const isFound = `(${shown} ~ ${pattern} OR (${isLookedAt} AND ${joinWithOr(found)}))`;
    const isIn = this.dialect.when(`${all} ~ ${pattern}`, isFound);
    const isDone = `outcome IN ('success', 'partial')`;
    const named = [...this.describedBy(always), ...this.describedBy(done).map((one) => `(${isDone} AND ${one})`)];
    const isAbout = findsReads ? this.concernsPerson(pattern) : this.isAboutNamed(pattern);
    return joinWithOr([...named, isIn, isAbout]);
  }

  private describedBy({ actions, kinds }: SentenceActions): readonly string[] {
    const plain = actions.filter((name) => !name.includes(' '));
    const byName = plain.length === 0 ? [] : [buildIsAny('action', plain, this.values)];
    for (const name of actions.filter((each) => !plain.includes(each))) {
      const [action, operation] = name.split(' ');
      byName.push(`(action = ${this.values.bind(action)} AND details->>'operation' = ${this.values.bind(operation)})`);
    }
    return kinds.length === 0 ? byName : [...byName, `action ~ ${this.values.bind(`_(${kinds.join('|')})$`)}`];
  }

  /** Events about reads contain only ids of people. */
  private concernsPerson(pattern: string): string {
    return `EXISTS (SELECT FROM unnest(ARRAY(SELECT DISTINCT actor_id FROM ${this.actorsNamed(pattern)} LIMIT 100)) AS person
      WHERE position(person IN concat_ws('/', resource_id, details, ${buildOwnCondition('personal', this.access, this.values)})) > 0)`;
  }

  /** Most events about a user contain the user's id, and not the name. */
  private isAboutNamed(pattern: string): string {
    const isNamed = `resource_id IN (SELECT actor_id FROM ${this.actorsNamed(pattern)})`;
    return this.writeShown('resource_id', `(resource_type = 'user' AND ${isNamed})`);
  }

  /** Only the newest 20,000 events are searched for matching names. */
  private actorsNamed(pattern: string): string {
    const name = shownColumn(getFieldFilter('actorName'), this.access, this.values);
    return `(SELECT actor_id, ${name} AS name FROM audit_event ORDER BY id DESC LIMIT 20000) AS newest WHERE name ~ ${pattern}`;
  }

  private test(value: string, test: ValueTest): string {
    const { values } = this;
    switch (test.is) {
      case 'equal':
        return buildIsAny(value, test.values, values);
      case 'begun': // not LIKE, which is not leakproof and so could not use an index under row-level security
        return `starts_with(${value}, ${values.bind(test.prefix)})`;
      case 'spelt':
        return this.dialect.when(this.dialect.matchesSpelling(value, values.bind(test.pattern)));
      case 'within':
        return this.dialect.when(this.dialect.isWithin(value, test.network, values));
      case 'between':
        return `${value} BETWEEN ${values.bind(test.minimum)} AND ${values.bind(test.maximum)}`;
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        return `${value} ${SQL_OPERATORS[test.is]} ${values.bind(test.bound)}::float8`;
      case 'present':
        return `${value} IS NOT NULL`;
    }
  }

  private matches(column: string, path: string): string {
    return `${column}::jsonb @? ${this.values.bind(path)}::jsonpath`;
  }

  /** Limits the condition to values that the caller may see, because searches could otherwise reveal hidden values. */
  private writeShown(column: string, condition: string): string {
    if (this.access.scope !== 'subject' || !canBePersonal(column)) return condition;
    return buildPersonalBitTest(column)
      ? `(${condition} AND (${buildFactColumn(column)} IS NOT NULL OR ${this.isOwn(this.access.subjectId)}))`
      : this.writeOwn(condition);
  }

  private writeOwn(condition: string): string {
    return this.access.scope === 'subject' ? `(${this.isOwn(this.access.subjectId)} AND ${condition})` : condition;
  }

  private isOwn(subjectId: string): string {
    return `${this.dialect.column('actor_id')} = ${this.values.bind(subjectId)}`;
  }

  /** An event whose field is absent or hidden also matches `ne`. */
  private writeUnless(isNot: boolean, condition: string): string {
    return isNot ? `(${condition}) IS NOT TRUE` : condition;
  }
}

function joinWithOr(conditions: readonly string[]): string {
  const [only = 'false', ...others] = conditions;
  return others.length === 0 ? only : `(${conditions.join(' OR ')})`;
}

function canBePersonal(column: string): boolean {
  return buildPersonalBitTest(column) || PERSONAL_COLUMNS.some(({ name }) => name === column);
}

function buildPersonalBitTest(column: string): boolean {
  return CLASSIFIED_COLUMNS.some(({ name }) => name === column);
}
