/** A socket as the server needs it, so that any runtime can hand one in. */

/** Open already: the handshake is over. */
export interface ServerSocket {
  send(text: string): void
  close(code: number, reason: string): void
  /** What was sent and has not left yet. @default nothing is known, so no reader is too slow */
  bufferedBytes?(): number
}

/** The request that became the socket. A standard `Request` is one. */
export interface ServerRequest {
  /** With or without origin. */
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/** Where to deliver what the socket does. */
export interface AcceptedSocket {
  receive(text: string): void
  /** The socket is gone. Idempotent. */
  closed(): void
}
