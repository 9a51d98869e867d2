import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AuditOutcome, AuditSeverity } from '../../base/event/outcomes.js';
import type { CatalogueName } from './details-of.js';

interface AuditEventDescription {
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  /** Default: the severity of the outcome. */
  readonly severity?: AuditSeverity;
  /** Other spellings of the name. Events are recorded under `name`, and queries find these events by every spelling. */
  readonly aliases?: readonly string[];
  /** Compliance tags, for example `gdpr`. */
  readonly compliance?: readonly string[];
  /** The detail fields with personal data, in addition to the catalogue's list. */
  readonly personal?: readonly string[];
  /**
   * The detail fields whose texts are never personal, for example a status. These texts remain when a person is erased. Every other text is
   * erased, unless it is a known fact.
   */
  readonly facts?: readonly string[];
  /** A schema for the details: any synchronous Standard Schema (zod, valibot, arktype, …). */
  readonly details?: StandardSchemaV1;
}

/** An event type of the application, made by `defineAuditEvents`. */
export interface AuditEventDefinition extends AuditEventDescription {
  readonly name: string;
}

type Descriptions = Readonly<Record<string, AuditEventDescription>>;

type Defined<Own extends Descriptions> = {
  [Name in keyof Own & string]: Own[Name] & { readonly name: Name };
}[keyof Own & string];

/**
 * Defines a team's own event types by name. A given type with its own action, outcome and category gets the tags, aliases and fields in
 * addition. Pass the result to `AuditModule`'s option `events`.
 */
export function defineAuditEvents<const Own extends Descriptions>(descriptions: Own): readonly Defined<Own>[] {
  const definitions = Object.entries<AuditEventDescription>(descriptions).map(([name, own]) => ({ ...own, name }));
  return definitions as unknown as readonly Defined<Own>[]; // each entry has its key as its name
}

type WordsOf<Definition extends AuditEventDefinition> =
  | Definition['name']
  | Definition['action']
  | (Definition extends { readonly aliases: readonly (infer Alias extends string)[] } ? Alias : never);

type DetailsOfDefinition<Definition> = Definition extends { readonly details: infer Schema extends StandardSchemaV1 }
  ? StandardSchemaV1.InferInput<Schema> & object
  : object;

/**
 * The type of the details by name, alias and action, for `AuditEventRegistry`. The type argument is the result of {@link
 * defineAuditEvents}.
 */
export type DefinedAuditEvents<Definitions extends readonly AuditEventDefinition[]> = {
  [
    Name in Definitions[number]['name'] as Exclude<
      WordsOf<Extract<Definitions[number], { readonly name: Name }>>,
      CatalogueName
    >
  ]: DetailsOfDefinition<Extract<Definitions[number], { readonly name: Name }>>;
};
