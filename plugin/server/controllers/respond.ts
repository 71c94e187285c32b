import type { Core } from '@strapi/strapi';

import { InvalidInput } from '../validation/invalid-input';

export type Context = Parameters<Core.ControllerHandler>[0];

/** Answers with what the action returns, or with status 400 naming all that is wrong with the input. */
export async function respond<Data>(
  ctx: Context,
  action: () => Data | Promise<Data>,
): Promise<void> {
  try {
    ctx.body = { data: await action() };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    // Strapi's type of the context leaves its own methods untyped.
    (ctx.badRequest as (message: string, details: object) => void)(error.message, {
      errors: error.issues,
    });
  }
}
