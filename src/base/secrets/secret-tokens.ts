/** The sources are the rules of gitleaks (MIT) and the issuers' documentation. */
const TOKENS: readonly (readonly [starts: readonly string[], rest: string])[] = [
  [['AKIA', 'ASIA', 'ABIA', 'ACCA', 'AROA', 'AIDA', 'A3T'], '[A-Z0-9]{16,17}(?![A-Za-z0-9])'],
  [['ABSK'], '[\\w+/]{60,}={0,2}'],
  [['bedrock-api-key-'], '[\\w+/=-]{20,}'],
  [['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], '[\\w.-]{30,}'],
  [['github_pat_'], '\\w{20,}'],
  [['glpat-', 'gldt-', 'glft-', 'glrt-', 'glcbt-', 'glsoat-', 'glffct-', 'glimt-', 'glagent-', 'gloas-', 'glptt-'], '[\\w.-]{20,}'],
  [['GR1348941'], '[\\w-]{20,}'],
  [['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_', 'whsec_'], '[\\w+/=]{10,}'],
  [['sk-ant-', 'sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-or-'], '[\\w-]{20,}'],
  [['sk-'], '[A-Za-z0-9]{20,}'],
  [['xoxb-', 'xoxa-', 'xoxp-', 'xoxr-', 'xoxs-', 'xoxo-', 'xoxe-', 'xoxe.xox', 'xapp-'], '[\\w.-]{8,}'],
  [['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'], '[\\w+/-]{10,}'],
  [['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'], '\\d+/[\\w-]{20,}'],
  [['webhook.office.com/webhookb2/'], '[\\w@/-]{20,}'],
  [['AIza'], '[\\w-]{35}'],
  [['ya29.'], '[\\w-]{20,}'],
  [['GOCSPX-'], '[\\w-]{20,}'],
  [['SG.'], '[\\w.=-]{40,}'],
  [['SK'], '[0-9a-f]{32}(?![A-Za-z0-9])'],
  [['key-'], '[0-9a-f]{32}(?![A-Za-z0-9])'],
  [['xkeysib-', 'xsmtpsib-'], '[a-z0-9-]{40,}'],
  [['npm_'], '[A-Za-z0-9]{36}'],
  [['pypi-AgE'], '[\\w-]{20,}'],
  [['rubygems_'], '[a-f0-9]{48}'],
  [['CLOJARS_', 'clojars_'], '[A-Za-z0-9]{60}'],
  [['dckr_pat_', 'dckr_oat_'], '[\\w-]{20,}'],
  [['hf_', 'api_org_'], '[A-Za-z0-9]{34}'],
  [['gsk_', 'xai-', 'pplx-', 'r8_'], '[A-Za-z0-9]{37,}'],
  [['dop_v1_', 'doo_v1_', 'dor_v1_'], '[a-f0-9]{64}'],
  [['dapi'], '[a-f0-9]{32}(?:-\\d)?'],
  [['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.'], '[\\w.]{40,}'],
  [['dt0c01.', 'dt0s16.'], '[A-Za-z0-9]{24}\\.[A-Za-z0-9]{64}'],
  [['duffel_test_', 'duffel_live_'], '[\\w=-]{43}'],
  [['EZAK', 'EZTK'], '[A-Za-z0-9]{54}'],
  [['EAA'], '[A-Za-z0-9]{100,}|EAA[\\w-]{60}'],
  [['sq0atp-', 'sq0csp-'], '[\\w-]{22,60}'],
  [['FLWSECK_TEST-', 'FLWSECK-'], '[a-zA-Z0-9]{12,}(?:-X)?'],
  [['fo1_', 'fm1a_', 'fm1r_', 'fm2_'], '[\\w+/=-]{43,}'],
  [['fio-u-'], '[\\w=-]{64}'],
  [['glc_'], '[\\w+/]{32,}={0,3}'],
  [['glsa_'], '[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}'],
  [['pat.', 'sat.'], '[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}'],
  [['pat'], '[A-Za-z0-9]{14}\\.[a-f0-9]{64}'],
  [['HRKU-'], '[\\w-]{36,}'],
  [['ico-'], '[a-zA-Z0-9]{32}'],
  [['s-s4t2ud-', 's-s4t2af-'], '[a-f0-9]{64}'],
  [['lin_api_', 'lin_oauth_'], '[A-Za-z0-9]{40,}'],
  [['ntn_'], '[A-Za-z0-9]{40,}'],
  [['secret_'], '[A-Za-z0-9]{43}(?![A-Za-z0-9])'],
  [['API-'], '[A-Z0-9]{26}(?![A-Za-z0-9])'],
  [['pscale_tkn_', 'pscale_oauth_', 'pscale_pw_'], '[\\w=.-]{32,}'],
  [['PMAK-'], '[a-f0-9]{24}-[a-f0-9]{34}'],
  [['pnu_'], '[a-zA-Z0-9]{36}'],
  [['pul-'], '[a-f0-9]{40}'],
  [['rdme_'], '[a-z0-9]{70}'],
  [['tk-us-'], '[\\w-]{48}'],
  [['sntrys_', 'sntryu_'], '[\\w+/=]{40,}'],
  [['sm_aat_', 'sm_pat_', 'sm_sat_'], '[a-zA-Z0-9]{16}'],
  [['shippo_live_', 'shippo_test_'], '[a-fA-F0-9]{40}'],
  [['shpat_', 'shpca_', 'shppa_', 'shpss_'], '[a-fA-F0-9]{32}'],
  [['sgp_'], '(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}'],
  [['hvs.', 'hvb.', 'hvr.'], '[\\w-]{24,}'],
  [['s.'], '[A-Za-z0-9]{24}(?![A-Za-z0-9])'],
  [['sha256~'], '[\\w-]{43}'],
  [['AKCp'], '[A-Za-z0-9]{69}'],
  [['cmVmd'], '[A-Za-z0-9]{59}'],
  [['LTAI'], '[A-Za-z0-9]{20}'],
  [['p8e-'], '[A-Za-z0-9]{32}'],
  [['AGE-SECRET-KEY-1'], '[A-Z0-9]{58}'],
  [['A3-'], '[A-Z0-9]{6}-[A-Z0-9]{5,11}(?:-[A-Z0-9]{5}){3,4}'],
  [['ops_eyJ'], '[\\w+/]{40,}={0,3}'],
  [['ZXlK'], '[\\w+/]{60,}={0,3}'],
  [['4b1d'], '[A-Za-z0-9]{38}(?![A-Za-z0-9])'],
  [['v1.0-'], '[a-f0-9]{24}-[a-f0-9]{146}'],
  [['atlasv1.'], '[\\w=-]{60,70}'],
  [['2a$', '2b$', '2x$', '2y$'], '\\d\\d\\$[./A-Za-z0-9]{50,}'],
  [['argon2id$', 'argon2i$', 'argon2d$'], '[\\w=,$+/.-]{20,}'],
  [['apr1$', '1$', '5$', '6$'], '(?:rounds=\\d+\\$)?[./\\w]{1,16}\\$[./\\w]{20,}'],
  [['sc_', 'ext_', 'scauth_', 'authress_'], '[A-Za-z0-9]{5,30}\\.[A-Za-z0-9]{4,6}\\.acc[_-][A-Za-z0-9-]{10,32}\\.[\\w+/=-]{30,120}'],
  [['figd_'], '[\\w-]{40,}'],
  [['NRAK-', 'NRII-', 'NRIQ-', 'NRJS-', 'NRRA-'], '[\\w-]{19,}'],
  [['sbp_'], '[a-f0-9]{40}'],
  [['sb_secret_'], '[\\w-]{20,}'],
  [['tskey-'], '[a-z]+-[\\w-]{10,}'],
  // A Discord token begins with the bot's id: decimal digits in base64.
  [findStarts('MNO', 'DTjz', 'AEIMQUYcgk'), '[\\w-]{20,25}\\.[\\w-]{6}\\.[\\w-]{27,}'],
  // `password=` and similar beginnings, in base64.
  [['password', 'Password', 'passwd', 'pwd', 'secret', 'token', 'api_key', 'apiKey', 'client_secret', 'access_token'].flatMap(encodeNameVariants), '[\\w+/-]{4,}={0,2}'],
]; // prettier-ignore

function findStarts(...positions: readonly string[]): readonly string[] {
  return positions.reduce<readonly string[]>(
    (starts, index) => starts.flatMap((start) => Array.from(index, (each) => start + each)),
    [''],
  );
}

/** The text after the name may change the last characters of the base64, so these characters are cut. */
function encodeNameVariants(name: string): readonly string[] {
  return [`${name}=`, `${name}:`, `{"${name}":`].map((text) => btoa(text).slice(0, Math.floor((text.length * 4) / 3)));
}

const TOKEN_BOUNDARY = '(?<![A-Za-z0-9])';

const TOKEN = new RegExp(
  TOKEN_BOUNDARY +
    `(?:${TOKENS.map(([starts, rest]) => `(?:${starts.map(escapeText).join('|')})(?:${rest})`).join('|')})`,
  'g',
);

const MARKED_INSIDE = new RegExp(
  `${TOKEN_BOUNDARY}(?:[\\w~.]{3}\\dQ~[\\w~.-]{31,34}|[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk|\\d{15,16}(?:\\||%7C)[\\w-]{27,40}|(?:bot)?\\d{8,10}:AA[\\w-]{32,34})`,
  'g',
);

export function maskTokens(text: string, mask: string): string {
  return text.replace(TOKEN, mask).replace(MARKED_INSIDE, mask);
}

const WORDS = [
  'eyJ', 'mmk', 'response=', 'curl ', 'PARAMETERS:', 'parameters:', 'params:', 'password ', 'PASSWORD ', 'Password ',
  'identified by ', 'otp ', 'AUTH ', 'sshpass ', 'redis-cli ', 'mysql ', 'mysqldump ',
]; // prettier-ignore

const SCHEME = /^(?:bearer|basic|token) /i;

const STARTS = Array.from<readonly string[] | undefined>({ length: 1 << 14 });
for (const start of [...TOKENS.flatMap(([starts]) => starts), ...WORDS]) {
  const index = encodePosition(start, 0);
  STARTS[index] = [...(STARTS[index] ?? []), start];
}
for (const start of [...findStarts('bB', 'aAeE'), ...findStarts('tT', 'oO')]) STARTS[encodePosition(start, 0)] ??= []; // of a scheme

function encodePosition(text: string, index: number): number {
  return (text.charCodeAt(index) << 7) | text.charCodeAt(index + 1);
}

/** Whether a token's prefix, or a word that often precedes a secret, begins at `index` of an ASCII text. */
export function canBeginShape(text: string, index: number): boolean {
  const starts = STARTS[encodePosition(text, index)];
  return (
    starts !== undefined &&
    (starts.some((start) => text.startsWith(start, index)) || SCHEME.test(text.slice(index, index + 7)))
  );
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
