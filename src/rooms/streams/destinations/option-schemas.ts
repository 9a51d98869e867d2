import { z } from 'zod';
import { problemsOfHeaders, problemsOfUrl } from '../../../monitoring/store/connections/option-problems.js';

const NON_EMPTY = 'must be a non-empty text';
const HTTPS = 'must be an https URL; http requires allowPrivateAddresses';

export const TEXT = z.string(NON_EMPTY).min(1, NON_EMPTY);
export const URL_TEXT = z.string(HTTPS);
export const SWITCH = z.boolean('is neither true nor false');

export const HEADERS = z.custom<Readonly<Record<string, string>>>().superRefine((given, context) => {
  for (const problem of problemsOfHeaders(given)) context.addIssue(problem.replace(/^headers /, ''));
});

export function wordOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, `must be ${words.join(' or ')}`);
}

export function wholeNumber(least: number, most: number) {
  const message = `is not a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
}

/** The check also runs if another option is invalid, so that all problems are shown at once. */
function together(path: string, message: string) {
  return { path: [path], message, when: () => true };
}

/** The arguments of `refine` for two options that belong together. */
export function pairOf<One extends string, Other extends string>(one: One, other: Other) {
  const isPair = (options: Readonly<Partial<Record<One | Other, unknown>>>): boolean =>
    (options[one] === undefined) === (options[other] === undefined);
  return [isPair, together(`${one} and ${other}`, 'go together: set both, or none')] as const;
}

/** The arguments of `refine` for a URL that must be https, unless the destination may be in the operator's network. */
export function httpsIn<Name extends 'url' | 'endpoint'>(name: Name) {
  const isHttps = (options: Readonly<Partial<Record<Name | 'allowPrivateAddresses', unknown>>>): boolean =>
    options[name] === undefined || problemsOfUrl(options[name], options.allowPrivateAddresses).length === 0;
  return [isHttps, together(name, HTTPS)] as const;
}

/** The options of every destination on the network. */
export const NETWORK = {
  timeoutMs: wholeNumber(100, 300_000).default(15_000),
  allowPrivateAddresses: SWITCH.default(false),
  ca: z.string('must be certificates in PEM').optional(),
};

/** {@link NETWORK} with the defaults. */
export type Network = z.output<z.ZodObject<typeof NETWORK>>;
