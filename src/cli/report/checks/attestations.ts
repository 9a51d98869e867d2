import { check, found, type ReportCheck } from '../check.js';

/** Makes a check that only people can answer: its verdict is always `manual`. */
function attestation(id: string, title: string, whatToDo: string): ReportCheck {
  return check(`person.${id}`, 'attestation', title, {
    proves: 'Nothing by itself: a person has to look, and to say what they saw.',
    doesNotProve: 'What the ledger cannot see.',
    query: () => whatToDo,
    look: () => found('manual', whatToDo),
  });
}

export const ATTESTATIONS: readonly ReportCheck[] = [
  attestation(
    'access-list',
    'Who may read the log',
    'Compare who may read the log, in the application and in the database, with who has to.',
  ),
  attestation(
    'clock-source',
    'Where the servers get their time',
    'See the time service of each server: its sources, and who may change them.',
  ),
  attestation(
    'response',
    'How failures of the logging are answered',
    'See the records of the last failures: when they were found, what was done, and what prevents them.',
  ),
  attestation(
    'policy',
    'Which events are to be logged, and why',
    'See the document that says which events are logged, how long they are kept, and who looks at them.',
  ),
  attestation(
    'risk',
    'How often other logs are looked at',
    'See the risk analysis that says how often the logs of other systems are looked at.',
  ),
  attestation(
    'error-pages',
    'What an error shows to a caller',
    'Cause an unexpected error, and see that the answer shows nothing of the inside.',
  ),
  attestation(
    'transport',
    'Connections on the way',
    'Check that the connections to the database and to each stream’s destination are encrypted.',
  ),
  attestation(
    'register',
    'The register of processing',
    'Take the log inventory over into the register: purpose, recipients and legal basis are for a person.',
  ),
  attestation('breach', 'Notices of a breach', 'See how an alert becomes a notice within 72 hours, and who decides.'),
  attestation(
    'capacity',
    'Room for the log',
    'Check that the disk of the database has room for the log, and that somebody is told in time.',
  ),
  attestation(
    'network',
    'Logs of the network and of other systems',
    'See the logs of network, servers and identity provider: they are not in this ledger.',
  ),
];
