import { ACTIONS, KINDS } from './action-words/action-words.js';

/** Actions whose sentence in the viewer has a word. */
export interface SentenceActions {
  readonly actions: readonly string[];
  /** The last words of the names of other actions. */
  readonly kinds: readonly string[];
}

/** What a word of a search finds, besides the text itself. */
export interface WordMeaning {
  /** The word in all spellings, and words with the same meaning. An event must contain one of the texts. */
  readonly texts: readonly string[];
  /** The actions that the word describes with any outcome: `cancel`. */
  readonly always: SentenceActions;
  /** The actions that the word describes only if they were done: `cancelled`. */
  readonly done: SentenceActions;
}

/**
 * Words that people type for the words of the sentences. A key is the beginning of a template of {@link ACTIONS} or {@link KINDS}; the
 * values are other verbs, each with its past.
 */
const OTHER_VERBS: Readonly<Record<string, readonly string[]>> = {
  'activate/': ['enable/enabled', 'unlock/unlocked'],
  'change/': ['alter/altered', 'edit/edited', 'modify/modified', 'update/updated'],
  'create/': ['add/added', 'make/made'],
  'deactivate/': ['disable/disabled', 'lock/locked'],
  'delete/': ['erase/erased', 'remove/removed'],
  'end/ended/all': ['revoke/revoked', 'terminate/terminated'],
  'end/ended/{r:a session': ['revoke/revoked', 'terminate/terminated', 'close/closed'],
  'export/': ['extract/extracted', 'download/downloaded'],
  'give/': ['assign/assigned', 'change/changed', 'grant/granted'],
  'log in': ['sign in/signed in'],
  'log out': ['sign out/signed out'],
  'place/placed/{r:an order': ['buy/bought', 'create/created', 'order/ordered', 'purchase/purchased'],
  'record/recorded/a payment': ['pay/paid', 'receive/received'],
  'refund/': ['reimburse/reimbursed'],
  'register/registered': ['sign up/signed up'],
  'revoke/': ['withdraw/withdrew', 'invalidate/invalidated'],
  'set/set/a new password': ['change/changed', 'reset/reset'],
  'ship/': ['dispatch/dispatched', 'send/sent'],
  'suspend/': ['ban/banned', 'block/blocked', 'lock/locked'],
  'take away/': ['change/changed', 'remove/removed', 'revoke/revoked', 'withdraw/withdrew'],
  'turn off/': ['disable/disabled', 'switch off/switched off', 'deactivate/deactivated'],
  'turn on/': ['enable/enabled', 'switch on/switched on', 'activate/activated'],
  'view/': ['look/looked', 'open/opened', 'read/read', 'see/saw'],
};

/** Nouns that people type for the nouns of the sentences. */
const OTHER_NOUNS: Readonly<Record<string, readonly string[]>> = {
  'e-mail': ['email', 'mail'],
  factor: ['mfa', '2fa', 'totp'],
  permissions: ['permission', 'right', 'rights', 'privilege', 'privileges'],
  setting: ['settings', 'config', 'configuration'],
  stock: ['inventory'],
  user: ['account'],
};

/** Words with the same meaning in names, codes and reasons. */
const SAME_WORDS: readonly (readonly string[])[] = [
  ['denied', 'forbidden', 'refused', 'rejected'],
  ['email', 'e-mail'],
  ['failed', 'failure'],
  ['incorrect', 'invalid', 'wrong'],
  ['succeeded', 'success', 'successful'],
];

/** British and American spellings. Each pattern finds both, and each function writes the other one. */
const SPELLINGS: readonly (readonly [RegExp, (found: string) => string])[] = [
  // cancelled, labelling
  [/(?<=[aeiou][^aeiou]+[aeiou])ll?(?=ed$|ing$|ers?$)/, (found) => (found === 'll' ? 'l' : 'll')],
  // authorise, organisation
  [
    /(?<=[a-z]{3})[iy][sz](?=e[ds]?$|ing$|ers?$|ations?$)/,
    (found) => `${found[0] ?? ''}${found[1] === 's' ? 'z' : 's'}`,
  ],
  [/(?<=behavi|col|fav|flav|hon|lab|neighb)ou?r/, (found) => (found === 'our' ? 'or' : 'our')],
  [/(?<=cent|met|theat)(?:re|er)$/, (found) => (found === 're' ? 'er' : 're')],
  [/(?<=licen|defen|offen)[cs]e(?=s?$)/, (found) => (found === 'ce' ? 'se' : 'ce')],
  [/(?<=catal|dial)og(?:ue)?(?=s?$)/, (found) => (found === 'og' ? 'ogue' : 'og')],
  [/(?<=enrol|fulfil|instal)l?(?=s?$|ment)/, (found) => (found === 'l' ? '' : 'l')],
];

