import { EXIT_CODES, type CommandResult } from './command-result.js';
import type { Commands } from './command.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';
import { refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger completion bash|zsh|fish

Prints a script that completes commands and options in your shell.

  --help          print this

Examples:
  nestjs-audit-ledger completion bash > ~/.local/share/bash-completion/completions/nestjs-audit-ledger
  nestjs-audit-ledger completion fish > ~/.config/fish/completions/nestjs-audit-ledger.fish

Exit code: 0 when it is printed, 2 when the command cannot be run.
`;

type Words = ReadonlyMap<string, readonly string[]>;

const SHELLS: Readonly<Record<string, (words: Words, commands: Commands) => string>> = {
  bash: forBash,
  zsh: forZsh,
  fish: forFish,
};

/** `nestjs-audit-ledger completion`. Never rejects. */
export async function runCompletion(args: readonly string[], commands: Commands): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('completion', {
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [shell = '', ...others] = positionals;
    const script = SHELLS[shell];
    if (!script || others.length > 0) return refuseCall('completion', ['it takes bash, zsh or fish']);
    return { exitCode: EXIT_CODES.fine, output: script(await readWords(commands), commands) };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

/** The options that the help of each command explains. */
async function readWords(commands: Commands): Promise<Words> {
  const words = new Map<string, readonly string[]>();
  for (const [name, { run }] of commands) {
    const { output = '' } = name === 'completion' ? { output: HELP } : await run(['--help']);
    const options = Array.from(output.matchAll(/^ {2}(--[a-z-]+)/gm), ([, option = '']) => option);
    words.set(name, [...new Set(options)]);
  }
  return words;
}

function forBash(words: Words): string {
  const cases = [...words].map(([name, options]) => `    ${name}) words="${options.join(' ')}" ;;`);
  return `_nestjs_audit_ledger() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${[...words.keys(), 'help'].join(' ')}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${[...words.keys(), 'help'].join(' ')}"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _nestjs_audit_ledger nestjs-audit-ledger
`;
}

/** By the functions of bash, which zsh has. */
function forZsh(words: Words): string {
  return `#compdef nestjs-audit-ledger
autoload -U +X bashcompinit && bashcompinit
${forBash(words)}`;
}

function forFish(words: Words, commands: Commands): string {
  const names = [...commands].map(
    ([name, { summary }]) =>
      `complete -c nestjs-audit-ledger -n __fish_use_subcommand -f -a ${name} -d '${summary.replaceAll("'", "\\\\'")}'`,
  );
  const options = [...words].flatMap(([name, own]) =>
    own.map(
      (option) => `complete -c nestjs-audit-ledger -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
    ),
  );
  return `${[...names, ...options].join('\n')}\n`;
}
