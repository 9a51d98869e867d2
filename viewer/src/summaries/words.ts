export interface SummaryWords {
  /** The words of each action: the infinitive, the past, and the end of the sentence, separated by slashes. The event's values replace `{…}`. */
  readonly actions: Readonly<Record<string, string>>;
  /** The words of other actions, by the last word of their name. `{x}` is the resource, or the action's name without the last word. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly withArticle: (noun: string) => string;
  readonly tried: string;
  readonly anonymous: string;
  readonly system: string;
  readonly actorTypes: Readonly<Record<string, string>>;
  readonly onBehalfOf: string;
  readonly outcomes: Readonly<Record<string, string>>;
  /** The word for the resource, if the actor is the resource. */
  readonly self: string;
  readonly of: string;
  readonly and: string;
  readonly more: string;
  /** Terms for the application's names and codes: severities, reasons, parts of its state. {@link getTerm} derives all other terms. */
  readonly terms: Readonly<Record<string, string>>;
}
