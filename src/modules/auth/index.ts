export { OptionalUser, Public, Roles } from './access/access.decorators.js';
export type { AuthenticatedUser } from './access/authenticated-user.js';
export { CurrentUser } from './access/current-user.decorator.js';
export { ROLES, type Role } from './access/roles.js';
export { RolesGuard } from './access/roles.guard.js';
export { UserAccounts, type RoleChange } from './accounts/user-accounts.service.js';
export { UserDirectory } from './accounts/user-directory.service.js';
export { AuthModule } from './auth.module.js';
