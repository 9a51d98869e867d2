import { describe, expect, it } from '@jest/globals';
import { createSecretNameTest } from './redact-names.js';

const listed = (names: string): string[] => names.trim().split(/\s+/);

it.each([
  'NEW PASSWORD',
  ...listed(`
    password PASSWORD Password newPassword new_password new-password user.password passwords passwordHash passphrase
    passcode passwd pwd dbPwd db_pwd PWD secret clientSecret client_secret CLIENT-SECRET secrets totpSecret
    secretKey token tokens accessToken refresh_token ID-Token x-csrf-token csrfToken jwt accessJwt cookie cookies
    set-cookie Set-Cookie authorization Authorization proxy-authorization apiKey api_key X-Api-Key apikeys API_KEYS
    privateKey private_key signingKey encryptionKey credential credentials otp OTP smsOtp otpCode totp mfaCode
    mfa_code oneTimeCode one_time_code verificationCode recoveryCodes backup_codes authorizationCode codeVerifier
    cardNumber card_number creditCard cvv CVC cvv2 cardCvc pan userPin user_pin PIN ssn iban customerIban bearer
    accessKey aws_secret_access_key passwordConfirmation password_confirmation password2 passwordDigest
    passwordConfirm password_confirm newPasswordRepeat password_again pass SMTP_PASS SECRET_KEY_BASE twoFactorCode
    confirmationCode cvvCode pins otps jwts auth databaseUrl DATABASE_URL dsn sentryDsn accountNumber bankAccountNumber
    tax_id taxId sas_url`),
])('names that bear a secret %s', (name) => {
  expect(createSecretNameTest()(name)).toBe(true);
});

it.each([
  '',
  ...listed(`
    tokenType token_type tokenId tokenCount tokenExpiresAt apiKeyId api_key_id apiKeyName
    passwordChangedAt password_changed_at passwordPolicy passwordLength secretariat secretName cookieConsent
    authorizationType credentialType timespan span lifespan company japan expand spin pinned pinCount opinion
    shipping panel key keys orderKey primaryKey monkey boardingPass bypass compass passed passwordResetAt code
    statusCode countryCode errorCode discountCode cardBrand cardType cardLast4 mfaMethod mfaEnabled otpLength author
    bearing session authMethod authorId account accountId taxRate taxIdType dsnType answer username email _ $ 漢字`),
])('names that only look like it %s', (name) => {
  expect(createSecretNameTest()(name)).toBe(false);
});

describe('names that the application adds', () => {
  it('match whole, in any case and with any separators', () => {
    const isSecretName = createSecretNameTest(['salary', 'Mother-Maiden.Name', 'rodné číslo']);

    expect(
      ['salary', 'SALARY', 'sa_lary', 'motherMaidenName', 'mother_maiden_name', 'rodneCislo'].map(isSecretName),
    ).toEqual([true, true, true, true, true, false]);
    expect(['rodnéČíslo', 'RODNÉ_ČÍSLO'].map(isSecretName)).toEqual([true, true]);
    expect(['salaryBand', 'basesalary', 'name'].map(isSecretName)).toEqual([false, false, false]);
  });

  it('without a letter or a digit match nothing', () => {
    expect(['$', '_', ''].map(createSecretNameTest(['*', '']))).toEqual([false, false, false]);
  });
});

it('the answer for a name is the same however often and after however many others it is asked', () => {
  const isSecretName = createSecretNameTest();
  for (let index = 0; index < 10_000; index++) isSecretName(`field${index}`);

  expect([
    isSecretName('password'),
    isSecretName('password'),
    isSecretName('field1'),
    isSecretName('field9999'),
  ]).toEqual([true, true, false, false]);
});

it('a name of any length is told by its end', () => {
  const isSecretName = createSecretNameTest();

  expect(isSecretName(`${'k'.repeat(10_000_000)}Password`)).toBe(true);
  expect(isSecretName('k'.repeat(10_000_000))).toBe(false);
});
