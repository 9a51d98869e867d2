import { clause, type Framework } from './framework.js';

export const NIST_800_53: Framework = {
  id: 'nist-800-53r5',
  title: 'NIST SP 800-53, family AU',
  version: 'Revision 5',
  clauses: [
    clause('AU-2', 'Logged events', {
      question: 'Does a policy define the logged events, with reasons?',
      checks: ['content.coverage', 'person.policy'],
      manual: ['Compare the log inventory with the policy.'],
    }),
    clause('AU-3', 'Content', {
      question: 'Does each entry have event type, time, origin, actor and outcome?',
      checks: ['content.fields'],
    }),
    clause('AU-4', 'Capacity', { question: 'Is there enough storage for the log?', checks: ['person.capacity'] }),
    clause('AU-5', 'Failures', {
      question: 'Is somebody alerted when logging fails, and does the system react as defined?',
      checks: ['config.watched', 'config.not-lost', 'integrity.losses', 'integrity.signed'],
    }),
    clause('AU-6', 'Review', {
      question: 'Is the log reviewed, analysed and reported on?',
      checks: ['config.reviewed-daily', 'config.watched', 'config.alerts-answered'],
    }),
    clause('AU-7', 'Reduction and reports', {
      question: 'Can the log be searched and reported on without changing it?',
      checks: ['events.log-access', 'integrity.verified'],
      manual: ['Search the log for a known event, and check whether it is found.'],
    }),
    clause('AU-8', 'Time', {
      question: 'Are times in UTC, with the defined precision?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('AU-9', 'Protection', {
      question: 'Is the log protected from unauthorised reads, changes and deletion, and is somebody alerted?',
      checks: [
        'integrity.protected',
        'integrity.verified',
        'integrity.outside',
        'config.watched',
        'person.access-list',
      ],
    }),
    clause('AU-10', 'Non-repudiation', {
      question: 'Is it impossible for a person to deny a recorded action?',
      checks: ['integrity.signed', 'integrity.verified', 'content.fields'],
      manual: ['Check how people are identified before they act.'],
    }),
    clause('AU-11', 'Retention', {
      question: 'Is the log retained for the defined period?',
      checks: ['config.kept-a-year', 'person.policy'],
    }),
    clause('AU-12', 'Recording', {
      question: 'Do all parts of the system record the defined entries?',
      checks: ['events.operation', 'content.coverage', 'integrity.losses'],
      manual: ['Compare the log inventory with the defined events, and cause some of them in each part of the system.'],
    }),
  ],
};
