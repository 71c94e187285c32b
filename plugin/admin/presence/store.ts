import type { Socket } from 'socket.io-client';

import type {
  PresenceDocument,
  PresenceEditor,
  PresenceTyping,
  PresenceUpdate,
} from '../../shared/contracts/presence';

/**
 * `connecting`: on the way to `live`. `offline`: no connection. `hidden`: nothing to show, as the
 * document is not saved yet, or the server does not want to say who is there.
 */
export type Phase = 'connecting' | 'live' | 'offline' | 'hidden';

/** Where the admin's own typing is told. */
export interface Joined {
  socket: Socket;
  document: PresenceDocument;
}

export interface PresenceState {
  phase: Phase;
  /** While `live`. */
  joined: Joined | null;
  /** The other editors, first come first. */
  others: PresenceEditor[];
  /** The path of the field in which an editor types, by the id of the admin. */
  typing: Readonly<Record<number, string>>;
}

const EMPTY: PresenceState = { phase: 'connecting', joined: null, others: [], typing: {} };

/** The last answer was a refusal, so most likely the next one is: no panel that goes in a moment. */
let wasRefused = false;

/** What is known of the editors of the document on the page. */
export function createPresenceStore() {
  let state: PresenceState = wasRefused ? { ...EMPTY, phase: 'hidden' } : EMPTY;
  const listeners = new Set<() => void>();

  const set = (next: Partial<PresenceState>): void => {
    state = { ...state, ...next };
    listeners.forEach((listener) => listener());
  };

  const hide = (): void => set({ ...EMPTY, phase: 'hidden' });

  return {
    get: () => state,

    subscribe(this: void, listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** The connection is not there. Who was here stays on the screen while it is coming back. */
    disconnect(status: 'connecting' | 'offline'): void {
      // Nobody misses a panel that was not there.
      if (state.phase === 'hidden') return;
      if (status === 'offline') set({ ...EMPTY, phase: 'offline' });
      else set({ phase: 'connecting', joined: null, typing: {} });
    },

    hide,

    refuse(): void {
      wasRefused = true;
      hide();
    },

    join(joined: Joined): void {
      wasRefused = false;
      set({ phase: 'live', joined });
    },

    update({ editors }: PresenceUpdate, ownId: number): void {
      const others = editors.filter(({ user }) => user.id !== ownId);
      const typing = Object.fromEntries(
        Object.entries(state.typing).filter(([id]) =>
          others.some(({ user }) => user.id === Number(id)),
        ),
      );
      set({ others, typing });
    },

    type({ user, fieldName }: PresenceTyping): void {
      const typing = { ...state.typing };
      if (fieldName === null) delete typing[user.id];
      else typing[user.id] = fieldName;
      set({ typing });
    },
  };
}

export type PresenceStore = ReturnType<typeof createPresenceStore>;
