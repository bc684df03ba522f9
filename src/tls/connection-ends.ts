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

/** What tells a connection from all others that are open. */
export function keyOf(ends: ConnectionEnds): string | undefined {
  const peer = peerOf(ends);
  return peer === undefined ? undefined : `${peer} ${ends.localAddress}:${ends.localPort}`;
}
