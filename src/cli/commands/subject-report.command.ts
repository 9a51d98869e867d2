import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checkSubject } from '../../monitoring/keep/lifecycle/erasure/check-request.js';
import { reportHtml, reportJson, reportSubject } from '../../monitoring/keep/lifecycle/erasure/subject-report.js';
import { readableArchives } from '../connection/open-archives.js';
import { defineCommand } from '../define-command.js';
import { flagOption, textOption, listOption, keyOption, ARCHIVE_KEYS_HELP } from '../options.js';
import { usePersonSource } from './person-source.js';

export const command = defineCommand({
  name: 'subject-report',
  usage: ['--subject <id> [options]'],
  about: [
    'Prints all events about a person in the ledger and its archives. The data of the application’s providers is not included: GET /audit/subjects/<id>/report of the running application includes it. The command stops at an unreadable archive.',
  ],
  options: {
    subject: textOption('<id>', 'the person’s id in the events'),
    identifier: listOption(
      '<text>',
      'an e-mail address or user name: also reports events that contain it, which takes a search of the whole ledger',
    ),
    html: flagOption('print an HTML page instead of JSON'),
    output: textOption('<file>', 'the file to write; - is the standard output; default: -'),
    force: flagOption('replace the file if it exists'),
    key: keyOption(ARCHIVE_KEYS_HELP),
  },
  connects: 'sealer',
  records: true,
  json: '"output", only with --output <file>; otherwise the report itself is JSON',
  environment: 'AUDIT_ARCHIVE_DIR, AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['--subject u-1 --html --output report.html'],
  exitCodes: '0 when the report is printed, 2 when the command failed.',
  run: async ({ options, environment, isJson, sealer, refuse }) => {
    const { subject: id = refuse('--subject is missing'), identifier: identifiers, output = '-' } = options;
    if (isJson && output === '-') refuse('--json needs --output <file>: without it, the report itself is JSON');
    const subject = checkSubject({ id, identifiers });
    const url = await sealer();
    const archives = await readableArchives(environment, options.key);
    await usePersonSource(url, archives, async (source) => {
      const parts = reportSubject(source, subject);
      const report = Readable.from(options.html ? reportHtml(parts) : reportJson(parts), { objectMode: false });
      if (output === '-') await pipeline(report, process.stdout, { end: false });
      else await pipeline(report, createWriteStream(output, { mode: 0o600, flags: options.force ? 'w' : 'wx' }));
    });
    return { data: { output } };
  },
});
