import { adminActions } from './admins.mjs';

/** An administrator who may do everything, logged in: a function that sends requests as them. */
export async function createAdmin(app) {
  const { addAdmin, login, caller } = adminActions(app);
  await addAdmin('admin');
  return caller(await login('admin'));
}
