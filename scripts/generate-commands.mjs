import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { COMMANDS, FIRST_COMMANDS } from '../dist/src/cli/commands.js';

async function commandsPage(commands) {
  const loaded = await Promise.all(
    Array.from(commands, async ([name, { summary, load }]) => ({ name, summary, ...(await load()) })),
  );
  const connecting = loaded.find(({ command }) => command.facts.connects === 'application');
  return [
    ...INTRODUCTION,
    table(
      ['command', 'what it does'],
      loaded.map(({ name, summary }) => [`[\`${name}\`](#${toAnchor(name)})`, escape(summary)]),
    ),
    ...SHARED,
    optionTable(listOptions(connecting.command, (option) => isOfConnection(option))),
    SEALER,
    ...loaded.flatMap(section),
  ].join('\n\n');
}

const PROGRAM = 'nestjs-audit-ledger';

const INTRODUCTION = [
  '# Commands',
  '<!-- Generated from the definitions in `src/cli` and `src/extensions/*/commands` by `npm run generate`. Do not edit. -->',
  '`npx nestjs-audit-ledger <command>` runs a command; `npx nestjs-audit-ledger help <command>` prints what this page says of it.',
  `Start with ${FIRST_COMMANDS.map((name) => `[\`${name}\`](#${name})`).join(', ')}.`,
];

const SHARED = [
  '## Every command',
  'Results go to the standard output, warnings and errors to the standard error. Colours and progress appear only on a terminal; `NO_COLOR` turns colours off.',
  'With `--json`, a command prints one JSON object, unless its section says otherwise: `ok` (whether the exit code is 0), `command`, and the keys that its section names. Warnings are the array `warnings`. A failure is `error`, with `code` (one of [these](errors.md), of PostgreSQL or of the system such as `ENOENT`, or `null`) and `message`.',
  'Exit code 2 means that the command could not do its work, for example for an unknown option or an unreachable server.',
  '## Connection',
  'Commands that connect to the ledger take these options.',
];

const SEALER =
  'Commands that seal, retire or erase connect as the login that seals: they look for `AUDIT_SEQUENCER_URL` first.';

function section({ name, command }) {
  const {
    usage,
    about,
    arguments: words = [],
    actions = {},
    json,
    environment,
    examples,
    exitCodes,
    connects,
  } = command.facts;
  const own = listOptions(command, (option) => !isOfConnection(option) && option.long !== '--json');
  return [
    `## ${name}`,
    ...about.map(escape),
    script(usage.map((line) => `${PROGRAM} ${name}${line && ` ${line}`}`)),
    ...(words.length === 0
      ? []
      : [
          table(
            ['argument', 'what'],
            words.map(([word, text]) => [`\`${word}\``, escape(text)]),
          ),
        ]),
    ...(Object.keys(actions).length === 0
      ? []
      : [
          table(
            ['action', 'what'],
            Object.entries(actions).map(([word, text]) => [`\`${word}\``, escape(text)]),
          ),
        ]),
    ...(own.length === 0 ? [] : [optionTable(own)]),
    ...(connects === undefined ? [] : [`It takes the options of the [connection](#connection)${CONNECTS[connects]}.`]),
    ...(environment === undefined ? [] : [`Environment: ${escape(environment)}`]),
    `\`--json\` prints \`{ "ok", "command"${json === '' ? '' : `, ${json}`} }\`.`,
    'Examples:',
    script(examples.map((line) => (line.startsWith('NODE_ENV') ? line : `${PROGRAM} ${name}${line && ` ${line}`}`))),
    `Exit code: ${escape(exitCodes)}`,
  ];
}

const CONNECTS = { application: '', sealer: ', as the login that seals' };

function listOptions(command, isWanted) {
  return command.describe().options.filter(isWanted);
}

function isOfConnection({ helpGroupHeading }) {
  return helpGroupHeading === 'Connection:';
}

function optionTable(options) {
  return table(
    ['option', 'what'],
    options.map(({ flags, description }) => [`\`${flags.replaceAll('|', '\\|')}\``, escape(description)]),
  );
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function script(lines) {
  return ['```sh', ...lines, '```'].join('\n');
}

/** The text must not contain HTML or emphasis, and must not end a table cell. */
function escape(text) {
  return text.replaceAll(/[<|*]/g, '\\$&');
}

function toAnchor(name) {
  return name.replaceAll(' ', '-');
}

const target = fileURLToPath(new URL('../docs/reference/commands.md', import.meta.url));
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
writeFileSync(target, await prettier.format(await commandsPage(COMMANDS), options));
