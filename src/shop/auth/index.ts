export { OptionalUser, Public, Roles } from './access/access.decorators.js';
export { CurrentUser, type AuthenticatedUser } from './access/authenticated-user.js';
export { UserStore } from './accounts/user-store.service.js';
export { AuthModule } from './auth.module.js';
export { ViewerLogoutController } from './http/viewer-logout.controller.js';
