import { clause, type Framework } from './framework.js';

export const NIST_800_53: Framework = {
  id: 'nist-800-53r5',
  title: 'NIST SP 800-53, family AU',
  version: 'Revision 5',
  prefix: 'nist',
  clauses: [
    clause('AU-2', 'Which events', {
      question: 'Is it decided which events are logged, and why?',
      checks: ['content.coverage', 'person.policy'],
      manual: ['Compare the log inventory with the decision.'],
    }),
    clause('AU-3', 'Content', {
      question: 'Does each entry say what, when, where, from whom, with which outcome?',
      checks: ['content.fields'],
    }),
    clause('AU-4', 'Room', { question: 'Is there room for the log?', checks: ['person.capacity'] }),
    clause('AU-5', 'Failures', {
      question: 'Is somebody told when logging fails, and does the system know what to do?',
      checks: ['config.watched', 'config.not-lost', 'integrity.losses', 'integrity.signed'],
    }),
    clause('AU-6', 'Review', {
      question: 'Is the log reviewed, analysed and reported on?',
      checks: ['config.reviewed-daily', 'config.watched', 'config.alerts-answered'],
    }),
    clause('AU-7', 'Reduction and reports', {
      question: 'Can the log be searched and reported on without changing it?',
      checks: ['events.log-access', 'integrity.verified'],
      manual: ['Search the log for an event that you know, and see whether it is found.'],
    }),
    clause('AU-8', 'Time', {
      question: 'Do times follow UTC, as finely as decided?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('AU-9', 'Protection', {
      question: 'Is the log protected from reading, changing and removing, and is somebody told?',
      checks: [
        'integrity.protected',
        'integrity.verified',
        'integrity.outside',
        'config.watched',
        'person.access-list',
      ],
    }),
    clause('AU-10', 'Non-repudiation', {
      question: 'Can somebody not deny later what the log says they did?',
      checks: ['integrity.signed', 'integrity.verified', 'content.fields'],
      manual: ['See how people are identified before they act.'],
    }),
    clause('AU-11', 'Retention', {
      question: 'Is the log kept for as long as decided?',
      checks: ['config.kept-a-year', 'person.policy'],
    }),
    clause('AU-12', 'Making the log', {
      question: 'Do all parts of the system make the entries that were decided on?',
      checks: ['events.operation', 'content.coverage', 'integrity.losses'],
      manual: [
        'Compare the log inventory with the events that were decided on, and cause some of them in each part of the system.',
      ],
    }),
  ],
};
