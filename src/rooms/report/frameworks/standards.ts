import { clause, type Framework } from '../check.js';

const PROTECTED = ['integrity.protected', 'integrity.verified'] as const;
const TALK = 'Interview the operators of the system: do they know which actions are recorded, and where?';

export const PCI_DSS: Framework = {
  id: 'pci-dss-4.0.1',
  title: 'PCI DSS',
  version: '4.0.1',
  clauses: [
    clause('10.2.1.1', 'Access to cardholder data', {
      question: 'Does the log contain every access of a person to cardholder data?',
      checks: ['events.data-access', 'content.coverage'],
      manual: [TALK, 'List the routes and tables with cardholder data, and find their events in an export.'],
    }),
    clause('10.2.1.2', 'Administrators', {
      question: 'Does the log contain every action with an administrator’s rights?',
      checks: ['events.administration', 'content.coverage'],
      manual: [TALK],
    }),
    clause('10.2.1.3', 'Access to the log', {
      question: 'Does the log contain every access to the log itself?',
      checks: ['config.reads-recorded', 'events.log-access'],
      manual: [TALK],
    }),
    clause('10.2.1.4', 'Invalid attempts', {
      question: 'Does the log contain refused and failed attempts?',
      checks: ['events.refused'],
      manual: [TALK],
    }),
    clause('10.2.1.5', 'Credentials', {
      question: 'Does the log contain changes of credentials, accounts and rights?',
      checks: ['events.credentials'],
      manual: [TALK],
    }),
    clause('10.2.1.6', 'Start, stop and pause of logging', {
      question: 'Does the log record when the logging itself was started, stopped or changed?',
      checks: ['events.logging-changes', 'config.rows-captured', 'integrity.losses'],
      manual: [TALK],
    }),
    clause('10.2.1.7', 'System objects', {
      question: 'Does the log contain the creation and deletion of system objects?',
      checks: ['events.system-objects'],
      manual: [TALK],
    }),
    clause('10.2.2', 'Content of each entry', {
      question: 'Does each entry have actor, action, time, origin, resource and outcome?',
      checks: ['content.fields', 'content.time'],
      manual: ['Export some events, and read them together with somebody who knows the facts.'],
    }),
    clause('10.3.1', 'Readers', {
      question: 'Can only persons with a job-related need read the log?',
      checks: ['person.access-list', 'integrity.protected'],
      manual: ['Interview the persons who grant access to the log.'],
    }),
    clause('10.3.2', 'No changes', { question: 'Is the log protected from changes?', checks: [...PROTECTED] }),
    clause('10.3.3', 'Copies elsewhere', {
      question: 'Is the log copied promptly to a system that is hard to change?',
      checks: ['integrity.copied'],
      manual: ['Check on the other system that the copies arrive, and who may change them.'],
    }),
    clause('10.3.4', 'Changes are detected', {
      question: 'Would a change of the log be detected, and somebody be alerted?',
      checks: ['integrity.verified', 'integrity.outside', 'config.watched'],
    }),
    clause('10.4.1', 'Daily review', {
      question: 'Does somebody review the log every day?',
      checks: ['config.reviewed-daily'],
      manual: ['Interview the reviewers: what do they review, and how do they handle findings?'],
    }),
    clause('10.4.1.1', 'Review by a program', {
      question: 'Does a program review the log?',
      checks: ['config.watched'],
    }),
    clause('10.4.2', 'Other logs', {
      question: 'Are the logs of all other systems reviewed periodically?',
      checks: ['person.risk'],
    }),
    clause('10.4.3', 'Findings of reviews', {
      question: 'Does somebody follow up on unusual events?',
      checks: ['config.alerts-answered'],
      manual: ['Choose some alerts, and check how they were handled.'],
    }),
    clause('10.5.1', 'Retention', {
      question: 'Is the log retained for twelve months, with three of them online?',
      checks: ['config.kept-a-year'],
      manual: ['Check the retention policy, and read an event from eleven months ago.'],
    }),
    clause('10.6.1', 'Synchronised clocks', {
      question: 'Do all clocks show the same time?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('10.6.2', 'Time source', {
      question: 'Do the clocks follow a trusted source?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('10.6.3', 'Changes of the time', {
      question: 'Can only persons with a job-related need set the time, and is each change recorded?',
      checks: ['person.clock-source'],
    }),
    clause('10.7.2', 'Failures are detected', {
      question: 'Is a failure of the logging detected promptly?',
      checks: ['config.watched', 'integrity.signed', 'integrity.losses', 'config.not-lost'],
      manual: ['Stop the logging in a test system, and check who is alerted.'],
    }),
    clause('10.7.3', 'Failures are answered', {
      question: 'Is a failure of the logging answered promptly?',
      checks: ['config.alerts-answered', 'person.response'],
    }),
  ],
};

