import type { InvalidInput as Issue } from '../../shared/contracts/settings';

export type { Issue };

/** Input that is refused whole: nothing was changed, and every problem is in `issues`. */
export class InvalidInput extends Error {
  override name = 'InvalidInput';

  constructor(readonly issues: Issue[]) {
    super(`plugin io: ${issues.map(({ message }) => message).join('; ')}`);
  }
}
