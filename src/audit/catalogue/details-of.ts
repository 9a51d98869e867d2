import type { AuditEventRegistry } from './audit-event-registry.js';
import type { AnyDetails, DetailsByType, EVENT_TYPES } from './catalogue.generated.js';

type Listed = typeof EVENT_TYPES;

type ActionName = Extract<Listed[keyof Listed], { readonly action: string }>['action'];

/** The event types of an action. */
type TypesOf<Action> = {
  [Name in keyof Listed]: Listed[Name] extends { readonly action: Action } ? Name : never;
}[keyof Listed];

/** The fields that any of several details have; if one accepts any fields, all do. */
type AnyOf<Details> = true extends (Details extends unknown ? ([keyof Details] extends [never] ? true : never) : never)
  ? AnyDetails
  : { readonly [Field in Details extends unknown ? keyof Details : never]?: ValueOf<Details, Field> };

type ValueOf<Details, Field> = Details extends unknown ? (Field extends keyof Details ? Details[Field] : never) : never;

/** The details of each action: those of its event types. */
type DetailsByAction = { readonly [Action in ActionName]: AnyOf<DetailsByType[TypesOf<Action>]> };

/** Every name that the catalogue knows: actions, event types and aliases. */
export type CatalogueName = keyof DetailsByAction | keyof DetailsByType;

/** A catalogue name, a team's own name, or any other of the form `^[a-z][a-z0-9_.:-]{0,127}$`. */
export type AuditEventName = CatalogueName | keyof AuditEventRegistry | (string & Record<never, never>);

/** The details that a name accepts: those of its event type, of all types of an action, or any for a custom name. */
export type DetailsOf<Name> = Name extends keyof DetailsByAction
  ? DetailsByAction[Name]
  : Name extends keyof DetailsByType
    ? DetailsByType[Name]
    : Name extends keyof AuditEventRegistry
      ? AuditEventRegistry[Name]
      : object;
