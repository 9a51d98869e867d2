/** The words of a language for sentences. */
export interface SentenceWords {
  /** By action: the infinitive, the past, and the end of the sentence, separated by slashes. The event's values replace `{…}`. */
  readonly actions: Readonly<Record<string, string>>;
  /** Words for other actions, by the last word of their name. `{x}` is the resource, or the name without its last word. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly withArticle: (noun: string) => string;
  /** The text before the infinitive if the action did not succeed. */
  readonly tried: string;
  readonly anonymous: string;
  readonly system: string;
  readonly actorTypes: Readonly<Record<string, string>>;
  readonly onBehalfOf: string;
  readonly outcomes: Readonly<Record<string, string>>;
  /** The resource if it is the actor. */
  readonly self: string;
  readonly of: string;
  readonly and: string;
  readonly more: string;
  /** Terms for the application's names and codes: severities, reasons, parts of its state. {@link termOf} derives other terms. */
  readonly terms: Readonly<Record<string, string>>;
  /** Writes a reason such as `order_not_found` in words; `undefined` if they are unknown. */
  readonly reason?: (words: readonly string[], nouns: SentenceWords['nouns']) => string | undefined;
  /** The nouns for types of resources; other types keep their own name. */
  readonly nouns: Readonly<Record<string, string>>;
}