export const SOC2: Framework = {
  id: 'soc2',
  title: 'SOC 2, trust services criteria',
  version: '2017 (2022 points of focus)',
  clauses: [
    clause('CC6.1', 'Access is limited', {
      question: 'Is access to the system and its data limited, and are attempts to exceed the limits detected?',
      checks: ['events.authentication', 'events.authorization', 'integrity.protected'],
      manual: ['Check the access rules, and who approved them.'],
    }),
    clause('CC6.2', 'Accounts', {
      question: 'Are accounts created and removed by a procedure, with a trace?',
      checks: ['events.credentials'],
      manual: ['Choose some new and some removed accounts, and find their approvals.'],
    }),
    clause('CC6.3', 'Rights', {
      question: 'Are rights granted, changed and withdrawn by a procedure, with a trace?',
      checks: ['events.access-rights'],
      manual: ['Choose some changes of roles, and find their approvals and the last review of rights.'],
    }),
    clause('CC7.2', 'Monitoring', {
      question: 'Is the system monitored for unusual activity?',
      checks: ['config.watched', 'integrity.verified', 'integrity.signed', 'config.not-lost'],
      manual: ['Interview the persons who tune the rules.'],
    }),
    clause('CC7.3', 'Evaluation of findings', {
      question: 'Does somebody evaluate the findings of the monitoring?',
      checks: ['config.alerts-answered', 'config.reviewed-daily'],
    }),
    clause('CC7.4', 'Answering incidents', {
      question: 'Are incidents handled according to a plan?',
      checks: ['config.alerts-answered', 'person.response'],
    }),
    clause('CC8.1', 'Changes', {
      question: 'Do changes of the system leave a trace?',
      checks: ['events.changes', 'config.rows-captured'],
      manual: ['Choose some changes, and find their tests and approvals.'],
    }),
  ],
};

export const ISO_27001: Framework = {
  id: 'iso-27001-2022',
  title: 'ISO/IEC 27001',
  version: '2022',
  clauses: [
    clause('A.8.15', 'Logging', {
      question: 'Are logs of activities, exceptions and faults recorded, retained, protected and reviewed?',
      checks: [
        'events.operation',
        'events.errors',
        'content.fields',
        'integrity.protected',
        'integrity.verified',
        'integrity.signed',
        'config.reviewed-daily',
        'config.kept-limited',
      ],
      manual: ['Check the policy on logged events and their retention.'],
    }),
    clause('A.8.16', 'Monitoring', {
      question: 'Is the system monitored for unusual behaviour, and is this behaviour evaluated?',
      checks: ['config.watched', 'config.alerts-answered'],
    }),
    clause('A.8.17', 'Clocks', {
      question: 'Do the clocks follow approved sources?',
      checks: ['content.time', 'person.clock-source'],
    }),
  ],
};

export const ASVS: Framework = {
  id: 'asvs-5',
  title: 'OWASP ASVS, chapter V16',
  version: '5.0',
  clauses: [
    clause('16.1.1', 'Inventory', {
      question:
        'Does a document define, for each layer, the logged events, their location, their readers and their retention?',
      checks: ['content.coverage', 'events.operation', 'person.access-list', 'person.policy'],
      manual: ['These checks describe this application. Other layers need their own documents.'],
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
      question: 'Does the application log only to destinations in the policy?',
      checks: ['person.policy'],
      manual: ['Compare the streams of the ledger, and the log files of the application, with the policy.'],
    }),
    clause('16.2.4', 'One format', {
      question: 'Can a program read and correlate all entries?',
      checks: ['content.fields', 'integrity.verified'],
    }),
    clause('16.2.5', 'Sensitive data', {
      question: 'Is sensitive data left out of the log, or masked?',
      checks: ['content.secrets'],
      manual: ['Check that exported events contain no data that your own rules call sensitive.'],
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
      checks: ['events.refused', 'events.credentials', 'content.coverage', 'events.operation'],
      manual: ['Compare the security events of your policy with the event types that events.operation counts.'],
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
