import type { Strapi } from '../types';

/**
 * Calls back whenever the database lifecycles are switched on, as at the end of a data transfer: what was written
 * while they were off has not been noticed. Returns a function that ends this.
 */
export function onLifecyclesEnabled({ db }: Strapi, listener: () => void): () => void {
  const lifecycles: { enable: () => void } = db.lifecycles;
  const { enable } = lifecycles;
  let isActive = true;
  const wrapped = (): void => {
    enable.call(lifecycles);
    if (isActive) listener();
  };
  lifecycles.enable = wrapped;
  return () => {
    isActive = false;
    // Others may have wrapped it meanwhile: theirs stays, and calls ours, which does nothing more.
    if (lifecycles.enable === wrapped) lifecycles.enable = enable;
  };
}
