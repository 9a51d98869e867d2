import { parseArgs, types, type ParseArgsConfig } from 'node:util';
import { nearestName } from '../audit/index.js';
import { CallError } from './call.error.js';

/**
 * What a command was called with.
 *
 * @throws CallError (`AUDIT_CALL_INVALID`) for an option or argument that it does not take
 */
export function parseCall<Config extends ParseArgsConfig>(
  command: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const problem = types.isNativeError(error) && 'code' in error && problemOf(error, config.options ?? {});
    if (typeof problem !== 'string') throw error;
    throw CallError.create(command, [problem]);
  }
}

function problemOf(
  { code, message }: Error & { readonly code: unknown },
  options: NonNullable<ParseArgsConfig['options']>,
): string | undefined {
  const [, named = ''] = /'([^']*)'/.exec(message) ?? [];
  const [, name = ''] = /--([^\s'=]+)/.exec(named) ?? [];
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION': {
      const nearest = nearestName(name, Object.keys(options));
      return `${named} is an unknown option${nearest === undefined ? '' : ` (did you mean --${nearest}?)`}`;
    }
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return options[name]?.type === 'boolean'
        ? `--${name} takes no value`
        : `--${name} needs a value; one that begins with a dash is written --${name}=-VALUE`;
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `it takes no argument ${named}`;
    default:
      return undefined;
  }
}
