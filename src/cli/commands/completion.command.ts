import { defineCommand, type Commands, type DefinedCommand } from '../define-command.js';

type Words = ReadonlyMap<string, readonly string[]>;

const SHELLS: Readonly<Record<string, (words: Words, commands: Commands) => string>> = {
  bash: forBash,
  zsh: forZsh,
  fish: forFish,
};

export function completionOf(commands: Commands): DefinedCommand {
  return defineCommand({
    name: 'completion',
    usage: ['bash|zsh|fish'],
    about: [
      'Prints a script that completes commands and options in your shell. For bash or zsh, write it to a file, and source this file in ~/.bashrc or ~/.zshrc. For fish, write it to the folder of completions.',
    ],
    arguments: [['<shell>', 'bash, zsh or fish']],
    options: {},
    json: '"shell", "script"',
    examples: ['bash > ~/.audit-ledger.bash', 'fish > ~/.config/fish/completions/audit.fish'],
    exitCodes: '0 when the script is printed, 2 when the command failed.',
    run: async ({ words: [shell = ''], refuse }) => {
      const write = SHELLS[shell] ?? refuse('the shell must be bash, zsh or fish');
      const script = write(await readWords(commands), commands);
      return { text: script, data: { shell, script } };
    },
  });
}

async function readWords(commands: Commands): Promise<Words> {
  const words = new Map<string, readonly string[]>();
  for (const [name, { load }] of commands) {
    const options = (await load()).command.describe().options.flatMap(({ long }) => long ?? []);
    const [first = '', ...second] = name.split(' ');
    words.set(first, [...new Set([...(words.get(first) ?? []), ...second, ...options, '--help'])]);
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

function forZsh(words: Words): string {
  return `#compdef nestjs-audit-ledger
autoload -U +X bashcompinit && bashcompinit
${forBash(words)}`;
}

function forFish(words: Words, commands: Commands): string {
  const names = [...commands]
    .filter(([name]) => !name.includes(' '))
    .map(
      ([name, { summary }]) =>
        `complete -c nestjs-audit-ledger -n __fish_use_subcommand -f -a ${name} -d '${summary.replaceAll("'", "\\\\'")}'`,
    );
  const options = [...words].flatMap(([name, own]) =>
    own.map((word) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c nestjs-audit-ledger -n '__fish_seen_subcommand_from ${name}' ${what}`;
    }),
  );
  return `${[...names, ...options].join('\n')}\n`;
}
