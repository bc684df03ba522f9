import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { PeerCertificate } from '../authorize/decide.ts';
import type { Rule } from '../authorize/rule.ts';
import { ConnectionError } from '../core/errors.ts';
import type { TlsIdentity } from '../tls/connection-identity.ts';
import type { CallConnection } from '../token/binding-checks.ts';
import type { TokenValidator } from '../token/validator.ts';
import { peerCertificateOf, thumbprintOf } from './peer-certificate.ts';

/** What is known of the other end of a call's connection. */
export class CallPeer {
  readonly #call: ServerInterceptingCallInterface;
  readonly #own: { readonly identity: TlsIdentity | undefined } | undefined;

  /** @param own - What our listener knows; absent in a host's server, where the call is asked. */
  constructor(
    call: ServerInterceptingCallInterface,
    own: { readonly identity: TlsIdentity | undefined } | undefined,
  ) {
    this.#call = call;
    this.#own = own;
  }

  /**
   * A refused client certificate may have been let through to be told why (`explainRefusals`), and for nothing else.
   *
   * @throws ConnectionError
   */
  check(): void {
    if (this.#own === undefined) return;
    const { identity } = this.#own;
    if (identity === undefined) {
      throw new ConnectionError('connection_unknown', 'the connection is not known');
    }
    const { refusal } = identity;
    if (refusal === undefined) return;
    throw new ConnectionError(
      'client_certificate_refused',
      `client certificate refused: ${refusal.reason}`,
    );
  }

  /** What binds a token to its connection; looked at only where that is asked for, because a host must compute it. */
  binding(mode: TokenValidator['binding']): CallConnection | undefined {
    if (mode === 'off') return undefined;
    const certificateThumbprint =
      this.#own === undefined ? thumbprintOf(this.#call) : this.#own.identity?.certificate?.x5tS256;
    return certificateThumbprint === undefined ? {} : { certificateThumbprint };
  }

  /** The client certificate; looked at only where the rule asks for it. */
  certificateFor(rule: Rule): PeerCertificate | undefined {
    if (rule.kind === 'public' || rule.clientCertificate === undefined) return undefined;
    return this.#own === undefined
      ? peerCertificateOf(this.#call)
      : this.#own.identity?.certificate;
  }
}
