import type { ResolvedAuditOptions } from './audit-options.js';
import type { Catalogue } from './catalogue/catalogue.js';
import type { ResolvedEventType } from './catalogue/event-type.js';
import type { Redaction } from './event/diff-values.js';
import { createPseudonymizer } from './event/redaction/anonymize.js';
import { normalizeName, createSecretNameTest, type SecretNameTest } from '../base/secrets/redact-names.js';
import type { PersonalNames } from './personal-names.service.js';

export interface PrivacyOptions {
  /**
   * The names of fields to redact at any depth, in addition to the application's `sensitiveFields`. Set this when a field is secret only in
   * this event.
   */
  readonly sensitiveFields?: readonly string[] | undefined;
  /**
   * Whether this event is anonymised. Default: the application's `anonymize`. Set this when the person of a single event must stay unnamed,
   * such as the author of a whistle-blower's report.
   */
  readonly anonymize?: boolean | undefined;
}

export interface ShownFields {
  /** The names of fields that are not secret despite their names and forms: digests of secrets, or fields that a team declares to be facts. */
  readonly shownFields?: readonly string[] | undefined;
  /** The names of fields that identify a row. Their texts are not masked by form. */
  readonly keyFields?: readonly string[] | undefined;
}

/** The cache has a bound, since each call may pass different names. */
const MAX_CACHED_TESTS = 256;

/** Finds the redaction of an event: by the application's options, and the options of the call. */
export class EventRedaction {
  private readonly secretNameTests = new Map<string, SecretNameTest>();
  private readonly lastFour: ReadonlySet<string>;
  private readonly anonymizedNames: ReadonlySet<string>;
  private readonly pseudonym: (text: string) => string;

  constructor(
    private readonly options: ResolvedAuditOptions,
    catalogue: Catalogue,
    private readonly personalNames: PersonalNames,
  ) {
    const { anonymize, pseudonymKey, redaction } = options;
    const listSpellings = (name: string): readonly string[] => [...new Set([name, catalogue.canonicalName(name)])];
    this.lastFour = new Set(Object.keys(redaction.fields).map(normalizeName)); // `lastFour` is the only mode
    this.anonymizedNames = new Set(typeof anonymize === 'boolean' ? [] : anonymize.flatMap(listSpellings));
    this.pseudonym = createPseudonymizer(pseudonymKey);
  }

  /** Returns the redaction of an event of this type; without a type, for a diff outside of any event. */
  of(
    resolved: Partial<ResolvedEventType>,
    { sensitiveFields, shownFields = [], keyFields = [], anonymize }: PrivacyOptions & ShownFields,
  ): Redaction {
    const { type = '', action = '', facts = [] } = resolved;
    const byDefault =
      this.options.anonymize === true || this.anonymizedNames.has(type) || this.anonymizedNames.has(action);
    return {
      isSecretName: this.getSecretNameTest(toTexts(sensitiveFields), shownFields, [...keyFields, ...facts]),
      anonymizer:
        (anonymize ?? byDefault)
          ? { isPersonalName: this.personalNames.testFor(resolved.type), pseudonym: this.pseudonym }
          : undefined,
    };
  }

  private getSecretNameTest(
    names: readonly string[],
    shown: readonly string[],
    kept: readonly string[],
  ): SecretNameTest {
    const key = JSON.stringify([names, shown, kept]);
    let test = this.secretNameTests.get(key);
    if (!test) {
      const all = [...this.options.sensitiveFields, ...names];
      test = createSecretNameTest(
        all,
        this.lastFour,
        new Set(shown),
        new Set([...this.options.factFields, ...shown, ...kept]),
      );
      if (this.secretNameTests.size < MAX_CACHED_TESTS) this.secretNameTests.set(key, test);
    }
    return test;
  }
}

/** Elements that are not strings must not make the event fail. */
function toTexts(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
