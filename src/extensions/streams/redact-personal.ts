import { foldText, REDACTED } from '../../audit/nest-free.js';
import { hideSecrets } from '../../monitoring/errors/hide-secrets.js';
import { unescapeName } from '../../monitoring/proof/sealing/own-fields.js';
import { resolveDestinationType } from './destinations/destination-types.js';
import { shownUrl } from './destinations/network.js';
import type { StreamBatch, StreamedEvent } from './stream-destination.js';
import type { ResolvedStream } from './streams-options.js';

/** Matches the status and the error type at the start of a reason. Values of the batch never stand here. */
const STATUS = /^(?:it answered )?[1-5]\d\d(?: [a-z]+(?:_[a-z]+)*_exception)?(?![^\s:])/;
/** Words of common answers. These words identify nobody, so an answer stays readable if a personal value contains them. */
const PLAIN = new Set(
  (
    'a accept address answer answered batch bytes cannot closed code connection did document error event failed ' +
    'field followed for full id in index invalid is it its json longer message missing ms must not of parse preview ' +
    'public queue reason record records redirect rejected required send server text than the to type value which with within'
  ).split(' '),
);
const TOKEN = /[^\s"'`,:{}[\]()<>=|]+/g;
/** Matches escapes, characters outside ASCII, and texts such as base64: they could show a value in a form that is not recognized. */
const ENCODED = /[^\x20-\x7e]|[\\%&]|(?=[a-z]{0,7}\d)(?=\d{0,7}[a-z])[a-z\d]{8}/i;

const REASON_CHARACTERS = 300;

type Secrets = Pick<ResolvedStream, 'destination' | 'pseudonymKey'>;

/** Masks the stream's secrets and the batch's personal values in a destination's answer, because a server may echo them. Cuts a long answer. */
export function redactReason(reason: string, stream: Secrets, batch: StreamBatch): string {
  return redactPersonal(hideSecrets(reason, listSecrets(stream)).slice(0, REASON_CHARACTERS), batch);
}

/**
 * Returns what an error may not repeat. Of a URL, `hideSecrets` masks only the password and the query, so a URL that is a secret option, such as that of
 * a chat room, is returned without its scheme.
 */
function listSecrets({ destination, pseudonymKey }: Secrets): unknown {
  const { names } = resolveDestinationType(destination);
  const hidden = Object.entries(destination).flatMap(([name, value]: readonly [string, unknown]) => {
    if (names[name] === true) return shownUrl(value) === value ? [] : [value];
    return [typeof value === 'string' ? value.replace(/^\w+:\/\//, '') : value];
  });
  return [pseudonymKey, ...hidden];
}

/**
 * Masks personal values of a batch in its destination's answer, because an erasure does not reach the places that keep the answer. Masks
 * each word of the answer that is a part of a personal value, so that a cut value is masked, too. Ignores case and accents. Masks all
 * encoded words. An answer to a batch without personal values stays as it is.
 */
function redactPersonal(reason: string, { events }: StreamBatch): string {
  const values = events.flatMap(listPersonalTexts).map(fold);
  if (values.length === 0) return reason;
  const starts = new Set(values.flatMap((value) => value.match(/[a-z\d]+/g) ?? []).map((word) => word.slice(0, 2)));
  const letters = values.map(toLetters).join(' ');
  const isPersonal = (word: string): boolean =>
    !PLAIN.has(word) && (word.length > 2 ? letters.includes(word) : word.length === 2 && starts.has(word));
  const [status = ''] = STATUS.exec(reason) ?? [];
  const shown = reason.slice(status.length).replaceAll(TOKEN, (token) => {
    const words = [...(token.toLowerCase().match(/[a-z\d]+/g) ?? []), toLetters(token.toLowerCase())];
    return ENCODED.test(token) || words.some(isPersonal) ? REDACTED : token;
  });
  return status + shown;
}

function listPersonalTexts({ event, proof }: StreamedEvent): readonly string[] {
  return (proof?.personal ?? []).flatMap((pointer) => {
    const names = pointer.split('/').slice(1).map(unescapeName);
    return listTexts(names.reduce<unknown>((value, name) => Reflect.get(Object(value) as object, name), event));
  });
}

/** Returns the texts, the numbers and the names of fields in a value. */
function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(listTexts) : [];
}

function fold(text: string): string {
  return foldText(text).normalize('NFKD').replaceAll(/\p{M}/gu, '');
}

function toLetters(text: string): string {
  return text.replaceAll(/[^a-z\d]/g, '');
}
