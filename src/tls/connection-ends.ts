/** Both ends of a connection: neither names it alone, where a server has several addresses. */
export interface ConnectionEnds {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** Address and port of the peer, for messages. */
export function peerOf({ remoteAddress, remotePort }: ConnectionEnds): string | undefined {
  return remoteAddress === undefined || remotePort === undefined
    ? undefined
    : `${remoteAddress}:${remotePort}`;
}

/** Whether both are the same connection, among those that are open. One whose peer is not known is like no other. */
export function isSameConnection(a: ConnectionEnds, b: ConnectionEnds): boolean {
  return (
    a.remoteAddress !== undefined &&
    a.remotePort !== undefined &&
    a.remotePort === b.remotePort &&
    a.localPort === b.localPort &&
    a.remoteAddress === b.remoteAddress &&
    a.localAddress === b.localAddress
  );
}
