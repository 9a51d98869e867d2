import { destinationTypeOf, type DestinationOptions } from '../destinations/destination-types.js';
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
  const names: Readonly<Record<string, true | 'secret'>> = destinationTypeOf(destination as DestinationOptions).names; // as above
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

/** Joins the options that {@link splitSecrets} split. */
export function joinSecrets(shown: Options, { pseudonymKey, destination }: StreamSecrets): Options {
  return {
    ...shown,
    ...(pseudonymKey === undefined ? {} : { pseudonymKey }),
    destination: { ...(Object(shown.destination) as Options), ...destination },
  };
}