/** These words are in too many sentences to find anything. */
const FILLERS = new Set([
  'a',
  'an',
  'and',
  'as',
  'at',
  'by',
  'for',
  'from',
  'of',
  'that',
  'the',
  'their',
  'to',
  'with',
]);

type Part = 'always' | 'done';
type Table = keyof SentenceActions;
type Index = ReadonlyMap<string, Readonly<Record<Part, Readonly<Record<Table, ReadonlySet<string>>>>>>;

const INDEX: Index = indexOf({ actions: ACTIONS, kinds: KINDS });

export const SENTENCE_WORDS: readonly string[] = [...INDEX.keys()].filter((word) => !word.includes('-'));

/** Returns the meaning of a word in a search. A word without a meaning is only a text. */
export function meaningOf(word: string): WordMeaning {
  const typed = word.toLowerCase();
  const spellings = [typed, ...otherSpellings(typed)];
  const same = SAME_WORDS.filter((words) => words.includes(typed)).flat();
  // `logged-in` is one word of the query language for two words of a sentence
  const apart = INDEX.has(typed) && typed.includes('-') ? [typed.replaceAll('-', ' ')] : [];
  const part = (name: Part): SentenceActions => ({
    actions: [...new Set(spellings.flatMap((each) => [...(INDEX.get(each)?.[name].actions ?? [])]))],
    kinds: [...new Set(spellings.flatMap((each) => [...(INDEX.get(each)?.[name].kinds ?? [])]))],
  });
  return {
    texts: [...new Set([word, ...spellings.slice(1), ...same, ...apart])],
    always: part('always'),
    done: part('done'),
  };
}

function otherSpellings(word: string): readonly string[] {
  return SPELLINGS.filter(([pattern]) => pattern.test(word)).map(([pattern, write]) => word.replace(pattern, write));
}

function indexOf(tables: Readonly<Record<Table, Readonly<Record<string, string>>>>): Index {
  const index = new Map<string, Record<Part, Record<Table, Set<string>>>>();
  const add = (word: string, part: Part, table: Table, name: string): void => {
    const found = index.get(word) ?? {
      always: { actions: new Set(), kinds: new Set() },
      done: { actions: new Set(), kinds: new Set() },
    };
    found[part][table].add(name);
    index.set(word, found);
  };
  for (const table of ['actions', 'kinds'] as const) {
    for (const [name, template] of Object.entries(tables[table])) {
      const [infinitive = '', past = '', rest = ''] = template.split('/');
      const others = Object.entries(OTHER_VERBS).flatMap(([begin, verbs]) => (template.startsWith(begin) ? verbs : []));
      for (const verb of [`${infinitive}/${past}`, ...others]) {
        const [now = '', before = ''] = verb.split('/');
        for (const word of verbWords(now)) add(word, 'always', table, name);
        for (const word of verbWords(before)) add(word, 'done', table, name);
      }
      for (const word of wordsIn(rest).flatMap((noun) => [noun, ...(OTHER_NOUNS[noun] ?? [])]))
        add(word, 'always', table, name);
    }
  }
  return index;
}

/** `logged in` is found by `logged`, by `in`, and by `logged-in`. */
function verbWords(verb: string): readonly string[] {
  const words = wordsIn(verb);
  return words.length > 1 ? [...words, words.join('-')] : words;
}

/** The words of a part of a template, without the names of its values. */
function wordsIn(template: string): readonly string[] {
  const text = template.replace(
    /\{([^{}:]*)(?::([^{}]*))?\}/g,
    (_, _names, otherwise = '') => ` ${String(otherwise)} `,
  );
  return (text.toLowerCase().match(/[a-z]+(?:-[a-z]+)*/g) ?? []).filter((word) => !FILLERS.has(word));
}
