import { clause, type Framework } from './framework.js';

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
      manual: [TALK, 'List the routes and tables with cardholder data, and find them in the log inventory.'],
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
      manual: ['Read the sampled events together with somebody who knows the facts.'],
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
