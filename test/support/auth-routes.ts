/** What events a route makes, by how the request ends. */
export interface RouteEvents {
  /** Method and path as the controller names it. */
  readonly route: string;
  readonly success: readonly string[];
  /** None where the handler cannot fail by what the caller does. */
  readonly failure?: readonly string[];
  readonly denied: readonly string[];
}

/**
 * The audited routes of the auth module. Denied is a request without a token, for administrators' routes one by
 * somebody else, and for public routes one too many.
 */
export const AUTH_ROUTES: readonly RouteEvents[] = [
  {
    route: 'POST /auth/register',
    success: ['user_registered'],
    failure: ['user_registration_failed'],
    denied: ['user_registration_denied'],
  },
  {
    route: 'POST /auth/login',
    success: ['user_login_success'],
    failure: ['user_login_failed'],
    denied: ['user_login_denied'],
  },
  {
    route: 'POST /auth/login/mfa',
    success: ['user_login_success', 'mfa_challenge_success'],
    failure: ['mfa_challenge_failure'],
    denied: ['mfa_challenge_denied'],
  },
  {
    route: 'POST /auth/refresh',
    success: ['token_issued', 'auth_token_refreshed'],
    failure: ['auth_token_refresh_failed'],
    denied: ['auth_token_refresh_denied'],
  },
  { route: 'POST /auth/logout', success: ['user_logout'], denied: ['user_logout_denied'] },
  {
    route: 'PATCH /auth/me',
    success: ['user_profile_updated'],
    failure: ['user_profile_update_failed'],
    denied: ['user_profile_update_denied'],
  },
  {
    route: 'DELETE /auth/sessions/:id',
    success: ['session_revoked'],
    failure: ['session_revocation_failed'],
    denied: ['session_revocation_denied'],
  },
  { route: 'DELETE /auth/sessions', success: ['all_sessions_revoked'], denied: ['all_sessions_revocation_denied'] },
  {
    route: 'POST /auth/me/password',
    success: ['all_sessions_revoked', 'user_password_changed'],
    failure: ['user_password_change_failed'],
    denied: ['user_password_change_denied'],
  },
  {
    route: 'POST /auth/password-reset',
    success: ['user_password_reset_requested'],
    failure: ['password_reset_request_failed'],
    denied: ['password_reset_request_denied'],
  },
  {
    route: 'POST /auth/password-reset/confirm',
    success: ['all_sessions_revoked', 'user_password_reset_completed'],
    failure: ['password_reset_confirm_failed'],
    denied: ['password_reset_confirm_denied'],
  },
  {
    route: 'POST /auth/me/email-verification',
    success: ['user_email_verification_attempted'],
    failure: ['user_email_verification_failed'],
    denied: ['user_email_verification_denied'],
  },
  {
    route: 'POST /auth/email-verification/confirm',
    success: ['user_email_verified'],
    failure: ['user_email_verification_failed'],
    denied: ['user_email_verification_denied'],
  },
  {
    route: 'POST /auth/me/email',
    success: ['email_change_attempted'],
    failure: ['email_change_failed'],
    denied: ['email_change_denied'],
  },
  {
    route: 'POST /auth/email-change/confirm',
    success: ['email_changed'],
    failure: ['email_change_failed'],
    denied: ['email_change_denied'],
  },
  {
    route: 'POST /auth/me/mfa',
    success: ['user_mfa_enable_attempted'],
    failure: ['user_mfa_enable_failed'],
    denied: ['user_mfa_enable_denied'],
  },
  {
    route: 'POST /auth/me/mfa/confirm',
    success: ['user_mfa_enabled'],
    failure: ['user_mfa_enable_failed'],
    denied: ['user_mfa_enable_denied'],
  },
  {
    route: 'POST /auth/me/mfa/disable',
    success: ['user_mfa_disabled'],
    failure: ['user_mfa_disable_failed'],
    denied: ['user_mfa_disable_denied'],
  },
  {
    route: 'POST /auth/me/api-keys',
    success: ['api_key_created'],
    failure: ['api_key_creation_failed'],
    denied: ['api_key_creation_denied'],
  },
  {
    route: 'DELETE /auth/me/api-keys/:id',
    success: ['api_key_revoked'],
    failure: ['api_key_revocation_failed'],
    denied: ['api_key_revocation_denied'],
  },
  {
    route: 'POST /admin/users',
    success: ['user_created'],
    failure: ['user_creation_failed'],
    denied: ['user_creation_denied'],
  },
  {
    route: 'PATCH /admin/users/:id',
    success: ['user_updated'],
    failure: ['user_update_failed'],
    denied: ['user_update_denied'],
  },
  {
    route: 'POST /admin/users/:id/deactivate',
    success: ['all_sessions_revoked', 'user_deactivated'],
    failure: ['user_deactivation_failed'],
    denied: ['user_deactivation_denied'],
  },
  {
    route: 'POST /admin/users/:id/activate',
    success: ['user_activated'],
    failure: ['user_activation_failed'],
    denied: ['user_activation_denied'],
  },
  {
    route: 'DELETE /admin/users/:id',
    success: ['user_deleted'],
    failure: ['user_deletion_failed'],
    denied: ['user_deletion_denied'],
  },
];
