export { OptionalUser, Public, Roles } from './access/access.decorators.js';
export { CurrentUser, ROLES, type AuthenticatedUser, type Role } from './access/authenticated-user.js';
export { UserAccounts, UserDirectory, type RoleChange } from './accounts/user-accounts.service.js';
export { AuthModule } from './auth.module.js';
