import type { StrapiApp } from '@strapi/strapi/admin';

import { closeConnection } from './connection';
import { forgetSession } from './session';

type Middleware = ReturnType<Parameters<StrapiApp['addMiddlewares']>[0][number]>;

/** Strapi dispatches it in each tab of a login that is over. */
const LOGOUT = 'admin/logout';

/** Leaves nothing of an admin's connection behind when they log out. */
export const endOnLogout = (): Middleware => () => (next) => (action: { type: unknown }) => {
  if (action.type === LOGOUT) {
    closeConnection();
    forgetSession();
  }
  return next(action);
};
