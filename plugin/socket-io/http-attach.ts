/**
 * Sits on an HTTP server for one path: what is ours is taken, everything else goes where it went before, and `detach`
 * leaves the server as it was found.
 */
import { ServerResponse, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What is served, and for which requests. */
export interface Routes {
  /** Handles the request and returns true if it is ours. */
  request(req: IncomingMessage, res: ServerResponse): boolean;
  /** Whether an upgrade request is ours. */
  claims(req: IncomingMessage): boolean;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Whether to listen for upgrades at all. */
  upgrades: boolean;
}

type Listener = (...args: unknown[]) => void;
type UpgradeListener = ((req: IncomingMessage, socket: Duplex, head: Buffer) => void) & {
  [CLAIMS]?: Routes['claims'];
};

/** Marks our own upgrade listeners: several servers may share one HTTP server. */
const CLAIMS = Symbol.for('@strapi-community/plugin-io/claims');

export function attachRoutes(server: HttpServer, routes: Routes): () => void {
  const detachRequests = attachRequests(server, routes);
  const detachUpgrades = routes.upgrades ? attachUpgrades(server, routes) : () => undefined;
  return () => {
    detachRequests();
    detachUpgrades();
  };
}

function attachRequests(server: HttpServer, routes: Routes): () => void {
  const others = server.rawListeners('request') as Listener[];
  let attached = true;
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    if (attached && routes.request(req, res)) return;
    for (const listener of others) listener.call(server, req, res);
  };
  server.removeAllListeners('request');
  server.on('request', onRequest);

  return () => {
    // Whoever wrapped us meanwhile still calls us: from here we only pass on.
    attached = false;
    const current = server.rawListeners('request') as Listener[];
    const at = current.indexOf(onRequest as Listener);
    if (at < 0) return;
    current.splice(at, 1, ...others);
    server.removeAllListeners('request');
    for (const listener of current) server.on('request', listener);
  };
}

function attachUpgrades(server: HttpServer, routes: Routes): () => void {
  const onUpgrade: UpgradeListener = (req, socket, head) => {
    if (routes.claims(req)) routes.upgrade(req, socket, head);
    else if (isUnclaimed(server, onUpgrade, req)) handBack(server, req, socket as Socket, head);
  };
  onUpgrade[CLAIMS] = (req) => routes.claims(req);
  server.on('upgrade', onUpgrade);
  return () => server.off('upgrade', onUpgrade);
}

/** Whether nobody takes this upgrade, and it is `self`, the first of our listeners, that has to see to it. */
function isUnclaimed(server: HttpServer, self: UpgradeListener, req: IncomingMessage): boolean {
  const listeners = server.listeners('upgrade') as UpgradeListener[];
  return listeners[0] === self && listeners.every((one) => one[CLAIMS] && !one[CLAIMS](req));
}

/**
 * Gives an upgrade request to the request listeners, which is what Node does while nobody listens for upgrades. Some
 * routes rely on it: Strapi's data transfer upgrades inside an ordinary route.
 */
function handBack(server: HttpServer, req: IncomingMessage, socket: Socket, head: Buffer): void {
  if (head.length > 0) socket.unshift(head);
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.once('finish', () => {
    res.detachSocket(socket);
    socket.destroySoon();
  });
  server.emit('request', req, res);
}
