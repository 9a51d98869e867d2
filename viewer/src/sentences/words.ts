/** The words of a language that sentences are made of. */
export interface SentenceWords {
  /** By action: the infinitive, the past, and what follows both, by slashes. `{…}` is filled in from the event. */
  readonly actions: Readonly<Record<string, string>>;
  /** Likewise, of actions without words of their own, by the last word of their name. `{x}` is the resource, or what the name says. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly withArticle: (noun: string) => string;
  /** Stands before the infinitive where the action did not succeed. */
  readonly tried: string;
  readonly anonymous: string;
  readonly system: string;
  readonly actorTypes: Readonly<Record<string, string>>;
  readonly onBehalfOf: string;
  readonly outcomes: Readonly<Record<string, string>>;
  /** The resource where it is the actor. */
  readonly self: string;
  readonly of: string;
  readonly and: string;
  readonly more: string;
  /** What the application's names and codes are called: severities, reasons, parts of its state; others by {@link termOf}. */
  readonly terms: Readonly<Record<string, string>>;
  /** A reason such as `order_not_found` by its words; `undefined` where they are not known. */
  readonly reason?: (words: readonly string[], nouns: SentenceWords['nouns']) => string | undefined;
  /** What types of resources are called; others by their own name. */
  readonly nouns: Readonly<Record<string, string>>;
}
