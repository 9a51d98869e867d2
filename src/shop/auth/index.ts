export { CurrentUser, OptionalUser, Public, Roles } from './access.guard.js';
export { UserStore } from './accounts.service.js';
export { AuthModule } from './auth.module.js';
export { ViewerLogoutController } from './login.controller.js';
export type { AuthenticatedUser } from './user.entity.js';
