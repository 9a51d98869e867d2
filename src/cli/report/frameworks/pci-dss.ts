import { clause, type Framework } from './framework.js';

const PROTECTED = ['integrity.protected', 'integrity.verified'] as const;
const TALK = 'Talk to those who run the system: do they know that this is recorded, and where?';

export const PCI_DSS: Framework = {
  id: 'pci-dss-4.0.1',
  title: 'PCI DSS',
  version: '4.0.1',
  prefix: 'pci',
  clauses: [
    clause('10.2.1.1', 'Access to cardholder data', {
      question: 'Is each access of a person to cardholder data in the log?',
      checks: ['events.data-access', 'content.coverage'],
      manual: [TALK, 'Name the routes and tables that hold cardholder data, and find them in the log inventory.'],
    }),
    clause('10.2.1.2', 'Administrators', {
      question: 'Is everything in the log that somebody with an administrator’s rights does?',
      checks: ['events.administration', 'content.coverage'],
      manual: [TALK],
    }),
    clause('10.2.1.3', 'Access to the log', {
      question: 'Is each access to the log itself in the log?',
      checks: ['config.reads-recorded', 'events.log-access'],
      manual: [TALK],
    }),
    clause('10.2.1.4', 'Invalid attempts', {
      question: 'Are refused and failed attempts in the log?',
      checks: ['events.refused'],
      manual: [TALK],
    }),
    clause('10.2.1.5', 'Credentials', {
      question: 'Are changes of credentials, accounts and rights in the log?',
      checks: ['events.credentials'],
      manual: [TALK],
    }),
    clause('10.2.1.6', 'Start, stop and pause of logging', {
      question: 'Does the log say when the logging itself was started, stopped or changed?',
      checks: ['events.logging-changes', 'config.rows-captured', 'integrity.losses'],
      manual: [TALK],
    }),
    clause('10.2.1.7', 'Objects of the system', {
      question: 'Is making and removing objects of the system in the log?',
      checks: ['events.system-objects'],
      manual: [TALK],
    }),
    clause('10.2.2', 'What each entry says', {
      question: 'Does each entry say who did what, when, from where, to what, and how it ended?',
      checks: ['content.fields', 'content.time'],
      manual: ['Read the sampled events with somebody who knows what happened.'],
    }),
    clause('10.3.1', 'Who may read', {
      question: 'Can only those read the log whose work needs it?',
      checks: ['person.access-list', 'integrity.protected'],
      manual: ['Talk to those who grant access to the log.'],
    }),
    clause('10.3.2', 'No changes', { question: 'Can nobody change what is in the log?', checks: [...PROTECTED] }),
    clause('10.3.3', 'Copies elsewhere', {
      question: 'Is the log copied at once to a place that is hard to change?',
      checks: ['integrity.copied'],
      manual: ['See on the other system that the copies arrive, and who may change them.'],
    }),
    clause('10.3.4', 'Changes are noticed', {
      question: 'Would a change of the log be noticed, and somebody be told?',
      checks: ['integrity.verified', 'integrity.outside', 'config.watched'],
    }),
    clause('10.4.1', 'Daily review', {
      question: 'Does somebody look at the log every day?',
      checks: ['config.reviewed-daily'],
      manual: ['Talk to those who review: what do they look at, and what do they do about what they find?'],
    }),
    clause('10.4.1.1', 'Review by a program', {
      question: 'Does a program look at the log, too?',
      checks: ['config.watched'],
    }),
    clause('10.4.2', 'Other logs', {
      question: 'Are the logs of all other systems looked at from time to time?',
      checks: ['person.risk'],
    }),
    clause('10.4.3', 'What reviews find', {
      question: 'Does somebody follow up on what is unusual?',
      checks: ['config.alerts-answered'],
      manual: ['Take some alerts, and follow what was done about them.'],
    }),
    clause('10.5.1', 'How long', {
      question: 'Is the log kept for twelve months, with three of them at hand?',
      checks: ['config.kept-a-year'],
      manual: ['See the policy of retention, and read an event of eleven months ago.'],
    }),
    clause('10.6.1', 'One time', {
      question: 'Do all clocks show the same time?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('10.6.2', 'The right time', {
      question: 'Do the clocks follow a source that deserves trust?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('10.6.3', 'Who sets the time', {
      question: 'Can only those set the time whose work needs it, and is it recorded?',
      checks: ['person.clock-source'],
    }),
    clause('10.7.2', 'Failures are noticed', {
      question: 'Is a failure of the logging noticed at once?',
      checks: ['config.watched', 'integrity.signed', 'integrity.losses', 'config.not-lost'],
      manual: ['Stop the logging in a test system, and see who is told.'],
    }),
    clause('10.7.3', 'Failures are answered', {
      question: 'Is a failure of the logging answered at once?',
      checks: ['config.alerts-answered', 'person.response'],
    }),
  ],
};
