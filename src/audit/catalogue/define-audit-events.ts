import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { EVENT_TYPES } from './catalogue.generated.js';
import type { AuditOutcome, AuditSeverity } from '../../base/event/outcomes.js';

/**
 * The details of a team's own event types, by name. Declare the details once, beside the definitions. The compiler then checks the details
 * in calls of `record()`:
 *
 * ```ts
 * declare module 'nestjs-audit-ledger' {
 *   interface AuditEventRegistry extends DefinedAuditEvents<typeof BILLING_EVENTS> {}
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- teams fill it
export interface AuditEventRegistry {}

type ListedEventName = typeof EVENT_TYPES;

/** With `string & {}`, editors suggest the usual words, and any other text is valid, too. */
type TextKeys<Word extends string> = [Word] extends [never] ? string : Word | (string & {});

type FieldSchemaValue<Kind, Word extends string> = Kind extends 'one'
  ? Word
  : Kind extends 'text'
    ? TextKeys<Word>
    : Kind extends 'key'
      ? TextKeys<Word> | number | bigint
      : Kind extends 'list'
        ? readonly TextKeys<Word>[]
        : Kind extends 'number'
          ? number
          : Kind extends 'boolean'
            ? boolean
            : unknown;

type FieldValue<Field> = Field extends readonly [infer Kind, ...infer Words extends readonly string[]]
  ? FieldSchemaValue<Kind, Words[number]>
  : never;

type EntryDetails<Entry> = Entry extends { readonly aliasOf: infer Name extends keyof ListedEventName }
  ? EntryDetails<ListedEventName[Name]>
  : Entry extends { readonly details: infer Fields }
    ? { readonly [Name in keyof Fields]?: FieldValue<Fields[Name]> | undefined }
    : object;

type DetailsByType = { readonly [Name in keyof ListedEventName]: EntryDetails<ListedEventName[Name]> };

type ActionName = Extract<ListedEventName[keyof ListedEventName], { readonly action: string }>['action'];

type TypeNames<Action> = {
  [Name in keyof ListedEventName]: ListedEventName[Name] extends { readonly action: Action } ? Name : never;
}[keyof ListedEventName];

/** Combines the fields of several detail types; accepts any fields if one of these types accepts any fields. */
type AnyDetails<Details> = true extends (
  Details extends unknown ? ([keyof Details] extends [never] ? true : never) : never
)
  ? object
  : { readonly [Name in Details extends unknown ? keyof Details : never]?: FieldSchema<Details, Name> };

type FieldSchema<Details, Name> = Details extends unknown
  ? Name extends keyof Details
    ? Details[Name]
    : never
  : never;

type DetailsByAction = { readonly [Action in ActionName]: AnyDetails<DetailsByType[TypeNames<Action>]> };

/** Every name that the catalogue knows: actions, event types and aliases. */
type CatalogueName = keyof DetailsByAction | keyof DetailsByType;

/** A catalogue name, a team's own name, or any other name of the form `^[a-z][a-z0-9_.:-]{0,127}$`. */
export type AuditEventName = CatalogueName | keyof AuditEventRegistry | (string & Record<never, never>);

/** The details for a name: the details of its event type, of all event types of an action, or any details for a custom name. */
export type EventDetails<Name> = Name extends keyof DetailsByAction
  ? DetailsByAction[Name]
  : Name extends keyof DetailsByType
    ? DetailsByType[Name]
    : Name extends keyof AuditEventRegistry
      ? AuditEventRegistry[Name]
      : object;

interface AuditEventDescription {
  /** What was done, such as `invoice_dispute`. Event types with the same action differ by their outcome. */
  readonly action: string;
  /** How it ended. */
  readonly outcome: AuditOutcome;
  /** The category, by which readers filter, retention decides, and providers choose their events. */
  readonly category: string;
  /**
   * Default: the severity of the outcome. Set this when an event deserves more attention than its outcome suggests, such as a successful
   * export of all customers.
   */
  readonly severity?: AuditSeverity;
  /**
   * Other spellings of the name. Events are recorded under `name`, and queries find these events by every spelling. Set this when you rename
   * an event type, or when older code records the event under another name.
   */
  readonly aliases?: readonly string[];
  /** Compliance tags, for example `gdpr`. Set this when an auditor filters events by a framework, or when retention depends on it. */
  readonly compliance?: readonly string[];
  /**
   * The detail fields with personal data, in addition to the catalogue's list. Set this when a detail of this event names a person, such as
   * `witnessName`.
   */
  readonly personal?: readonly string[];
  /**
   * The detail fields whose texts are never personal, for example a status. These texts remain when a person is erased. Every other text is
   * erased, unless it is a known fact. Set this when an erasure must keep a detail of this event, such as its status.
   */
  readonly facts?: readonly string[];
  /**
   * A schema for the details: any synchronous Standard Schema (zod, valibot, arktype, …). Set this when the compiler and your tests must find wrong details of your own events.
   */
  readonly details?: StandardSchemaV1;
}

/** An event type of the application, made by `defineAuditEvents`. */
export interface AuditEventDefinition extends AuditEventDescription {
  /** The name of the event type, such as `invoice_disputed`. */
  readonly name: string;
}

type Descriptions = Readonly<Record<string, AuditEventDescription>>;

type DefinedEntries<Own extends Descriptions> = {
  [Name in keyof Own & string]: Own[Name] & { readonly name: Name };
}[keyof Own & string];

/**
 * Defines a team's own event types by name. A given type with its own action, outcome and category gets the tags, aliases and fields in
 * addition. Pass the result to `AuditModule`'s option `events`.
 */
export function defineAuditEvents<const Own extends Descriptions>(descriptions: Own): readonly DefinedEntries<Own>[] {
  const definitions = Object.entries<AuditEventDescription>(descriptions).map(([name, own]) => ({ ...own, name }));
  return definitions as unknown as readonly DefinedEntries<Own>[]; // each entry has its key as its name
}

type DefinitionNames<Definition extends AuditEventDefinition> =
  | Definition['name']
  | Definition['action']
  | (Definition extends { readonly aliases: readonly (infer Alias extends string)[] } ? Alias : never);

type DefinitionDetails<Definition> = Definition extends { readonly details: infer Schema extends StandardSchemaV1 }
  ? StandardSchemaV1.InferInput<Schema> & object
  : object;

/**
 * The type of the details by name, alias and action, for `AuditEventRegistry`. The type argument is the result of {@link
 * defineAuditEvents}.
 */
export type DefinedAuditEvents<Definitions extends readonly AuditEventDefinition[]> = {
  [
    Name in Definitions[number]['name'] as Exclude<
      DefinitionNames<Extract<Definitions[number], { readonly name: Name }>>,
      CatalogueName
    >
  ]: DefinitionDetails<Extract<Definitions[number], { readonly name: Name }>>;
};
