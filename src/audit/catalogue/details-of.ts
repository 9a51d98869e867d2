import type { AuditEventRegistry } from './audit-event-registry.js';
import type { EVENT_TYPES } from './catalogue.generated.js';

type Listed = typeof EVENT_TYPES;

/** With `string & {}`, editors suggest the usual words, and any other text is valid, too. */
type TextOf<Word extends string> = [Word] extends [never] ? string : Word | (string & {});

type ValueOf<Kind, Word extends string> = Kind extends 'one'
  ? Word
  : Kind extends 'text'
    ? TextOf<Word>
    : Kind extends 'key'
      ? TextOf<Word> | number | bigint
      : Kind extends 'list'
        ? readonly TextOf<Word>[]
        : Kind extends 'number'
          ? number
          : Kind extends 'boolean'
            ? boolean
            : unknown;

type ValueOfField<Field> = Field extends readonly [infer Kind, ...infer Words extends readonly string[]]
  ? ValueOf<Kind, Words[number]>
  : never;

type DetailsOfEntry<Entry> = Entry extends { readonly aliasOf: infer Name extends keyof Listed }
  ? DetailsOfEntry<Listed[Name]>
  : Entry extends { readonly details: infer Fields }
    ? { readonly [Name in keyof Fields]?: ValueOfField<Fields[Name]> | undefined }
    : object;

type DetailsByType = { readonly [Name in keyof Listed]: DetailsOfEntry<Listed[Name]> };

type ActionName = Extract<Listed[keyof Listed], { readonly action: string }>['action'];

type TypesOf<Action> = {
  [Name in keyof Listed]: Listed[Name] extends { readonly action: Action } ? Name : never;
}[keyof Listed];

/** Combines the fields of several detail types; accepts any fields if one of these types accepts any fields. */
type AnyOf<Details> = true extends (Details extends unknown ? ([keyof Details] extends [never] ? true : never) : never)
  ? object
  : { readonly [Name in Details extends unknown ? keyof Details : never]?: FieldOf<Details, Name> };

type FieldOf<Details, Name> = Details extends unknown ? (Name extends keyof Details ? Details[Name] : never) : never;

type DetailsByAction = { readonly [Action in ActionName]: AnyOf<DetailsByType[TypesOf<Action>]> };

/** Every name that the catalogue knows: actions, event types and aliases. */
export type CatalogueName = keyof DetailsByAction | keyof DetailsByType;

/** A catalogue name, a team's own name, or any other name of the form `^[a-z][a-z0-9_.:-]{0,127}$`. */
export type AuditEventName = CatalogueName | keyof AuditEventRegistry | (string & Record<never, never>);

/** The details for a name: the details of its event type, of all event types of an action, or any details for a custom name. */
export type DetailsOf<Name> = Name extends keyof DetailsByAction
  ? DetailsByAction[Name]
  : Name extends keyof DetailsByType
    ? DetailsByType[Name]
    : Name extends keyof AuditEventRegistry
      ? AuditEventRegistry[Name]
      : object;
