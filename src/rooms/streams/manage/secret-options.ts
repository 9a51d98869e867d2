import { destinationTypeOf, type DestinationOptions } from '../destinations/destination-types.js';
import type { ResolvedStream } from '../streams-options.js';
import { shownUrl } from '../destinations/network.js';

/** The secret options of a stream, which are encrypted in the database. */
export interface StreamSecrets {
  readonly pseudonymKey?: string;
  readonly destination: Readonly<Record<string, unknown>>;
}

type Options = Readonly<Record<string, unknown>>;

/** Splits the valid options of a stream into secret and other options. */
export function splitSecrets(options: Options): { readonly shown: Options; readonly secrets: StreamSecrets } {
  const { pseudonymKey, destination, ...others } = options;
  const given = Object.entries(Object(destination) as Options); // valid options have a destination
  const { names } = destinationTypeOf(destination as DestinationOptions); // as above
  const isShown = ([name, value]: readonly [string, unknown]): boolean =>
    names[name] === true && shownUrl(value) === value;
  const shown = given.flatMap(([name, value]) => (names[name] === true ? [[name, shownUrl(value)]] : []));
  const secret = given.filter((each) => !isShown(each));
  return {
    shown: { ...others, destination: Object.fromEntries(shown) as Options },
    secrets: {
      ...(typeof pseudonymKey === 'string' ? { pseudonymKey } : {}),
      destination: Object.fromEntries(secret),
    },
  };
}

/**
 * Returns what an error may not repeat. Of a URL, `hideSecrets` masks only the password and the query, so a URL that is a secret option, such as that of
 * a chat room, is returned without its scheme.
 */
export function hiddenIn({ destination, pseudonymKey }: Pick<ResolvedStream, 'destination' | 'pseudonymKey'>): unknown {
  const { secrets } = splitSecrets({ destination, pseudonymKey });
  const { names } = destinationTypeOf(destination);
  const texts = Object.entries(secrets.destination).map(([name, value]) =>
    names[name] === 'secret' && typeof value === 'string' ? value.replace(/^\w+:\/\//, '') : value,
  );
  return [secrets.pseudonymKey, ...texts];
}

/** Joins the options that {@link splitSecrets} split. */
export function joinSecrets(shown: Options, { pseudonymKey, destination }: StreamSecrets): Options {
  return {
    ...shown,
    ...(pseudonymKey === undefined ? {} : { pseudonymKey }),
    destination: { ...(Object(shown.destination) as Options), ...destination },
  };
}
