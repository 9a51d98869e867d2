import { declareErrors } from '../errors/declare-errors.js';

/** The errors of canonical JSON. */
export const jsonErrors = declareErrors({
  AUDIT_JSON_NOT_CANONICAL: {
    kind: 'invalid',
    when: 'a value to seal or to sign has no JSON form',
    do: 'pass finite numbers, well-formed texts, no `undefined`',
    message: (what: string) =>
      `Cannot write canonical JSON: ${what}. Give plain JSON: finite numbers, well-formed texts, no undefined.`,
  },
});
