/** How a canonical name ends, by its outcome. A success ends in a past participle: `order_created`, `email_sent`. */
const ENDINGS = {
  attempted: /_attempted$/,
  success: /(?:ed|_sent)$/,
  failure: /_failed$/,
  denied: /_denied$/,
  partial: /_partial$/,
};

/** Names of the given lists that end otherwise. They stay, because applications record them. */
export const OTHER_ENDINGS = [
  'gdpr_data_export',
  'mfa_challenge_failure',
  'mfa_challenge_success',
  'oauth_authorize',
  'oauth_token_exchange',
  'operation',
  'session_provider_access',
  'suspicious_session_activity',
  'token_rejected_version_mismatch',
  'user_login_success',
  'user_logout',
];

/** @throws if a canonical name ends against the rule and is not one of the given names that may */
export function checkEndings(types) {
  const deviating = types
    .filter(({ aliasOf, name, outcome }) => !aliasOf && !ENDINGS[outcome].test(name))
    .map(({ name }) => name);
  const added = deviating.filter((name) => !OTHER_ENDINGS.includes(name));
  const gone = OTHER_ENDINGS.filter((name) => !deviating.includes(name));
  if (added.length > 0)
    throw new Error(
      `${added.join(', ')}: the name must end by its outcome: a past participle or _succeeded, _attempted, _failed, _denied or _partial`,
    );
  if (gone.length > 0) throw new Error(`OTHER_ENDINGS names what needs no exception: ${gone.join(', ')}`);
}
