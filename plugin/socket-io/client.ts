/** socket.io's Client, except that a packet goes to the engine in one piece: volatile ones are sent or dropped there. */
import type { NativeConn } from './native-conn';
import { payloads } from './payloads';
import { Client, type WriteOptions } from './upstream';

export class NativeClient extends Client {
  override writeToEngine(encoded: unknown, options: WriteOptions): void {
    (this.conn as NativeConn).sendPacket(
      payloads(Array.isArray(encoded) ? encoded : [encoded]),
      options,
    );
  }
}
