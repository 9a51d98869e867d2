/** An option of a command: a switch, a text, or a text that may be given several times. */
export type OptionDefinition =
  | { readonly kind: 'flag'; readonly says: string; readonly short?: string }
  | { readonly kind: 'text' | 'texts'; readonly value: string; readonly says: string; readonly short?: string };

/** Options by their names in camel case: `dryRun` is `--dry-run`. */
export type OptionDefinitions = Readonly<Record<string, OptionDefinition>>;

export type Values<Options extends OptionDefinitions> = {
  readonly [Name in keyof Options]: Options[Name]['kind'] extends 'flag'
    ? boolean
    : Options[Name]['kind'] extends 'text'
      ? string | undefined
      : readonly string[];
};

export function flag(says: string): { readonly kind: 'flag'; readonly says: string } {
  return { kind: 'flag', says };
}

/** Defines an option with a value, for example `<file>`. */
export function text(value: string, says: string): { readonly kind: 'text'; value: string; says: string } {
  return { kind: 'text', value, says };
}

/** Defines an option with a value that may be given several times. */
export function texts(value: string, says: string): { readonly kind: 'texts'; value: string; says: string } {
  return { kind: 'texts', value, says: `${says}; repeatable` };
}

/** Returns an option as it is given: `--dry-run` of `dryRun`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
