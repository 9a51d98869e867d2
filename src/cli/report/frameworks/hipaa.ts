import { clause, type Framework } from './framework.js';

export const HIPAA: Framework = {
  id: 'hipaa',
  title: 'HIPAA Security Rule',
  version: '45 CFR 164',
  prefix: 'hipaa',
  clauses: [
    clause('164.312(b)', 'Audit controls', {
      question: 'Does the system record who uses electronic health data, so that it can be examined?',
      checks: [
        'events.data-access',
        'events.authentication',
        'content.fields',
        'content.coverage',
        'integrity.verified',
      ],
      manual: [
        'Name the routes and tables that hold health data, and find them in the log inventory.',
        'The six years of this rule are for documentation. How long the log is kept is for your own policy.',
      ],
    }),
    clause('164.308(a)(1)(ii)(D)', 'Review of activity', {
      question: 'Does somebody look at the records of activity regularly?',
      checks: ['config.reviewed-daily', 'config.watched', 'config.alerts-answered'],
      manual: ['See the procedure of the review, and who is responsible.'],
    }),
  ],
};
