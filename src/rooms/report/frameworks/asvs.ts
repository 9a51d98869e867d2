import { clause, type Framework } from './framework.js';

export const ASVS: Framework = {
  id: 'asvs-5',
  title: 'OWASP ASVS, chapter V16',
  version: '5.0',
  clauses: [
    clause('16.1.1', 'Inventory', {
      question:
        'Does a document define, for each layer, the logged events, their location, their readers and their retention?',
      checks: ['content.coverage', 'person.policy'],
      manual: [
        'The log inventory of this report is the document for this application. Other layers need their own documents.',
      ],
    }),
    clause('16.2.1', 'Metadata', {
      question: 'Does each entry have time, origin, actor and action?',
      checks: ['content.fields'],
    }),
    clause('16.2.2', 'Time', {
      question: 'Are clocks synchronised, and times in UTC or with their time zone?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('16.2.3', 'Known destinations', {
      question: 'Does the application log only to destinations in the inventory?',
      checks: ['person.policy'],
      manual: ['Compare the streams in this report, and the log files of the application, with the inventory.'],
    }),
    clause('16.2.4', 'One format', {
      question: 'Can a program read and correlate all entries?',
      checks: ['content.fields', 'integrity.verified'],
    }),
    clause('16.2.5', 'Sensitive data', {
      question: 'Is sensitive data left out of the log, or masked?',
      checks: ['content.secrets'],
      manual: ['Check that the sampled events contain no data that your own rules call sensitive.'],
    }),
    clause('16.3.1', 'Authentication', {
      question: 'Is each authentication in the log, successful or not?',
      checks: ['events.authentication'],
      manual: ['Log in with a correct and a wrong password, and find both attempts in the log.'],
    }),
    clause('16.3.2', 'Authorisation', {
      question: 'Are denied requests in the log?',
      checks: ['events.authorization'],
      manual: ['Request data without the right to it, and find the attempt in the log.'],
    }),
    clause('16.3.3', 'Security events', {
      question: 'Does the log contain the security events of your policy, and attempts to bypass controls?',
      checks: ['events.refused', 'events.credentials', 'content.coverage'],
      manual: ['Compare the security events of your policy with the log inventory.'],
    }),
    clause('16.3.4', 'Errors', {
      question: 'Are unexpected errors and failures of controls in the log?',
      checks: ['events.errors'],
      manual: ['Cause an unexpected error, and find it in the log.'],
    }),
    clause('16.4.1', 'Injection', {
      question: 'Is the log protected from user input that would forge entries?',
      checks: ['integrity.verified'],
      manual: ['The library encodes entries as JSON. Check that viewers and destinations of streams encode them, too.'],
    }),
    clause('16.4.2', 'No changes', {
      question: 'Is the log protected from unauthorised reads and changes?',
      checks: ['integrity.protected', 'integrity.verified', 'person.access-list'],
    }),
    clause('16.4.3', 'Another system', {
      question: 'Is the log sent to another system over a secure connection?',
      checks: ['integrity.copied', 'person.transport'],
    }),
    clause('16.5.1', 'Messages', {
      question: 'Do responses to unexpected errors hide internal details?',
      checks: ['person.error-pages'],
    }),
    clause('16.5.2', 'Unavailable systems', {
      question: 'Does the application continue safely while another system is unavailable?',
      checks: ['config.not-lost'],
      manual: ['Stop a system that the application needs, and check how the application reacts.'],
    }),
    clause('16.5.3', 'No fail-open', {
      question: 'Does the application fail safely after an error in the middle of an operation?',
      checks: ['config.not-lost', 'person.error-pages'],
      manual: ['Cause an exception within an operation, and check that the operation has no effect.'],
    }),
    clause('16.5.4', 'The last handler', {
      question: 'Does a last handler catch all unhandled errors?',
      checks: ['events.errors', 'person.error-pages'],
      manual: ['Check the last handler in the source of the application.'],
    }),
  ],
};
