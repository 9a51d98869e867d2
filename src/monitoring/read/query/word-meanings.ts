import { ACTIONS, KINDS } from './action-words/action-words.js';

/** Actions whose sentence in the viewer has a word. */
export interface SentenceActions {
  readonly actions: readonly string[];
  /** The last words of the names of other actions. */
  readonly kinds: readonly string[];
}

/** What a word of a search finds, besides the text itself. */
export interface WordMeaning {
  /** The word, and words with the same meaning. An event must contain one of the texts. */
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
  'authorise/': ['authorize/authorized'],
  'cancel/': ['cancel/canceled'],
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
  'synchronise/': ['synchronize/synchronized', 'sync/synced'],
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
  ['canceled', 'cancelled'],
  ['denied', 'forbidden', 'refused', 'rejected'],
  ['email', 'e-mail'],
  ['failed', 'failure', 'failures'],
  ['bad', 'incorrect', 'invalid', 'wrong'],
  ['login', 'logins', 'log-in', 'log-ins', 'logon', 'sign-in', 'sign-ins'],
  ['succeeded', 'success', 'successful'],
];

/** These words are in too many sentences to find anything. */
const FILLERS = new Set('a an and as at by do for from of that the their to with'.split(' '));

type Part = 'always' | 'done';
type Table = keyof SentenceActions;
type Index = ReadonlyMap<string, Readonly<Record<Part, Readonly<Record<Table, ReadonlySet<string>>>>>>;

const INDEX: Index = buildIndex({ actions: ACTIONS, kinds: KINDS });

export const SUMMARY_WORDS: readonly string[] = [...INDEX.keys()];

/** Returns the meaning of a word in a search. A word without a meaning is only a text. */
export function resolveMeaning(word: string): WordMeaning {
  const typed = word.toLowerCase();
  const same = SAME_WORDS.filter((words) => words.includes(typed)).flat();
  const part = (name: Part): SentenceActions => ({
    actions: [...(INDEX.get(typed)?.[name].actions ?? [])],
    kinds: [...(INDEX.get(typed)?.[name].kinds ?? [])],
  });
  return { texts: [...new Set([word, ...same])], always: part('always'), done: part('done') };
}

/** Returns the words without those that are in too many sentences to find anything, unless there are no others. */
export function removeFillers(words: readonly string[]): readonly string[] {
  const others = words.filter((word) => !FILLERS.has(word.toLowerCase()));
  return others.length > 0 ? others : words;
}

function buildIndex(tables: Readonly<Record<Table, Readonly<Record<string, string>>>>): Index {
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
        for (const word of listTemplateWords(now)) add(word, 'always', table, name);
        for (const word of listTemplateWords(before)) add(word, 'done', table, name);
      }
      for (const word of listTemplateWords(rest).flatMap((noun) => [noun, ...(OTHER_NOUNS[noun] ?? [])]))
        add(word, 'always', table, name);
    }
  }
  return index;
}

/** The words of a part of a template, without the names of its values. */
function listTemplateWords(template: string): readonly string[] {
  const text = template.replace(
    /\{([^{}:]*)(?::([^{}]*))?\}/g,
    (_, _names, otherwise = '') => ` ${String(otherwise)} `,
  );
  return (text.toLowerCase().match(/[a-z]+(?:-[a-z]+)*/g) ?? []).filter((word) => !FILLERS.has(word));
}
