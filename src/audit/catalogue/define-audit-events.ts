import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AuditOutcome, AuditSeverity } from '../event/outcomes.js';
import type { CatalogueName } from './details-of.js';

/** What a team says of an event type of its own. */
interface AuditEventDescription {
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  /** Default: what follows from the outcome. */
  readonly severity?: AuditSeverity;
  /** Other spellings: recorded under the name, found by either. */
  readonly aliases?: readonly string[];
  /** Tags such as `gdpr`. */
  readonly compliance?: readonly string[];
  /** Detail fields that say something of a person, besides those that the catalogue always takes for such. */
  readonly personal?: readonly string[];
  /**
   * Detail fields whose texts say nothing of a person, whatever they are, as a status: they stay when a person is erased. Every
   * other text that is not known to be a fact is erased.
   */
  readonly facts?: readonly string[];
  /** What the details must be like: any Standard Schema (zod, valibot, arktype, …) that answers synchronously. */
  readonly details?: StandardSchemaV1;
}

/** An event type of a team's own. Made by {@link defineAuditEvents}. */
export interface AuditEventDefinition extends AuditEventDescription {
  readonly name: string;
}

type Descriptions = Readonly<Record<string, AuditEventDescription>>;

type Defined<Own extends Descriptions> = {
  [Name in keyof Own & string]: Own[Name] & { readonly name: Name };
}[keyof Own & string];

/** A team's own event types, from their names to what is said of them: give the result to `AuditModule`'s `events`. */
export function defineAuditEvents<const Own extends Descriptions>(descriptions: Own): readonly Defined<Own>[] {
  const definitions = Object.entries<AuditEventDescription>(descriptions).map(([name, own]) => ({ ...own, name }));
  return definitions as unknown as readonly Defined<Own>[]; // each entry of the argument with its key
}

type WordsOf<Definition extends AuditEventDefinition> =
  | Definition['name']
  | Definition['action']
  | (Definition extends { readonly aliases: readonly (infer Alias extends string)[] } ? Alias : never);

type DetailsOfDefinition<Definition> = Definition extends { readonly details: infer Schema extends StandardSchemaV1 }
  ? StandardSchemaV1.InferInput<Schema> & object
  : object;

/** The details by name, alias and action of what {@link defineAuditEvents} made, for `AuditEventRegistry`. */
export type DefinedAuditEvents<Definitions extends readonly AuditEventDefinition[]> = {
  [
    Name in Definitions[number]['name'] as Exclude<
      WordsOf<Extract<Definitions[number], { readonly name: Name }>>,
      CatalogueName
    >
  ]: DetailsOfDefinition<Extract<Definitions[number], { readonly name: Name }>>;
};
