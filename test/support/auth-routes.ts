export interface RouteEvents {
  readonly route: string;
  readonly success: readonly string[];
  readonly denied: readonly string[];
}

const TABLE: readonly (readonly [string, readonly string[], string])[] = [
  ['POST /auth/register', ['user_registered'], 'user_registration'],
  ['POST /auth/login', ['user_login_success'], 'user_login'],
  ['POST /auth/logout', ['user_logout'], 'user_logout'],
  ['POST /auth/me/api-keys', ['api_key_created'], 'api_key_creation'],
  ['DELETE /auth/me/api-keys/:id', ['api_key_revoked'], 'api_key_revocation'],
  ['PATCH /admin/users/:id', ['user_updated'], 'user_update'],
  ['DELETE /admin/users/:id', ['user_deleted'], 'user_deletion'],
];

/** A denial is a request without a token, a stranger's request to an administrator's route, or one too many to a public route. */
export const AUTH_ROUTES: readonly RouteEvents[] = TABLE.map(([route, success, action]) => ({
  route,
  success,
  denied: [`${action}_denied`],
}));
