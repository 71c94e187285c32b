import type { Socket } from 'socket.io-client';

import type {
  PresenceDocument,
  PresenceEditor,
  PresenceTyping,
  PresenceUpdate,
} from '../../shared/contracts/presence';

/**
 * `unsaved`: the document has no id yet. `connecting`: on the way to
 * `live`. `offline`: no connection. `hidden`: the server does not want to say who is there.
 */
export type Phase = 'unsaved' | 'connecting' | 'live' | 'offline' | 'hidden';

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

/** What is known of the editors of the document on the page. */
export function createPresenceStore() {
  let state = EMPTY;
  const listeners = new Set<() => void>();

  const set = (next: Partial<PresenceState>): void => {
    state = { ...state, ...next };
    listeners.forEach((listener) => listener());
  };

  return {
    get: () => state,

    subscribe(this: void, listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** Not joined. Who was there stays on the screen while the connection is coming back. */
    leave: (phase: Exclude<Phase, 'live'>): void =>
      set(phase === 'connecting' ? { phase, joined: null, typing: {} } : { ...EMPTY, phase }),

    join: (joined: Joined): void => set({ phase: 'live', joined }),

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
