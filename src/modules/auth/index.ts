export { AccessTokenGuard } from './access/access-token.guard.js';
export { BeforePasswordChange, Public, Roles, SessionOnly } from './access/access.decorators.js';
export type { AuthenticatedUser, SessionUser } from './access/authenticated-user.js';
export { CurrentSession, CurrentUser } from './access/current-user.decorator.js';
export { RateLimitGuard } from './access/rate-limit.guard.js';
export { ROLES, type Role } from './access/roles.js';
export { RolesGuard } from './access/roles.guard.js';
export { UserDirectory, type DirectoryUser } from './accounts/user-directory.service.js';
export { AuthModule } from './auth.module.js';
