/** Where an alert is. `suppressed`: it was raised while a suppression was on, nobody was notified, and nobody has to answer it. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved', 'suppressed'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What an alert turned out to be: an attack, a mistake of the rule, or what the rule looks for and was allowed. */
export const VERDICTS = ['true_positive', 'false_positive', 'benign'] as const;
export type Verdict = (typeof VERDICTS)[number];
