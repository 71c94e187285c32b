export type { AdminSocket, SocketStatus } from './connection';
export { endOnLogout } from './logout';
export { request } from './request';
export { useAdminSocket } from './use-admin-socket';
