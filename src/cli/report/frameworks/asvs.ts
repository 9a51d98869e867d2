import { clause, type Framework } from './framework.js';

export const ASVS: Framework = {
  id: 'asvs-5',
  title: 'OWASP ASVS, chapter V16',
  version: '5.0',
  prefix: 'asvs',
  clauses: [
    clause('16.1.1', 'Inventory', {
      question: 'Does a document say what is logged at each layer, where it is, who reads it, and how long it is kept?',
      checks: ['content.coverage', 'person.policy'],
      manual: ['The log inventory of this report is that document for this application. Other layers need theirs.'],
    }),
    clause('16.2.1', 'Metadata', {
      question: 'Does each entry say when, where, who and what?',
      checks: ['content.fields'],
    }),
    clause('16.2.2', 'Time', {
      question: 'Are clocks in step, and times in UTC or with their zone?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('16.2.3', 'Known places', {
      question: 'Does the application log only to places that the inventory names?',
      checks: ['person.policy'],
      manual: ['Compare the streams of this report with the inventory, and the application’s own log files.'],
    }),
    clause('16.2.4', 'One format', {
      question: 'Can a program read and relate all entries?',
      checks: ['content.fields', 'integrity.verified'],
    }),
    clause('16.2.5', 'Sensitive data', {
      question: 'Is sensitive data left out of the log, or masked?',
      checks: ['content.secrets'],
      manual: ['Read the sampled events for what your own rules call sensitive.'],
    }),
    clause('16.3.1', 'Authentication', {
      question: 'Is each authentication in the log, successful or not?',
      checks: ['events.authentication'],
      manual: ['Log in, rightly and wrongly, and find both in the log.'],
    }),
    clause('16.3.2', 'Authorisation', {
      question: 'Are refused attempts of access in the log?',
      checks: ['events.authorization'],
      manual: ['Ask for what you may not see, and find it in the log.'],
    }),
    clause('16.3.3', 'Security events', {
      question: 'Are the security events that you decided on in the log, and attempts past the controls?',
      checks: ['events.refused', 'events.credentials', 'content.coverage'],
      manual: ['Compare the security events that you decided on with the log inventory.'],
    }),
    clause('16.3.4', 'Errors', {
      question: 'Are unexpected errors and failures of controls in the log?',
      checks: ['events.errors'],
      manual: ['Cause an unexpected error, and find it in the log.'],
    }),
    clause('16.4.1', 'Injection', {
      question: 'Can nobody forge an entry by what they type?',
      checks: ['integrity.verified'],
      manual: [
        'Entries are JSON, encoded by the library; see that viewers and destinations of streams encode them, too.',
      ],
    }),
    clause('16.4.2', 'No changes', {
      question: 'Is the log protected from unauthorised reading, and can nobody change it?',
      checks: ['integrity.protected', 'integrity.verified', 'person.access-list'],
    }),
    clause('16.4.3', 'Another system', {
      question: 'Is the log sent safely to another system?',
      checks: ['integrity.copied', 'person.transport'],
    }),
    clause('16.5.1', 'Messages', {
      question: 'Does an unexpected error show nothing of the inside?',
      checks: ['person.error-pages'],
    }),
    clause('16.5.2', 'Others are away', {
      question: 'Does the application continue safely while another system is away?',
      checks: ['config.not-lost'],
      manual: ['Stop a system that the application needs, and see what it does.'],
    }),
    clause('16.5.3', 'No fail-open', {
      question: 'Does an error in the middle leave nothing done that should not be?',
      checks: ['config.not-lost', 'person.error-pages'],
      manual: ['Cause an exception within an operation, and see that nothing of it is done.'],
    }),
    clause('16.5.4', 'The last handler', {
      question: 'Does a handler catch every error that nothing else caught?',
      checks: ['events.errors', 'person.error-pages'],
      manual: ['See the last handler in the source of the application.'],
    }),
  ],
};
