import type { Framework } from './framework.js';

export const NIST_800_53: Framework = {
  id: 'nist-800-53r5',
  title: 'NIST SP 800-53, family AU',
  version: 'Revision 5',
  prefix: 'nist',
  clauses: [
    {
      id: 'AU-2',
      title: 'Which events',
      question: 'Is it decided which events are logged, and why?',
      checks: ['content.coverage', 'person.policy'],
      manual: ['Compare the log inventory with the decision.'],
    },
    {
      id: 'AU-3',
      title: 'Content',
      question: 'Does each entry say what, when, where, from whom, with which outcome?',
      checks: ['content.fields'],
    },
    { id: 'AU-4', title: 'Room', question: 'Is there room for the log?', checks: ['person.capacity'] },
    {
      id: 'AU-5',
      title: 'Failures',
      question: 'Is somebody told when logging fails, and does the system know what to do?',
      checks: ['config.watched', 'config.not-lost', 'integrity.losses', 'integrity.signed'],
    },
    {
      id: 'AU-6',
      title: 'Review',
      question: 'Is the log reviewed, analysed and reported on?',
      checks: ['config.reviewed-daily', 'config.watched', 'config.alerts-answered'],
    },
    {
      id: 'AU-7',
      title: 'Reduction and reports',
      question: 'Can the log be searched and reported on without changing it?',
      checks: ['events.log-access', 'integrity.verified'],
      manual: ['Search the log for an event that you know, and see whether it is found.'],
    },
    {
      id: 'AU-8',
      title: 'Time',
      question: 'Do times follow UTC, as finely as decided?',
      checks: ['content.time', 'person.clock-source'],
    },
    {
      id: 'AU-9',
      title: 'Protection',
      question: 'Is the log protected from reading, changing and removing, and is somebody told?',
      checks: [
        'integrity.protected',
        'integrity.verified',
        'integrity.outside',
        'config.watched',
        'person.access-list',
      ],
    },
    {
      id: 'AU-10',
      title: 'Non-repudiation',
      question: 'Can somebody not deny later what the log says they did?',
      checks: ['integrity.signed', 'integrity.verified', 'content.fields'],
      manual: ['See how people are identified before they act.'],
    },
    {
      id: 'AU-11',
      title: 'Retention',
      question: 'Is the log kept for as long as decided?',
      checks: ['config.kept-a-year', 'person.policy'],
    },
    {
      id: 'AU-12',
      title: 'Making the log',
      question: 'Do all parts of the system make the entries that were decided on?',
      checks: ['events.operation', 'content.coverage', 'integrity.losses'],
      manual: [
        'Compare the log inventory with the events that were decided on, and cause some of them in each part of the system.',
      ],
    },
  ],
};
